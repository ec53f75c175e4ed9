"""The step that takes one of many ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from flowforge_provider.graph.ids import PortIdField
from flowforge_provider.nodes.builtin.if_ import conditions_gaps
from flowforge_provider.nodes.conditions import Conditions, conditions_widget
from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import ERROR, NodeType, ParameterProblem, Parameters, Port, PortsFrom
from flowforge_provider.nodes.templated import Templated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DEFAULT = Port(
    id="default",
    label="default",
    description="No case applies.",
    description_ru="Ни один вариант не подошёл.",
)
_RESERVED = frozenset({"default", "error", "success"})


def _check_case_id(id_: str) -> str:
    if id_ in _RESERVED:
        raise PydanticCustomError(
            "wrong-parameter", 'A case cannot have the id "{id}". Choose another one.', {"id": id_}
        )
    return id_


class SwitchCase(BaseModel):
    """One way out of a switch."""

    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)

    id: Annotated[PortIdField, AfterValidator(_check_case_id)] = Field(
        title="Id",
        description="Names the port in edges and in the output. It stays when the label changes.",
        examples=["urgent"],
        json_schema_extra=widget(
            generate="case",
            order=10,
            label_ru="Идентификатор",
            help_ru="Имя порта в связях и в результате. Не меняется вместе с подписью.",
        ),
    )
    label: str = Field(
        default="",
        max_length=100,
        title="Label",
        description="Text beside the port; the id when empty.",
        examples=["Urgent"],
        json_schema_extra=widget(
            order=20, label_ru="Подпись", help_ru="Текст у порта; если пусто — идентификатор."
        ),
    )
    conditions: Conditions = Field(
        default_factory=Conditions,
        title="Conditions",
        description="When the case applies.",
        json_schema_extra=conditions_widget(
            order=30,
            visible_when={"../mode": "conditions"},
            label_ru="Условия",
            help_ru="Когда вариант подходит.",
        ),
    )
    value: Templated[Any] = Field(
        default=None,
        title="Value",
        description="The case applies when the value of the switch equals this one.",
        examples=["urgent"],
        json_schema_extra=widget(
            "expression",
            order=40,
            visible_when={"../mode": "value"},
            label_ru="Значение",
            help_ru="Вариант подходит, если значение переключателя равно этому.",
        ),
    )


class SwitchParameters(Parameters):
    """Parameters of ``switch``."""

    mode: Literal["conditions", "value"] = Field(
        default="conditions",
        title="Kind",
        description="Each case has conditions of its own, or all cases look at one value.",
        json_schema_extra=widget(
            "select",
            order=10,
            options={"conditions": "Conditions of each case", "value": "One value"},
            options_ru={"conditions": "Условия каждого варианта", "value": "Одно значение"},
            label_ru="Вид",
            help_ru="У каждого варианта свои условия, или все варианты смотрят на одно значение.",
        ),
    )
    value: Templated[Any] = Field(
        default=None,
        title="Value",
        description="What the cases look at.",
        examples=["{{ trigger.body.priority }}"],
        json_schema_extra=widget(
            "expression",
            order=20,
            visible_when={"mode": "value"},
            label_ru="Значение",
            help_ru="На что смотрят варианты.",
        ),
    )
    cases: list[SwitchCase] = Field(
        default_factory=list,
        max_length=50,
        title="Cases",
        description="Looked at in this order. Each one is a port.",
        json_schema_extra=widget(
            order=30, label_ru="Варианты", help_ru="Проверяются по порядку. Каждый вариант — порт."
        ),
    )
    match: Literal["first", "all"] = Field(
        default="first",
        title="Follow",
        description="The first case that applies, or all of them.",
        json_schema_extra=widget(
            "select",
            order=40,
            options={"first": "First case that applies", "all": "All cases that apply"},
            options_ru={"first": "Первый подходящий вариант", "all": "Все подходящие варианты"},
            label_ru="Идти по",
            help_ru="По первому подходящему варианту или по всем.",
        ),
    )
    ignore_case: bool = Field(
        default=False,
        title="Ignore case",
        description="Capitals and small letters are the same.",
        json_schema_extra=widget(
            order=50,
            visible_when={"mode": "value"},
            label_ru="Без учёта регистра",
            help_ru="Заглавные и строчные буквы равны.",
        ),
    )
    convert: bool = Field(
        default=False,
        title="Convert types",
        description='A text is compared as the number that it holds: "5" equals 5.',
        json_schema_extra=widget(
            order=60,
            visible_when={"mode": "value"},
            label_ru="Преобразовывать типы",
            help_ru="Текст сравнивается как число, которое в нём записано: «5» равно 5.",
        ),
    )


class Switch(NodeType):
    """Goes on through the port of the case that applies."""

    type = "switch"
    title = "Switch"
    title_ru = "Переключатель"
    group = "Logic"
    icon = "waypoints"
    summary = "Goes one of many ways: the case that applies."
    summary_ru = "Идёт по одной из многих ветвей: по подходящему варианту."
    subtitle = "{value}"
    help = (
        "Each case is a port. Cases are looked at in their order; the first one that applies is followed, "
        "or all "
        "of them. When none applies, the step goes on through `default`. The steps after ports that are not "
        "followed are skipped, unless another way leads to them.\n\n"
        "- **Conditions of each case**: as in the step *If*.\n"
        "- **One value**: the case whose value equals it. Types count: the text `5` is not the number 5, "
        "unless "
        "types are converted.\n\n"
        "Renaming a case keeps its edges. The output is `{matched: […]}`, the ids of the cases that are "
        "followed; it is empty for `default`."
    )
    help_ru = (
        "Каждый вариант — порт. Варианты проверяются по порядку; выбирается первый подходящий или все. "
        "Если не "
        "подошёл ни один, шаг идёт через `default`. Шаги за невыбранными портами пропускаются, если к ним не "
        "ведёт другой путь.\n\n"
        "- **Условия каждого варианта**: как в шаге *Если*.\n"
        "- **Одно значение**: вариант, значение которого ему равно. Тип важен: текст `5` — не число 5, "
        "если не "
        "включено преобразование типов.\n\n"
        "Переименование варианта сохраняет его связи. Результат — `{matched: […]}`, идентификаторы выбранных "
        "вариантов; для `default` список пуст."
    )
    keywords: ClassVar[tuple[str, ...]] = ("case", "route", "branch", "condition", "маршрут", "ветвление")
    parameters = SwitchParameters
    ports = (DEFAULT, ERROR)
    ports_from = PortsFrom(parameter="cases")
    operator = "flowforge_provider.operators.branch:SwitchOperator"
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "matched": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Ids of the cases that are followed.",
            }
        },
    }
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "mode": "value",
            "value": "{{ trigger.body.priority }}",
            "cases": [
                {"id": "urgent", "label": "Urgent", "value": "high"},
                {"id": "normal", "label": "Normal", "value": "medium"},
            ],
        },
        "data": {"trigger": {"body": {"priority": "high"}}},
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Ask for what the chosen kind needs, and for distinct ids."""
        cases = parameters.get("cases")
        if not isinstance(cases, list) or not cases:
            yield ParameterProblem("missing-condition", "There is no case. Add one.", "cases")
            return
        by_value = parameters.get("mode") == "value"
        if by_value and parameters.get("value") in (None, ""):
            yield ParameterProblem(
                "missing-parameter",
                "The value is empty. Choose what the cases look at: {{ trigger.body.priority }}.",
                "value",
            )
        seen: set[str] = set()
        for index, case in enumerate(cases):
            if not isinstance(case, dict):
                continue
            id_ = case.get("id")
            if isinstance(id_, str) and id_ in seen:
                message = f'Two cases have the id "{id_}". Give one of them another id.'
                yield ParameterProblem("wrong-parameter", message, f"cases.{index}.id")
            seen.add(str(id_))
            if not by_value:
                yield from conditions_gaps(case.get("conditions", {}), f"cases.{index}.conditions")
