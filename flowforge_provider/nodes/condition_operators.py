"""The operators of conditions: their words, the types they suit, and what stands on their right side."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

ValueType = Literal["any", "text", "number", "boolean", "date", "list", "object"]
OperatorId = Literal[
    "exists",
    "not_exists",
    "is_empty",
    "is_not_empty",
    "equals",
    "not_equals",
    "contains",
    "not_contains",
    "starts_with",
    "not_starts_with",
    "ends_with",
    "not_ends_with",
    "matches",
    "not_matches",
    "greater",
    "greater_or_equal",
    "less",
    "less_or_equal",
    "before",
    "not_after",
    "after",
    "not_before",
    "is_true",
    "is_false",
    "in_list",
    "not_in_list",
    "has_key",
    "not_has_key",
    "length_equals",
    "length_greater",
    "length_less",
]
# What the right side holds: nothing, a value of the condition's own type, or something else.
RightSide = Literal["none", "same", "text", "number", "list", "any", "pattern"]


class Operator(NamedTuple):
    """
    One operator.

    :param types: types of the left value that it can be chosen for
    :param right: what it compares with
    :param negates: the operator whose opposite it is
    """

    label: str
    label_ru: str
    types: tuple[ValueType, ...]
    right: RightSide
    negates: str | None = None


TYPES: dict[ValueType, tuple[str, str]] = {
    "any": ("Any", "Любой"),
    "text": ("Text", "Текст"),
    "number": ("Number", "Число"),
    "boolean": ("Yes or no", "Да или нет"),
    "date": ("Date", "Дата"),
    "list": ("List", "Список"),
    "object": ("Object", "Объект"),
}
_ALL: tuple[ValueType, ...] = tuple(TYPES)
_SIZED: tuple[ValueType, ...] = ("any", "text", "list", "object")
_TEXT: tuple[ValueType, ...] = ("text",)
_NUMBER: tuple[ValueType, ...] = ("number",)
_DATE: tuple[ValueType, ...] = ("date",)
_LENGTH: tuple[ValueType, ...] = ("text", "list", "object")
_LISTED: tuple[ValueType, ...] = ("any", "text", "number")

OPERATORS: dict[OperatorId, Operator] = {
    "equals": Operator("equals", "равно", _ALL, "same"),
    "not_equals": Operator("does not equal", "не равно", _ALL, "same", "equals"),
    "contains": Operator("contains", "содержит", ("text", "list"), "any"),
    "not_contains": Operator("does not contain", "не содержит", ("text", "list"), "any", "contains"),
    "starts_with": Operator("starts with", "начинается с", _TEXT, "text"),
    "not_starts_with": Operator("does not start with", "не начинается с", _TEXT, "text", "starts_with"),
    "ends_with": Operator("ends with", "заканчивается на", _TEXT, "text"),
    "not_ends_with": Operator("does not end with", "не заканчивается на", _TEXT, "text", "ends_with"),
    "matches": Operator("matches the pattern", "подходит под шаблон", _TEXT, "pattern"),
    "not_matches": Operator(
        "does not match the pattern", "не подходит под шаблон", _TEXT, "pattern", "matches"
    ),
    "greater": Operator("is greater than", "больше", _NUMBER, "same"),
    "greater_or_equal": Operator("is at least", "не меньше", _NUMBER, "same"),
    "less": Operator("is less than", "меньше", _NUMBER, "same"),
    "less_or_equal": Operator("is at most", "не больше", _NUMBER, "same"),
    "before": Operator("is before", "раньше", _DATE, "same"),
    "not_after": Operator("is not after", "не позже", _DATE, "same"),
    "after": Operator("is after", "позже", _DATE, "same"),
    "not_before": Operator("is not before", "не раньше", _DATE, "same"),
    "is_true": Operator("is true", "истина", ("boolean",), "none"),
    "is_false": Operator("is false", "ложь", ("boolean",), "none"),
    "in_list": Operator("is one of", "одно из", _LISTED, "list"),
    "not_in_list": Operator("is none of", "ни одно из", _LISTED, "list", "in_list"),
    "has_key": Operator("has the field", "имеет поле", ("object",), "text"),
    "not_has_key": Operator("lacks the field", "не имеет поля", ("object",), "text", "has_key"),
    "length_equals": Operator("has the length", "имеет длину", _LENGTH, "number"),
    "length_greater": Operator("is longer than", "длиннее", _LENGTH, "number"),
    "length_less": Operator("is shorter than", "короче", _LENGTH, "number"),
    "is_empty": Operator("is empty", "пусто", _SIZED, "none"),
    "is_not_empty": Operator("is not empty", "не пусто", _SIZED, "none", "is_empty"),
    "exists": Operator("exists", "существует", _ALL, "none"),
    "not_exists": Operator("does not exist", "не существует", _ALL, "none", "exists"),
}


def describe_operators() -> dict[str, Any]:
    """Return types and operators with their labels, as the form reads them from the JSON Schema."""
    return {
        "types": [{"id": id_, "label": en, "label_ru": ru} for id_, (en, ru) in TYPES.items()],
        "operators": [
            {
                "id": id_,
                "label": operator.label,
                "label_ru": operator.label_ru,
                "types": list(operator.types),
                "right": operator.right,
            }
            for id_, operator in OPERATORS.items()
        ],
    }
