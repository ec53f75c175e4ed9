"""
An order of all JSON values, and equality that follows from it.

The order is jq's: null, false, true, numbers, texts by code points, lists item by item, objects by their
sorted names and then by their values. 1 and 1.0 are equal, true and 1 are not.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

_DIGITS = re.compile(r"(\d+)")
# More digits than any quantity has; int() of millions of them takes minutes.
_MAX_DIGITS = 1_000


def order_key(value: Any) -> tuple[Any, ...]:
    """Return a tuple that compares as the values do, is hashable, and is the same for equal values only."""
    kind = type(value)
    if value is None:
        return (0,)
    if kind is bool:
        return (2 if value else 1,)
    if kind is int or kind is float:
        return (3, value)
    if kind is str:
        return (4, value)
    if kind is list:
        return (5, tuple(order_key(item) for item in value))
    names = sorted(value)
    return (6, tuple(names), tuple(order_key(value[name]) for name in names))


def case_key(value: Any) -> tuple[Any, ...]:
    """Return a key that compares texts without regard to case."""
    return order_key(value.casefold()) if type(value) is str else order_key(value)


def natural_key(value: Any) -> tuple[Any, ...]:
    """Return a key that compares the numbers inside texts as numbers, and the rest without regard to case."""
    if type(value) is not str:
        return order_key(value)
    parts = _DIGITS.split(value.casefold())
    # Texts and digits take turns, so that the parts of two texts can always be compared.
    keys = tuple(
        (len(digits := part.lstrip("0")), digits) if place % 2 else part for place, part in enumerate(parts)
    )
    return (4, keys)


def number_key(value: Any) -> tuple[Any, ...] | None:
    """Return a key that compares numbers and texts that are numbers; None for anything else."""
    number = to_decimal(value)
    return None if number is None else (3, number)


def to_decimal(value: Any) -> Decimal | None:
    """Return a number, or a text that is one, exactly as people wrote it; None for anything else."""
    if type(value) is int:
        return Decimal(value)
    if type(value) is float:
        return Decimal(repr(value))
    if type(value) is str and len(value) <= _MAX_DIGITS:
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            return None
        return number if number.is_finite() and abs(number.adjusted()) <= _MAX_DIGITS else None
    return None
