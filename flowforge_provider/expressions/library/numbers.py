"""Filters that work on numbers."""

# All operations have one signature, whether they need all of it or not.
# ruff: noqa: ARG001

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from flowforge_provider.exceptions import ExpressionLimitError, ExpressionValueError
from flowforge_provider.expressions.arithmetic import check_number
from flowforge_provider.expressions.operations import (
    ABSENT,
    Scope,
    need_integer,
    need_list,
    need_number,
    need_text,
    operation,
)
from flowforge_provider.expressions.values import repr_name, type_name

_GROUP = "Numbers"
# Digits enough for the largest number of the language with the most places that can be asked for.
_EXACT = Context(prec=1000, rounding=ROUND_HALF_UP)


@operation("filter", group=_GROUP, name="int", example=("{{ '12' | int }}", 12))
def to_int(scope: Scope, value: Any, default: Any = ABSENT) -> Any:
    """Turn a text or a number into a whole number, cutting what stands after the point."""
    number = _read(value)
    if number is None:
        return _fall_back(value, default, "a whole number", "int")
    return check_number(int(number))


@operation("filter", group=_GROUP, name="float", example=("{{ '1.5' | float }}", 1.5))
def to_float(scope: Scope, value: Any, default: Any = ABSENT) -> Any:
    """Turn a text or a number into a number with a fraction."""
    number = _read(value)
    if number is None:
        return _fall_back(value, default, "a number", "float")
    try:
        return check_number(float(number))
    except OverflowError:
        raise ExpressionValueError("float: the number is too large.") from None


def _read(value: Any) -> int | float | None:
    if type(value) is bool:
        return int(value)
    if type(value) is int or type(value) is float:
        return value
    if type(value) is not str or len(value) > 300:
        return None
    text = value.strip().replace("_", " ")
    try:
        return int(text)
    except ValueError:
        try:
            number = float(text)
        except ValueError:
            return None
    return number if math.isfinite(number) else None


def _fall_back(value: Any, default: Any, wanted: str, who: str) -> Any:
    if default is not ABSENT:
        return default
    shown = repr_name(value) if type(value) is str else type_name(value)
    raise ExpressionValueError(f"{who}: {shown} is not {wanted}. Give a default: | {who}(0).")


@operation("filter", group=_GROUP, example=("{{ 2.675 | round(2) }}", 2.68))
def round_(scope: Scope, value: Any, digits: Any = 0) -> Any:
    """Round half up to so many digits after the point; without digits, to a whole number."""
    number = need_number(value, "round")
    places = need_integer(digits, "round", low=-300, high=300)
    rounded = quantize(number, places)
    return check_number(int(rounded) if places <= 0 else float(rounded))


@operation("filter", group=_GROUP, example=("{{ -3 | abs }}", 3))
def abs_(scope: Scope, value: Any) -> Any:
    """Drop the sign."""
    return abs(need_number(value, "abs"))


@operation("filter", group=_GROUP, example=("{{ 1.9 | floor }}", 1))
def floor(scope: Scope, value: Any) -> Any:
    """Round down to a whole number."""
    return check_number(math.floor(need_number(value, "floor")))


@operation("filter", group=_GROUP, example=("{{ 1.1 | ceil }}", 2))
def ceil(scope: Scope, value: Any) -> Any:
    """Round up to a whole number."""
    return check_number(math.ceil(need_number(value, "ceil")))


@operation("filter", group=_GROUP, name="format_number", example=("{{ 1234.5 | format_number }}", "1,234.50"))
def format_number(scope: Scope, value: Any, digits: Any = 2, thousands: Any = ",", point: Any = ".") -> str:
    """Write a number for people, with separators and a fixed count of digits after the point."""
    number = need_number(value, "format_number")
    places = need_integer(digits, "format_number", low=0, high=100)
    separator, mark = need_text(thousands, "format_number")[:3], need_text(point, "format_number")[:3]
    return write_number(quantize(number, places), places, thousands=separator, point=mark)


def quantize(number: int | float | Decimal, places: int, *, rounding: str = ROUND_HALF_UP) -> Decimal:
    """
    Return a number rounded to so many digits after the point, exactly.

    :param places: digits; negative ones round to tens, hundreds and so on
    :param rounding: one of the modes of the module ``decimal``
    """
    # By its shortest decimal form, since people mean 2.675 and not the binary number just below it.
    exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    return exact.quantize(Decimal(1).scaleb(-places, _EXACT), rounding=rounding, context=_EXACT)


def write_number(number: Decimal, places: int, *, thousands: str, point: str) -> str:
    """Return a number with so many digits after the point, and a sign between groups of three before it."""
    return f"{number:,.{places}f}".replace(",", "\0").replace(".", point).replace("\0", thousands)


@operation("filter", group=_GROUP, example=("{{ [1, 2, 3] | sum }}", 6))
def sum_(scope: Scope, value: Any, attribute: Any = None, start: Any = 0) -> Any:
    """Add up a list of numbers; with ``attribute``, a field of each item."""
    numbers = _numbers(scope, value, attribute, "sum")
    total = need_number(start, "sum")
    if any(type(number) is float for number in numbers):
        return check_number(_add_up([total, *numbers]))
    return check_number(_add_up([total, *numbers]) if type(total) is float else total + sum(numbers))


@operation("filter", group=_GROUP, example=("{{ [1, 2, 6] | avg }}", 3.0))
def avg(scope: Scope, value: Any, attribute: Any = None) -> Any:
    """Return the mean of a list of numbers; with ``attribute``, of a field of each item."""
    numbers = _numbers(scope, value, attribute, "avg")
    if not numbers:
        raise ExpressionValueError("avg: the list is empty, so it has no mean.")
    return check_number(_add_up(numbers) / len(numbers))


def _add_up(numbers: list[int | float]) -> float:
    try:
        return math.fsum(numbers)
    except OverflowError:
        raise ExpressionLimitError("The sum is a number that is too large.") from None


def _numbers(scope: Scope, value: Any, attribute: Any, who: str) -> list[int | float]:
    from flowforge_provider.expressions.library.lists import pick

    items = need_list(scope, value, who)
    scope.budget.spend(len(items))
    return [need_number(item if attribute is None else pick(item, attribute), who) for item in items]
