"""
PostgreSQL's text form of values as JSON.

The drivers' own Python types lose what JSON could keep: months of intervals, dates after the year 9999,
infinity, elements of arrays of enums. So values are read as the text that PostgreSQL shows.
"""

from __future__ import annotations

import base64
import json
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowforge_provider.hooks.postgres_types import PostgresType, TypeCatalog

_LONGEST = 1_000
_OFFSET_OF_HOURS = re.compile(r"([+-]\d\d)(?= BC$|$)")
_UNQUOTED = re.compile(r"\\(.)", re.DOTALL)


def decoder(type_: PostgresType, catalog: TypeCatalog) -> Callable[[str], Any]:  # noqa: PLR0911 - one a form
    """
    Return the function that turns the text form of a type into JSON.

    - bool, integers and floats become what they are; NaN and infinities their names
    - numeric becomes a number where a number holds it exactly, else a string of its digits
    - timestamps, dates and times become ISO 8601 with the offset; intervals ISO 8601 (``P1Y2M``)
    - json and jsonb stay what they are; bytea becomes Base64; arrays lists; composite types objects
    - all others, among them uuid, enums and ranges, become the text that PostgreSQL shows and reads

    :param type_: the type
    :param catalog: knows the types that it is made of
    """
    form = type_.form
    if form == "bool":
        return lambda text: text == "t"
    if form == "integer":
        return int
    if form == "float":
        return _float
    if form == "numeric":
        return to_number
    if form == "json":
        return _json
    if form == "bytea":
        return lambda text: base64.b64encode(bytes.fromhex(text[2:])).decode("ascii")
    if form == "moment":
        return _moment
    if form == "array":
        element = decoder(catalog.get(type_.element), catalog)
        return lambda text: _array(text, element, type_.delimiter)
    if form == "composite":
        fields = [(name, decoder(catalog.get(oid), catalog)) for name, oid in type_.attributes]
        return lambda text: _composite(text, fields)
    return str


def to_number(text: str) -> int | float | str:
    """Return a JSON number when it is exactly the decimal number that the text holds, else the text."""
    value = Decimal(text)
    if not value.is_finite() or abs(value.adjusted()) > _LONGEST:
        return text  # json may hold 1e999999999, whose digits nobody wants
    if value == value.to_integral_value():
        return int(value) if abs(value) < 2**63 else format(value, "f")
    number = float(value)
    return number if math.isfinite(number) and Decimal(repr(number)) == value else text


def _float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _json(text: str) -> Any:
    return json.loads(text, parse_float=to_number, parse_int=_integer)


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= _LONGEST else text


def _moment(text: str) -> str:
    return _OFFSET_OF_HOURS.sub(r"\1:00", text.replace(" ", "T", 1))


def _array(text: str, element: Callable[[str], Any], delimiter: str) -> list[Any]:
    """Read the text form of an array: PostgreSQL documentation, section 8.15.6."""
    # Bounds that do not begin at 1 stand before it: [0:2]={1,2,3}.
    position = text.index("{") + 1
    stack: list[list[Any]] = [[]]
    token = re.compile(rf'"((?:[^"\\]|\\.)*)"|([^{{}}"{re.escape(delimiter)}]+)|(.)', re.DOTALL)
    for match in token.finditer(text, position):
        quoted, plain, sign = match.groups()
        if quoted is not None:
            stack[-1].append(element(_UNQUOTED.sub(r"\1", quoted)))
        elif plain is not None:
            stack[-1].append(None if plain == "NULL" else element(plain))
        elif sign == "{":
            inner: list[Any] = []
            stack[-1].append(inner)
            stack.append(inner)
        elif sign == "}" and len(stack) > 1:
            stack.pop()
    return stack[0]


def _composite(text: str, fields: list[tuple[str, Callable[[str], Any]]]) -> dict[str, Any]:
    """Read the text form of a row: PostgreSQL documentation, section 8.16.6."""
    values = split_row(text)
    return {
        name: None if value is None else decode(value)
        for (name, decode), value in zip(fields, values, strict=False)
    }


def split_row(text: str) -> list[str | None]:
    """Return the fields of a row's text form, ``(1,"a b",)``; an empty field is None."""
    values: list[str | None] = []
    current: list[str] | None = None
    position, end = 1, len(text) - 1
    while position < end:
        sign = text[position]
        if sign == ",":
            values.append(None if current is None else "".join(current))
            current, position = None, position + 1
        elif sign == '"':
            match = re.compile(r'"((?:[^"\\]|\\.|"")*)"', re.DOTALL).match(text, position)
            assert match is not None  # noqa: S101 - PostgreSQL closes what it opens
            part = re.sub(r'\\(.)|""', lambda pair: pair[1] or '"', match[1], flags=re.DOTALL)
            current = [*(current or []), part]
            position = match.end()
        elif sign == "\\":
            current = [*(current or []), text[position + 1]]
            position += 2
        else:
            current = [*(current or []), sign]
            position += 1
    values.append(None if current is None else "".join(current))
    return values
