"""The trigger of a workflow that people start by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.payload.parameters import PayloadParameters, check_payload_parameters
from flowforge_provider.nodes.spec import SUCCESS, NodeType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowforge_provider.nodes.spec import ParameterProblem


class ManualParameters(PayloadParameters):
    """Parameters of ``manual``."""

    sample_payload: Any = Field(
        default_factory=dict,
        title="Sample payload",
        description="JSON that the run dialog starts with; expressions see it as trigger.body.",
        examples=[{"id": 7, "quantity": 2}],
        json_schema_extra=widget(
            "code",
            language="json",
            literal=True,
            order=90,
            label_ru="Пример данных",
            help_ru="JSON, с которого начинается окно запуска; в выражениях это trigger.body.",
        ),
    )


class ManualTrigger(NodeType):
    """A run starts when somebody presses Run, or calls the API."""

    type = "manual"
    kind = "trigger"
    title = "Manual"
    title_ru = "Вручную"
    group = "Triggers"
    icon = "mouse-pointer-click"
    summary = "Starts when somebody presses Run or calls the API."
    summary_ru = "Запускается кнопкой «Запустить» или вызовом API."
    help = (
        "Starts the workflow by hand. The payload typed into the run dialog, or sent to "
        "`POST /flowforge/api/executions`, is `trigger.body` in expressions.\n\n"
        "With a form, the run dialog asks for its fields, and a payload that does not fit is refused with "
        "all that is wrong. Draw it as a list of fields, or paste a JSON Schema.\n\n"
        "Every published workflow can be started by hand, whatever its trigger is."
    )
    help_ru = (
        "Запускает рабочий процесс вручную. Данные из окна запуска или из запроса "
        "`POST /flowforge/api/executions` доступны в выражениях как `trigger.body`.\n\n"
        "Если задана форма, окно запуска спрашивает её поля, а неподходящие данные не принимаются — со "
        "списком всех ошибок. Форму задают списком полей или схемой JSON Schema.\n\n"
        "Вручную можно запустить любой опубликованный процесс, какой бы ни был у него триггер."
    )
    keywords: ClassVar[tuple[str, ...]] = ("start", "button", "run", "api", "запуск", "кнопка")
    parameters = ManualParameters
    ports = (SUCCESS,)
    operator = "flowforge_provider.operators.trigger:TriggerOperator"
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"sample_payload": {"id": 7, "quantity": 2}},
        "data": {},
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Look at the form."""
        yield from check_payload_parameters(parameters, trigger_type=cls.type)
