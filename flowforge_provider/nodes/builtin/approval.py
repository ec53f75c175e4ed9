"""The step that asks a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from flowforge_provider.graph.models import Retry
from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.form import FormField
from flowforge_provider.nodes.spec import ERROR, NodeType, ParameterProblem, Parameters, Port
from flowforge_provider.nodes.templated import Templated, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_EXPIRES: dict[str, str | list[str]] = {"expiry": ["expired", "approve", "reject"]}


class ApprovalParameters(Parameters):
    """Parameters of ``approval``."""

    title: Templated[Annotated[Text, Field(min_length=1, max_length=500)]] = Field(
        title="Title",
        description="The question, in one line.",
        examples=["Refund order {{ trigger.body.id }}?"],
        json_schema_extra=widget(order=10, label_ru="Заголовок", help_ru="Вопрос в одну строку."),
    )
    body: Templated[Annotated[Text, Field(max_length=50_000)]] = Field(
        default="",
        title="Text",
        description="What is needed to decide, in Markdown.",
        examples=["**{{ trigger.body.customer }}** asks for {{ trigger.body.amount }} EUR back."],
        json_schema_extra=widget(
            "textarea", order=20, label_ru="Текст", help_ru="Что нужно для решения; Markdown."
        ),
    )
    approvers: list[Templated[Annotated[Text, Field(min_length=1, max_length=250)]]] = Field(
        default_factory=list,
        max_length=100,
        title="Approvers",
        description=(
            "Ids of the users who may answer, as Airflow's auth manager has them: names with the simple "
            "auth manager, numbers with FAB. Empty: everybody who may answer in this workflow."
        ),
        examples=[["ann"]],
        json_schema_extra=widget(
            order=30,
            label_ru="Кто отвечает",
            help_ru=(
                "Идентификаторы пользователей в Airflow: имена в простом менеджере, числа в FAB. "
                "Пусто — все, у кого есть право отвечать в этом процессе."
            ),
        ),
    )
    fields: list[FormField] = Field(
        default_factory=list,
        max_length=50,
        title="Form",
        description="What is filled in beside the decision.",
        json_schema_extra=widget(order=40, label_ru="Форма", help_ru="Что заполняют вместе с решением."),
    )
    approve_label: Annotated[str, Field(min_length=1, max_length=60)] = Field(
        default="Approve",
        title="Text of the approve button",
        description="What the button says.",
        json_schema_extra=widget(
            order=50, advanced=True, label_ru="Кнопка одобрения", help_ru="Надпись на кнопке."
        ),
    )
    reject_label: Annotated[str, Field(min_length=1, max_length=60)] = Field(
        default="Reject",
        title="Text of the reject button",
        description="What the button says.",
        json_schema_extra=widget(
            order=60, advanced=True, label_ru="Кнопка отказа", help_ru="Надпись на кнопке."
        ),
    )
    expiry: Literal["never", "expired", "approve", "reject"] = Field(
        default="never",
        title="When nobody answers",
        description="Wait for ever, or do this after the time below.",
        json_schema_extra=widget(
            "select",
            order=70,
            options={
                "never": "Wait for ever",
                "expired": "Go on at the expired port",
                "approve": "Count it as approved",
                "reject": "Count it as rejected",
            },
            options_ru={
                "never": "Ждать всегда",
                "expired": "Продолжить с порта expired",
                "approve": "Считать одобренным",
                "reject": "Считать отклонённым",
            },
            label_ru="Если никто не ответил",
            help_ru="Ждать всегда или по истечении времени ниже сделать это.",
        ),
    )
    expires_after: Templated[Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        default=24,
        title="After",
        description="How many of the units below to wait for an answer.",
        json_schema_extra=widget(
            order=80, visible_when=_EXPIRES, label_ru="Через", help_ru="Сколько единиц времени ждать ответа."
        ),
    )
    expires_unit: Literal["seconds", "minutes", "hours", "days"] = Field(
        default="hours",
        title="Unit",
        description="Unit of the time. A day is 24 hours.",
        json_schema_extra=widget(
            "select",
            order=90,
            visible_when=_EXPIRES,
            options={"seconds": "Seconds", "minutes": "Minutes", "hours": "Hours", "days": "Days"},
            options_ru={"seconds": "Секунды", "minutes": "Минуты", "hours": "Часы", "days": "Дни"},
            label_ru="Единица",
            help_ru="Единица времени. День — это 24 часа.",
        ),
    )


class Approval(NodeType):
    """Asks a person and goes on by the answer."""

    type = "approval"
    title = "Approval"
    title_ru = "Одобрение"
    group = "Logic"
    icon = "user-check"
    summary = "Asks a person, and goes on by the answer."
    summary_ru = "Спрашивает человека и продолжает по его ответу."
    subtitle = "{title}"
    help = (
        "The run waits until somebody answers, without holding a worker. The question is shown in the run "
        "panel here, and on Airflow's own page of required actions; both count the same.\n\n"
        "- `steps.<id>.decision` is approved, rejected or expired; `by` and `at` tell who and when.\n"
        "- `steps.<id>.values` holds what was filled in.\n"
        "- To tell people that they are asked, put a message before this step with `run.url` in it: "
        "that page shows the question.\n"
        "- Without a step at the `expired` port, an approval that expires is an error."
    )
    help_ru = (
        "Запуск ждёт ответа, не занимая исполнителя. Вопрос виден здесь, на панели запуска, и на странице "
        "Airflow с требуемыми действиями; ответы равноценны.\n\n"
        "- `steps.<id>.decision` — approved, rejected или expired; `by` и `at` — кто и когда.\n"
        "- `steps.<id>.values` — что заполнили.\n"
        "- Чтобы люди узнали о вопросе, поставьте перед этим шагом сообщение с `run.url`: "
        "на той странице виден вопрос.\n"
        "- Если к порту `expired` ничего не подключено, истёкшее время — ошибка."
    )
    keywords: ClassVar[tuple[str, ...]] = (
        "human",
        "confirm",
        "manual",
        "hitl",
        "form",
        "input",
        "человек",
        "согласование",
        "подтверждение",
    )
    parameters = ApprovalParameters
    ports = (
        Port(
            id="approved",
            label="approved",
            description="Somebody has approved.",
            description_ru="Одобрено.",
        ),
        Port(
            id="rejected",
            label="rejected",
            description="Somebody has rejected.",
            description_ru="Отклонено.",
        ),
        Port(
            id="expired",
            label="expired",
            description="Nobody has answered in time.",
            description_ru="Никто не ответил вовремя.",
        ),
        ERROR,
    )
    untestable = (
        "An approval asks people and waits for them. Test the steps after it with what it would "
        "answer pinned to it."
    )
    untestable_ru = (
        "Согласование спрашивает людей и ждёт их. Закрепите за ним ответ и проверьте шаги после него."
    )
    operator = "flowforge_provider.operators.approval:ApprovalOperator"
    default_retry = Retry(retries=2, delay_s=5)
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "title": "Refund order {{ trigger.body.id }}?",
            "body": "**{{ trigger.body.customer }}** asks for {{ trigger.body.amount }} EUR back.",
            "fields": [{"name": "reason", "label": "Reason", "type": "text", "required": True}],
            "expiry": "expired",
            "expires_after": 2,
            "expires_unit": "days",
        },
        "data": {"trigger": {"body": {"id": 7, "customer": "Ann", "amount": 20}}},
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["decision", "approved", "by", "at", "values"],
        "properties": {
            "decision": {"type": "string", "description": "approved, rejected or expired."},
            "approved": {"type": "boolean", "description": "Whether it was approved."},
            "by": {
                "type": ["object", "null"],
                "description": "Who has answered; null when the time has.",
                "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
            },
            "at": {"type": ["string", "null"], "description": "When, ISO 8601."},
            "values": {"type": "object", "description": "The form: name -> value."},
        },
    }

    @classmethod
    def defers(cls, parameters: Mapping[str, Any]) -> bool:  # noqa: ARG003
        """Wait for a person without a worker."""
        return True

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Look at what belongs together: names of fields, choices, labels of the buttons."""
        fields = parameters.get("fields")
        seen: set[str] = set()
        for index, field in enumerate(fields if isinstance(fields, list) else []):
            if not isinstance(field, dict):
                continue
            name = field.get("name")
            if isinstance(name, str) and name in seen:
                yield ParameterProblem(
                    code="wrong-parameter",
                    message=f'Two fields of the form are called "{name}". Rename one.',
                    field=f"fields.{index}.name",
                )
            if isinstance(name, str):
                seen.add(name)
            if field.get("type") == "select" and not field.get("options"):
                yield ParameterProblem(
                    code="missing-parameter",
                    message="A choice needs something to choose from. Add choices.",
                    field=f"fields.{index}.options",
                )
        if parameters.get("approve_label", "Approve") == parameters.get("reject_label", "Reject"):
            yield ParameterProblem(
                code="wrong-parameter",
                message="Both buttons say the same. Give them different texts.",
                field="reject_label",
            )
