"""Values in conditions: of which type they are, how they are read as another, and bounded patterns."""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError, SchemaError, SchemaValidator, core_schema

if TYPE_CHECKING:
    from flowforge_provider.nodes.condition_operators import RightSide, ValueType

MAX_PATTERN_CHARS = 2_000
MAX_MATCHED_CHARS = 1_000_000

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_MAX_NUMBER_CHARS = 400
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


class NotOfTypeError(ValueError):
    """A value is not of a type, or cannot be read as it; the message says what it is instead."""


def is_of_type(value: Any, type_: ValueType) -> bool:
    """
    Return whether a JSON value is of a type, without any conversion.

    A date is a text here; whether it can be read is told when it is.
    """
    kinds: dict[str, tuple[type, ...]] = {
        "text": (str,),
        "date": (str,),
        "number": (int, float),
        "boolean": (bool,),
        "list": (list,),
        "object": (dict,),
    }
    return type_ == "any" or type(value) in kinds[type_]


def convert(value: Any, type_: ValueType) -> Any:
    """
    Return a JSON value as another type. null is none of them.

    :raises NotOfTypeError: it cannot be read so
    """
    if is_of_type(value, type_):
        return value
    reader = _READERS.get(type_)
    converted = reader(value) if reader is not None and value is not None else None
    if converted is None:
        raise NotOfTypeError(f"{_shown(value)} cannot be read as {_ARTICLE[type_]}")
    return converted


def _to_text(value: Any) -> str | None:
    return json.dumps(value) if isinstance(value, (bool, int, float)) else None


def _to_number(value: Any) -> int | float | None:
    if isinstance(value, bool):
        return int(value)
    text = value.strip() if isinstance(value, str) else ""
    if len(text) > _MAX_NUMBER_CHARS or not _NUMBER.fullmatch(text):
        return None
    number = int(text) if text.lstrip("+-").isdigit() else float(text)
    return number if math.isfinite(number) else None


def _to_boolean(value: Any) -> bool | None:
    text = value.strip().lower() if isinstance(value, str) else ""
    if text in _TRUE or value == 1:
        return True
    return False if text in _FALSE or value == 0 else None


def _to_date(value: Any) -> str | None:
    """Read a number as seconds since 1970."""
    from flowforge_provider.exceptions import ExpressionValueError
    from flowforge_provider.expressions.library.dates import from_timestamp
    from flowforge_provider.expressions.limits import DEFAULT_LIMITS, Budget
    from flowforge_provider.expressions.operations import Scope

    if type(value) not in {int, float}:
        return None
    try:
        return str(from_timestamp(Scope({}, Budget(DEFAULT_LIMITS)), value))
    except ExpressionValueError:
        return None


def _to_list(value: Any) -> list[Any]:
    return [value]


_READERS: dict[str, Any] = {
    "text": _to_text,
    "number": _to_number,
    "boolean": _to_boolean,
    "date": _to_date,
    "list": _to_list,
}
_ARTICLE = {
    "any": "a value",
    "text": "a text",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date",
    "list": "a list",
    "object": "an object",
}


def named(type_: ValueType) -> str:
    """Return what people call a type, with its article."""
    return _ARTICLE[type_]


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"


def read_literal(value: Any, *, right: RightSide, type_: ValueType) -> Any:
    """
    Return what was typed on the right side of a condition, as the value that it stands for.

    :param value: JSON; ``"100"`` becomes 100 where a number is asked for
    :param right: what the operator takes there
    :param type_: type of the condition
    :raises PydanticCustomError: it is missing, or is not what the operator takes
    """
    wanted: ValueType = "number" if right == "number" else "text" if right in {"text", "pattern"} else type_
    if right == "none":
        return value
    if right == "list":
        return _literal_list(value, type_)
    if right == "any" and type_ == "list":
        return value
    if value is None and wanted != "any":
        raise PydanticCustomError("missing-parameter", "The value to compare with is missing. Give it one.")
    try:
        value = convert(value, wanted)
    except NotOfTypeError as error:
        raise PydanticCustomError(
            "wrong-parameter", "{problem}. Write another value.", {"problem": str(error)}
        ) from None
    if wanted == "date":
        _check_date(value)
    if right == "pattern":
        problem = check_pattern(value)
        if problem:
            raise PydanticCustomError("bad-pattern", "{problem}", {"problem": problem})
    return value


def _literal_list(value: Any, type_: ValueType) -> list[Any]:
    if not isinstance(value, list):
        raise PydanticCustomError("wrong-parameter", "A list is needed. Write its items one by one.")
    try:
        return [convert(item, type_) for item in value]
    except NotOfTypeError as error:
        raise PydanticCustomError(
            "wrong-parameter", "{problem}. Write another item.", {"problem": str(error)}
        ) from None


def _check_date(value: str) -> None:
    from flowforge_provider.exceptions import ExpressionValueError
    from flowforge_provider.expressions.library.dates import read_moment
    from flowforge_provider.expressions.limits import DEFAULT_LIMITS, Budget
    from flowforge_provider.expressions.operations import Scope

    try:
        read_moment(Scope({}, Budget(DEFAULT_LIMITS)), value, None, "The condition")
    except ExpressionValueError:
        raise PydanticCustomError(
            "wrong-parameter",
            "{value} is not a date. Write it as 2026-03-01 or 2026-03-01T09:00:00Z.",
            {"value": _shown(value)},
        ) from None


# Patterns come from whoever draws a workflow, and texts from outside. Python's own engine goes back and
# forth, so that a pattern such as (a+)+$ can take for ever; the one in pydantic takes time in proportion to
# the text. It refuses what needs going back: look-around and back-references.


def check_pattern(pattern: str) -> str | None:
    """Return why a pattern cannot be used, or None."""
    try:
        _compile(pattern, ignore_case=False)
    except NotOfTypeError as error:
        return str(error)
    return None


def matches(text: str, pattern: str, *, ignore_case: bool = False) -> bool:
    """
    Return whether a pattern fits somewhere in a text.

    :raises NotOfTypeError: the pattern cannot be used, or the text is longer than ``MAX_MATCHED_CHARS``
    """
    if len(text) > MAX_MATCHED_CHARS:
        raise NotOfTypeError(f"a text of {len(text):,} characters is too long for a pattern")
    compiled = _compile(pattern, ignore_case=ignore_case)
    # A half of a surrogate pair is no character of UTF-8; no pattern can mean it.
    return compiled.isinstance_python(text.encode("utf-8", "replace").decode())


@lru_cache(maxsize=64)
def _compile(pattern: str, *, ignore_case: bool) -> SchemaValidator:
    if len(pattern) > MAX_PATTERN_CHARS:
        raise NotOfTypeError(f"The pattern has more than {MAX_PATTERN_CHARS:,} characters. Make it shorter.")
    flagged = f"(?i){pattern}" if ignore_case else pattern
    try:
        return SchemaValidator(core_schema.str_schema(pattern=flagged, regex_engine="rust-regex"))
    except SchemaError as error:
        lines = [line.strip() for line in str(error).splitlines()]
        reason = next((line.removeprefix("error: ") for line in lines if line.startswith("error: ")), "")
        if not reason and "size limit" in str(error):
            reason = "it repeats too much"
        raise NotOfTypeError(
            f"The pattern {_shown(pattern)} cannot be used: {reason or 'it cannot be read'}."
        ) from None
    except UnicodeError:
        raise NotOfTypeError("The pattern holds a character that is none.") from None
