"""Numbers as people write them, exactly."""

from __future__ import annotations

import decimal
import re
import unicodedata
from decimal import Decimal
from typing import Any

from flowforge_provider.expressions.arithmetic import check_number
from flowforge_provider.expressions.library.numbers import quantize, write_number
from flowforge_provider.transforms import paths
from flowforge_provider.transforms.errors import ValueMismatchError
from flowforge_provider.transforms.order import to_decimal
from flowforge_provider.transforms.work import Operation, Work, convert

_MARKS = {"point": ".", "comma": ","}
_THOUSANDS = {"none": "", "comma": ",", "point": ".", "space": " ", "apostrophe": "'"}
_ROUNDING = {
    "half_up": decimal.ROUND_HALF_UP,
    "half_even": decimal.ROUND_HALF_EVEN,
    "down": decimal.ROUND_DOWN,
    "up": decimal.ROUND_UP,
    "floor": decimal.ROUND_FLOOR,
    "ceiling": decimal.ROUND_CEILING,
}
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2019": "'", "\u02bc": "'"})


def number(operation: Operation, value: Any, work: Work) -> Any:
    """Read, round or write numbers."""
    action = _ACTIONS[operation["number_action"]]
    return convert(work, operation, value, lambda source: action(operation, source))


def _parse(operation: Operation, source: Any) -> Any:
    if type(source) is str:
        return _told(_read(operation, source), operation["as_text"])
    return _told(_need(source), operation["as_text"])


def _read(operation: Operation, text: str) -> Decimal:
    mark, thousands = _MARKS[operation["decimal_mark"]], _THOUSANDS[operation["thousands"]]
    plain = "".join(" " if sign.isspace() else sign for sign in text.translate(_MINUS)).strip()
    # Currency and percent signs stand at either end, with the sign of the number before or after them.
    plain = "".join(sign for sign in plain if unicodedata.category(sign) != "Sc" and sign not in "%‰").strip()
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"  # How accountants write it.
    plain = re.sub(r"^([+-])\s+", r"\1", plain)
    group = re.escape(thousands)
    grouped = rf"[+-]?\d{{1,3}}(?:{group}\d{{3}})+" if thousands else r"(?!)"
    form = rf"(?:{grouped}|[+-]?\d+)?(?:{re.escape(mark)}\d*)?(?:[eE][+-]?\d{{1,3}})?"
    if (
        len(plain) > 400
        or thousands == mark
        or not re.fullmatch(form, plain, re.ASCII)
        or not re.search(r"\d", plain)
    ):
        raise ValueMismatchError(
            f"{text!r:.60} is not a number with this decimal mark and these thousands.", field="field"
        )
    if thousands:
        plain = plain.replace(thousands, "")
    found = to_decimal(plain.replace(mark, "."))
    if found is None:
        raise ValueMismatchError(f"{text!r:.60} is not a number.", field="field")
    return found


def _round(operation: Operation, source: Any) -> Any:
    rounded = quantize(_need(source), operation["digits"], rounding=_ROUNDING[operation["rounding"]])
    return _told(rounded, operation["as_text"])


def _format(operation: Operation, source: Any) -> str:
    rounded = quantize(_need(source), operation["digits"], rounding=_ROUNDING[operation["rounding"]])
    return write_number(
        rounded,
        operation["digits"],
        thousands=_THOUSANDS[operation["thousands"]],
        point=_MARKS[operation["decimal_mark"]],
    )


def _need(source: Any) -> Decimal:
    found = to_decimal(source)
    if found is None:
        shown = f"{source!r:.60}" if type(source) is str else paths.kind_of(source)
        raise ValueMismatchError(f"{shown} is no number.", field="field")
    return found


def _told(found: Decimal, as_text: bool) -> Any:
    if as_text:
        return f"{found:f}"
    if found == found.to_integral_value():
        return check_number(int(found))
    return check_number(float(found))


_ACTIONS = {"parse": _parse, "round": _round, "format": _format}
