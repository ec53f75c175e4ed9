"""Operators on JSON values, each of which refuses what would grow without bounds."""

# All operators have one signature, whether they need all of it or not.
# ruff: noqa: ARG001

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import ExpressionLimitError, ExpressionValueError
from flowforge_provider.expressions.limits import MAX_INTEGER_BITS
from flowforge_provider.expressions.values import equals, to_text, type_name

if TYPE_CHECKING:
    from flowforge_provider.expressions.limits import Budget

Number = int | float
BinaryOperator = Callable[[Any, Any, "Budget"], Any]


def check_number(value: Number) -> Number:
    """
    Return the number when JSON can hold it and it is of a sane size.

    :raises ExpressionLimitError: an integer of more than MAX_INTEGER_BITS bits
    :raises ExpressionValueError: infinite, not a number, or complex
    """
    if type(value) is int:
        if value.bit_length() > MAX_INTEGER_BITS:
            raise ExpressionLimitError("The result is a number of more than 300 digits.")
        return value
    if type(value) is float and math.isfinite(value):
        return value
    raise ExpressionValueError("The result is no ordinary number (too large, or not a real number).")


def _numbers(left: Any, right: Any, sign: str) -> tuple[Number, Number]:
    for value in (left, right):
        if type(value) is not int and type(value) is not float:
            hint = " Join texts with ~, or convert with | int or | float." if isinstance(value, str) else ""
            raise ExpressionValueError(f'"{sign}" works on numbers, not on {type_name(value)}.{hint}')
    return left, right


def add(left: Any, right: Any, budget: Budget) -> Any:
    """Add two numbers, or join two texts or two lists."""
    if type(left) is str and type(right) is str:
        budget.allow_text(len(left) + len(right))
        return left + right
    if type(left) is list and type(right) is list:
        budget.allow_list(len(left) + len(right))
        return left + right
    first, second = _numbers(left, right, "+")
    return _guarded(lambda: first + second)


def subtract(left: Any, right: Any, budget: Budget) -> Any:
    """Subtract."""
    first, second = _numbers(left, right, "-")
    return _guarded(lambda: first - second)


def multiply(left: Any, right: Any, budget: Budget) -> Any:
    """Multiply two numbers, or repeat a text."""
    if type(left) is str and type(right) is int:
        budget.allow_text(len(left) * max(0, right))
        return left * right
    first, second = _numbers(left, right, "*")
    if type(first) is int and type(second) is int:
        _check_bits(first.bit_length() + second.bit_length())
    return _guarded(lambda: first * second)


def divide(left: Any, right: Any, budget: Budget) -> Any:
    """Divide; a whole result of whole numbers stays a whole number's float as in Python."""
    first, second = _numbers(left, right, "/")
    return _guarded(lambda: first / second)


def floor_divide(left: Any, right: Any, budget: Budget) -> Any:
    """Divide and round down."""
    first, second = _numbers(left, right, "//")
    return _guarded(lambda: first // second)


def modulo(left: Any, right: Any, budget: Budget) -> Any:
    """Return the remainder of a division; texts are never formatted with it."""
    first, second = _numbers(left, right, "%")
    return _guarded(lambda: first % second)


def power(left: Any, right: Any, budget: Budget) -> Any:
    """Raise to a power."""
    first, second = _numbers(left, right, "**")
    if type(first) is int and type(second) is int:
        if second >= 0:
            _check_bits(first.bit_length() * second)
        elif second < -MAX_INTEGER_BITS:
            # Far below zero only the parity of the exponent matters; 0 is divided by all the same.
            return 0.0 if abs(first) > 1 else _guarded(lambda: float(first) ** -(second % 2 or 2))
    return _guarded(lambda: first**second)


def concatenate(left: Any, right: Any, budget: Budget) -> str:
    """Join two values as texts."""
    first, second = to_text(left, budget), to_text(right, budget)
    budget.allow_text(len(first) + len(second))
    return first + second


def _check_bits(bits: int) -> None:
    if bits > MAX_INTEGER_BITS * 2:
        raise ExpressionLimitError("The result is a number of more than 300 digits.")


def _guarded(compute: Callable[[], Any]) -> Number:
    try:
        return check_number(compute())
    except ZeroDivisionError:
        raise ExpressionValueError("Division by zero.") from None
    except OverflowError:
        raise ExpressionLimitError("The result is a number that is too large.") from None


def contains(item: Any, container: Any, budget: Budget) -> bool:
    """Return whether a list has the item, an object the key, or a text the part."""
    kind = type(container)
    if kind is list:
        budget.spend(1 + len(container))
        return any(equals(item, each, budget) for each in container)
    if kind is dict:
        return type(item) is str and item in container
    if kind is str:
        if type(item) is not str:
            raise ExpressionValueError(f'"in" looks for a text in a text, not for {type_name(item)}.')
        budget.spend(1 + len(container) // 1000)
        return item in container
    raise ExpressionValueError(
        f'"in" looks into a list, an object or a text, not into {type_name(container)}.'
    )


def order(left: Any, right: Any, budget: Budget) -> int:
    """Return -1, 0 or 1; only numbers with numbers and texts with texts have an order."""
    left_kind, right_kind = type(left), type(right)
    comparable = (left_kind is str and right_kind is str) or (
        left_kind in {int, float} and right_kind in {int, float}
    )
    if not comparable:
        raise ExpressionValueError(
            f"{type_name(left).capitalize()} and {type_name(right)} have no order. "
            "Convert one of them with | int, | float or | string."
        )
    budget.spend(1 + min(len(left), len(right)) // 1000 if left_kind is str else 1)
    return int(left > right) - int(left < right)


COMPARISONS: dict[str, BinaryOperator] = {
    "eq": equals,
    "ne": lambda left, right, budget: not equals(left, right, budget),
    "gt": lambda left, right, budget: order(left, right, budget) > 0,
    "gteq": lambda left, right, budget: order(left, right, budget) >= 0,
    "lt": lambda left, right, budget: order(left, right, budget) < 0,
    "lteq": lambda left, right, budget: order(left, right, budget) <= 0,
    "in": contains,
    "notin": lambda left, right, budget: not contains(left, right, budget),
}
