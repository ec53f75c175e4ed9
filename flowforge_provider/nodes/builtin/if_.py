"""The step that takes one of two ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from flowforge_provider.nodes.conditions import Conditions, conditions_widget, find_gaps
from flowforge_provider.nodes.spec import ERROR, NodeType, ParameterProblem, Parameters, Port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TRUE = Port(
    id="true",
    label="true",
    description="The conditions hold.",
    description_ru="Условия выполняются.",
)
FALSE = Port(
    id="false",
    label="false",
    description="The conditions do not hold.",
    description_ru="Условия не выполняются.",
)


class IfParameters(Parameters):
    """Parameters of ``if``."""

    conditions: Conditions = Field(
        default_factory=Conditions,
        title="Conditions",
        description="What must hold for the step to go on through true.",
        json_schema_extra=conditions_widget(
            order=10, label_ru="Условия", help_ru="При каких условиях идти дальше через true."
        ),
    )


class If(NodeType):
    """Goes on through true or false, as its conditions say."""

    type = "if"
    title = "If"
    title_ru = "Если"
    group = "Logic"
    icon = "split"
    summary = "Goes one of two ways, as its conditions say."
    summary_ru = "Идёт по одной из двух ветвей в зависимости от условий."
    help = (
        "Looks at its conditions and goes on through `true` or through `false`. The steps after the other "
        "port "
        "are skipped, unless another way leads to them.\n\n"
        "- A condition compares a value with another one: choose the type, the operator and the value. "
        "*All* must hold, or *any* of them; groups can be put into groups.\n"
        "- A value of another type than the condition asks for is an error, and so is a value that is not "
        "there. "
        "Ask first whether it *exists*, or switch on *Convert types*.\n"
        "- A pattern is a regular expression without look-around and back-references; it fits anywhere in "
        "the "
        "text unless it begins with `^` and ends with `$`.\n"
        "- Or write one expression that yields true or false.\n\n"
        "The output is `{result: true}` or `{result: false}`."
    )
    help_ru = (
        "Проверяет условия и идёт дальше через `true` или через `false`. Шаги за другим портом пропускаются, "
        "если к ним не ведёт другой путь.\n\n"
        "- Условие сравнивает значение с другим: выберите тип, оператор и значение. Должны выполняться *все* "
        "условия или *любое*; группы можно вкладывать друг в друга.\n"
        "- Значение не того типа, которого требует условие, — ошибка, как и отсутствующее значение. Сначала "
        "проверьте, что оно *существует*, или включите *Преобразовывать типы*.\n"
        "- Шаблон — регулярное выражение без просмотра вокруг и обратных ссылок; он подходит в любом месте "
        "текста, если не начинается с `^` и не заканчивается на `$`.\n"
        "- Или напишите одно выражение со значением true или false.\n\n"
        "Результат — `{result: true}` или `{result: false}`."
    )
    keywords: ClassVar[tuple[str, ...]] = (
        "condition",
        "branch",
        "filter",
        "decide",
        "then",
        "else",
        "условие",
        "ветвление",
        "иначе",
    )
    parameters = IfParameters
    ports = (TRUE, FALSE, ERROR)
    operator = "flowforge_provider.operators.branch:IfOperator"
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {"result": {"type": "boolean", "description": "Whether the conditions hold."}},
    }
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "conditions": {
                "match": "all",
                "conditions": [
                    {
                        "left": "{{ trigger.body.total }}",
                        "type": "number",
                        "operator": "greater",
                        "right": 100,
                    },
                    {
                        "left": "{{ trigger.body.country }}",
                        "type": "text",
                        "operator": "in_list",
                        "right": ["DE", "FR"],
                    },
                ],
            }
        },
        "data": {"trigger": {"body": {"total": 120, "country": "DE"}}},
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Tell what is left open in the conditions."""
        yield from conditions_gaps(parameters.get("conditions", {}), "conditions")


def conditions_gaps(value: Any, field: str) -> Iterator[ParameterProblem]:
    """
    Yield what is left open in the conditions of a node.

    :param value: the conditions as saved; may be wrong
    :param field: path of them inside the parameters
    """
    for path, message in find_gaps(Conditions, value):
        yield ParameterProblem(
            code="missing-condition", message=message, field=f"{field}.{path}" if path else field
        )
