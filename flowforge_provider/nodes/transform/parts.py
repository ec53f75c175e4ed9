"""Rows of the lists that operations hold: a field to set, to rename, to sort by, a figure to work out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.templated import RowTemplated


def _check_path(path: str) -> str:
    from flowforge_provider.transforms.paths import PathError, read_path

    try:
        read_path(path)
    except PathError as error:
        raise PydanticCustomError("wrong-parameter", "{problem}", {"problem": str(error)}) from None
    return path


# A field inside an object: total, customer.city, lines[0].price, ["a.b"]. Empty means the whole value.
FieldPath = Annotated[str, Field(max_length=500), AfterValidator(_check_path)]
RequiredPath = Annotated[FieldPath, Field(min_length=1)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)


class FieldValue(_Row):
    """A field to set."""

    name: RequiredPath = Field(
        title="Name",
        description="Name of the field; dots make nested objects: customer.city.",
        examples=["total"],
        json_schema_extra=widget(label_ru="Имя", help_ru="Имя поля; точки создают вложенные объекты."),
    )
    value: RowTemplated[Any] = Field(
        default=None,
        title="Value",
        description="Any JSON; expressions are filled in.",
        examples=["{{ row.price * row.quantity }}"],
        json_schema_extra=widget(
            "expression", label_ru="Значение", help_ru="Любой JSON; выражения вычисляются."
        ),
    )


class FieldName(_Row):
    """A field to rename."""

    name: RequiredPath = Field(
        title="Field",
        description="The field as it is called now.",
        examples=["customer.town"],
        json_schema_extra=widget(label_ru="Поле", help_ru="Как поле называется сейчас."),
    )
    value: RequiredPath = Field(
        title="New name",
        description="The name that it gets; a path moves it.",
        examples=["customer.city"],
        json_schema_extra=widget(label_ru="Новое имя", help_ru="Новое имя; путь переносит поле."),
    )


class SortKey(_Row):
    """A field to sort by."""

    field: FieldPath = Field(
        default="",
        title="Field",
        description="Field of each item; empty for the item itself.",
        examples=["price"],
        json_schema_extra=widget(
            label_ru="Поле", help_ru="Поле каждого элемента; пусто: сам элемент.", order=1
        ),
    )
    direction: Literal["ascending", "descending"] = Field(
        default="ascending",
        title="Direction",
        description="Smallest or largest first.",
        json_schema_extra=widget(
            "select",
            order=2,
            options={"ascending": "Ascending", "descending": "Descending"},
            options_ru={"ascending": "По возрастанию", "descending": "По убыванию"},
            label_ru="Порядок",
            help_ru="Сначала меньшие или большие.",
        ),
    )
    compare: Literal["value", "ignore_case", "natural", "number"] = Field(
        default="value",
        title="Compare",
        description=(
            "By value (numbers before texts), texts without regard to case, texts with numbers in them "
            "(file 9 before file 10), or texts that are numbers."
        ),
        json_schema_extra=widget(
            "select",
            order=3,
            options={
                "value": "By value",
                "ignore_case": "Ignore case",
                "natural": "Natural (9 before 10)",
                "number": "As numbers",
            },
            options_ru={
                "value": "По значению",
                "ignore_case": "Без учёта регистра",
                "natural": "Естественно (9 перед 10)",
                "number": "Как числа",
            },
            label_ru="Сравнение",
            help_ru="По значению (числа перед текстами), без учёта регистра, с числами внутри текста.",
        ),
    )
    nulls: Literal["last", "first"] = Field(
        default="last",
        title="Empty values",
        description="Where items go whose field is null or missing, whatever the direction.",
        json_schema_extra=widget(
            "select",
            order=4,
            options={"last": "Last", "first": "First"},
            options_ru={"last": "В конце", "first": "В начале"},
            label_ru="Пустые значения",
            help_ru="Где стоят элементы, у которых поля нет или оно null.",
        ),
    )


AggregateFunction = Literal[
    "count", "count_distinct", "sum", "avg", "min", "max", "first", "last", "list", "list_distinct"
]


class Aggregate(_Row):
    """A figure to work out of all items."""

    function: AggregateFunction = Field(
        default="count",
        title="Figure",
        description="What to work out. Values that are null or missing do not count.",
        json_schema_extra=widget(
            "select",
            order=1,
            options={
                "count": "Count",
                "count_distinct": "Count of different values",
                "sum": "Sum",
                "avg": "Average",
                "min": "Smallest",
                "max": "Largest",
                "first": "First",
                "last": "Last",
                "list": "List of all values",
                "list_distinct": "List of different values",
            },
            options_ru={
                "count": "Количество",
                "count_distinct": "Количество разных значений",
                "sum": "Сумма",
                "avg": "Среднее",
                "min": "Наименьшее",
                "max": "Наибольшее",
                "first": "Первое",
                "last": "Последнее",
                "list": "Список всех значений",
                "list_distinct": "Список разных значений",
            },
            label_ru="Показатель",
            help_ru="Что вычислить. Значения null и отсутствующие не учитываются.",
        ),
    )
    field: FieldPath = Field(
        default="",
        title="Field",
        description="Field of each item; empty for the item itself.",
        examples=["price"],
        json_schema_extra=widget(
            label_ru="Поле", help_ru="Поле каждого элемента; пусто: сам элемент.", order=2
        ),
    )
    name: FieldPath = Field(
        default="",
        title="Result in field",
        description="Name of the figure in the result; sum_price and the like when empty.",
        examples=["revenue"],
        json_schema_extra=widget(
            label_ru="Поле результата",
            help_ru="Имя показателя в результате; пусто: например sum_price.",
            order=3,
        ),
    )
