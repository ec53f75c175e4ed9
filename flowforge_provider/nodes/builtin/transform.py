"""The action that makes new data out of old."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from flowforge_provider.nodes.conditions import FieldConditions, find_gaps
from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import NodeType, ParameterProblem, Parameters
from flowforge_provider.nodes.templated import Templated
from flowforge_provider.nodes.transform.labels import TITLES
from flowforge_provider.nodes.transform.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# What an operation cannot do without: field -> what to do about it.
_NEEDED: dict[str, dict[str, str]] = {
    "rename_fields": {"renames": "Add the fields that get another name."},
    "remove_fields": {"names": "Add the fields that go away."},
    "keep_fields": {"names": "Add the fields that stay."},
    "jq": {"program": "Write a jq program; a single dot hands the input on."},
    "aggregate": {"aggregates": "Add a figure to work out."},
    "text": {"template": "Write the template."},
}
# Operations that make all anew when they do not keep the other fields.
_MAKES_NEW = frozenset({"set_fields", "text"})


class TransformParameters(Parameters):
    """Parameters of ``transform``."""

    input: Templated[Any] = Field(
        default=None,
        title="Input",
        description=(
            "Value to start from. When empty, it is the output of the step before this one, "
            "or the body of the trigger when that is the step before."
        ),
        examples=["{{ steps.get_product.body }}"],
        json_schema_extra=widget(
            "expression",
            order=10,
            label_ru="Вход",
            help_ru="С чего начать. Если пусто: результат предыдущего шага или тело запроса триггера.",
        ),
    )
    operations: list[Operation] = Field(
        default_factory=list,
        max_length=100,
        title="Operations",
        description="What is done, one after another; each works on what the one before hands on.",
        json_schema_extra=widget(
            order=20,
            label_ru="Операции",
            help_ru="Что сделать, по порядку; каждая работает с тем, что передала предыдущая.",
        ),
    )


class Transform(NodeType):
    """Makes new data by operations one after another."""

    type = "transform"
    title = "Transform"
    title_ru = "Преобразование"
    group = "Data"
    icon = "braces"
    summary = "Shapes data: sets fields, filters, sorts, sums up, reads and writes CSV, JSON, dates."
    summary_ru = "Преобразует данные: поля, отбор, сортировка, сводки, CSV, JSON, даты."
    subtitle = "{operations}"
    help = (
        "Takes the input through operations, one after another, all in one task. What the last one hands on "
        "is what later steps read as `steps.<id>`.\n\n"
        "Operations on fields work on each item of a list, or on the value itself when it is not a list. In "
        "their expressions `row` is the item, `row_index` its place from 0, and `value` all that the "
        "operation works on; `item` is that of a loop around the step. A value that is "
        "one whole expression keeps its type.\n\n"
        'Fields are named by paths: `customer.city`, `lines[0].price`, and `["a.b"]` for a name with a dot '
        "in it. The preview shows the result after each operation."
    )
    help_ru = (
        "Проводит вход через операции, одну за другой, в одной задаче. То, что передала последняя, следующие "
        "шаги читают как `steps.<id>`.\n\n"
        "Операции с полями работают с каждым элементом списка или с самим значением, если это не список. В "
        "их выражениях `row` — элемент, `row_index` — его место с 0, а `value` — всё, с чем работает "
        "операция; `item` — элемент цикла вокруг шага. "
        "Значение из одного целого выражения сохраняет свой тип.\n\n"
        'Поля называются путями: `customer.city`, `lines[0].price` и `["a.b"]` для имени с точкой. '
        "Предпросмотр показывает результат после каждой операции."
    )
    keywords: ClassVar[tuple[str, ...]] = (
        "set",
        "map",
        "edit",
        "fields",
        "jq",
        "json",
        "csv",
        "xml",
        "filter",
        "sort",
        "limit",
        "aggregate",
        "group",
        "sum",
        "unique",
        "date",
        "number",
        "hash",
        "hmac",
        "base64",
        "url",
        "split",
        "join",
        "поля",
        "данные",
        "фильтр",
        "сортировка",
        "сумма",
        "дата",
    )
    parameters = TransformParameters
    operator = "flowforge_provider.operators.transform:TransformOperator"
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "input": "{{ trigger.body.lines }}",
            "operations": [
                {
                    "operation": "filter",
                    "conditions": {
                        "conditions": [
                            {"field": "quantity", "type": "number", "operator": "greater", "right": 0}
                        ]
                    },
                },
                {
                    "operation": "set_fields",
                    "keep_other_fields": True,
                    "fields": [{"name": "total", "value": "{{ row.price * row.quantity }}"}],
                },
                {"operation": "sort", "sort_by": [{"field": "total", "direction": "descending"}]},
                {
                    "operation": "aggregate",
                    "aggregates": [
                        {"function": "count", "name": "lines"},
                        {"function": "sum", "field": "total", "name": "total"},
                        {"function": "first", "field": "product", "name": "largest"},
                    ],
                },
            ],
        },
        "data": {
            "trigger": {
                "body": {
                    "lines": [
                        {"product": "Tea", "price": 4.5, "quantity": 2},
                        {"product": "Cup", "price": 12, "quantity": 1},
                        {"product": "Spoon", "price": 3, "quantity": 0},
                    ]
                }
            }
        },
    }

    @classmethod
    def output_schema_for(cls, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Follow the operations, as far as they tell what they make."""
        from flowforge_provider.nodes.transform.output_schema import output_schema_of, schema_of_value

        operations = _operations(parameters)
        given = parameters.get("input")
        if given is not None:
            return output_schema_of(operations, schema_of_value(given))
        return output_schema_of(operations, {} if needs_input(operations) else schema_of_value(None))

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:
        """Ask for what each operation needs."""
        operations = _operations(parameters)
        if not operations:
            yield ParameterProblem(
                code="no-operations",
                message="No operation is set, so the input is handed on as it is. Add one.",
                field="operations",
                severity="warning",
            )
        for index, operation in enumerate(operations):
            yield from _check_operation(operation, f"operations.{index}")
        if parameters.get("input") is None and len(upstream) > 1 and needs_input(operations):
            yield ParameterProblem(
                code="ambiguous-input",
                message=(
                    f"Several steps lead here ({', '.join(upstream)}), so the input is not clear. "
                    f"Set it, for example to {{{{ steps.{upstream[0]} }}}}."
                ),
                field="input",
            )


def _operations(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = parameters.get("operations")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def needs_input(operations: Sequence[Mapping[str, Any]]) -> bool:
    """
    Tell whether the first operation works on the input, or makes all anew from expressions.

    :param operations: as saved in the graph; may be incomplete or wrong
    """
    from flowforge_provider.expressions import references

    if not operations:
        return True
    first = operations[0]
    if first.get("operation") not in _MAKES_NEW or first.get("keep_other_fields") or first.get("target"):
        return True
    used = references([first.get("fields"), first.get("template")])
    return bool(used.names & {"row", "row_index", "value"})


def _check_operation(operation: Mapping[str, Any], place: str) -> Iterator[ParameterProblem]:
    kind = operation.get("operation")
    if not isinstance(kind, str):
        return
    for name, advice in _NEEDED.get(kind, {}).items():
        value = operation.get(name)
        if value is None or value == [] or (isinstance(value, str) and not value.strip()):
            yield ParameterProblem(
                code="missing-parameter",
                message=f'The operation "{TITLES[kind]}" is not complete. {advice}',
                field=f"{place}.{name}",
            )
    if kind == "set_fields" and not operation.get("fields") and not operation.get("keep_other_fields"):
        yield ParameterProblem(
            code="no-fields",
            message="No field is set, so the result is an empty object. Add a field.",
            field=f"{place}.fields",
            severity="warning",
        )
    if kind == "filter":
        yield from _check_filter(operation, place)
    if kind == "date":
        yield from _check_date(operation, place)
    if kind == "number" and operation.get("decimal_mark", "point") == operation.get("thousands"):
        yield ParameterProblem(
            code="wrong-parameter",
            message="One sign cannot be the decimal mark and stand between the thousands too.",
            field=f"{place}.thousands",
        )


def _check_filter(operation: Mapping[str, Any], place: str) -> Iterator[ParameterProblem]:
    if operation.get("filter_by", "conditions") == "expression":
        if operation.get("condition") in (None, ""):
            yield ParameterProblem(
                code="missing-parameter",
                message="Write the condition, for example {{ row.total > 100 }}.",
                field=f"{place}.condition",
            )
        return
    for path, message in find_gaps(FieldConditions, operation.get("conditions", {})):
        field = f"{place}.conditions.{path}" if path else f"{place}.conditions"
        yield ParameterProblem(code="missing-condition", message=message, field=field)


def _check_date(operation: Mapping[str, Any], place: str) -> Iterator[ParameterProblem]:
    action = operation.get("date_action", "parse")
    if action == "convert" and not operation.get("timezone"):
        yield ParameterProblem(
            code="missing-parameter",
            message="Choose the time zone that dates are changed to.",
            field=f"{place}.timezone",
        )
    if action == "difference" and not operation.get("other_date"):
        yield ParameterProblem(
            code="missing-parameter",
            message="Write the other date, for example {{ row.created_at }}.",
            field=f"{place}.other_date",
        )
    if action == "difference" and operation.get("unit") in {"months", "years"}:
        yield ParameterProblem(
            code="wrong-parameter",
            message="A difference is told in weeks or smaller units.",
            field=f"{place}.unit",
        )
