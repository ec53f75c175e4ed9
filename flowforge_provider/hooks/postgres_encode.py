"""JSON values as the text form of the type that PostgreSQL expects at their place."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import StepError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowforge_provider.hooks.postgres_types import PostgresType, TypeCatalog

_INT4 = 2**31
_INT8 = 2**63


def possible_types(values: Sequence[Any]) -> list[list[int]]:
    """
    Return lists of OIDs that values might have, the likeliest list first; 0 means that PostgreSQL finds out.

    Numbers and booleans have a type of their own, as constants in SQL have. Texts, lists and objects become
    what their place needs. Where it needs nothing certain, they are text and jsonb; and where the own types
    do not fit (a number for a column of text), PostgreSQL finds out all of them.
    """
    own = [_own_type(value) for value in values]
    certain = [
        oid or (3802 if isinstance(value, (list, dict)) else 25)
        for oid, value in zip(own, values, strict=True)
    ]
    return [own, certain, [0] * len(own)] if values else [[]]


def _own_type(value: Any) -> int:
    if isinstance(value, bool):
        return 16
    if isinstance(value, int):
        return 23 if -_INT4 <= value < _INT4 else 20 if -_INT8 <= value < _INT8 else 1700
    # Numbers with a fraction are numeric, so that no digit is lost on the way.
    return 1700 if isinstance(value, float) else 0


def encode(value: Any, type_: PostgresType, catalog: TypeCatalog, *, name: str) -> str | None:  # noqa: PLR0911 - one a form
    """
    Return the text form of a JSON value, None for null.

    :param value: any JSON
    :param type_: what PostgreSQL expects; json and jsonb take any value, bytea takes Base64
    :param catalog: knows the types that it is made of
    :param name: what messages call the value
    :raises StepError: the type cannot hold such a value; code ``postgres-value``
    """
    if value is None:
        return None
    form = type_.form
    if form == "json":
        return refuse_nul(json.dumps(value, ensure_ascii=False), name, value)
    if form == "array" and isinstance(value, list):
        return _array(value, type_, catalog, name=name)
    if form == "composite" and isinstance(value, (dict, list)):
        return _row(value, type_, catalog, name=name)
    if form == "bytea" and isinstance(value, str):
        return to_hex(value, name=name)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, dict)):
        if type_.name not in ("text", "character varying", "bpchar", "unknown"):
            raise _misfit(value, type_, name)
        return refuse_nul(json.dumps(value, ensure_ascii=False), name, value)
    return refuse_nul(value, name, value)


def refuse_nul(text: str, name: str, value: Any) -> str:
    """
    Return the text.

    :raises StepError: the value holds the character NUL; code ``postgres-value``
    """
    if holds_nul(value):
        raise StepError(
            f"{name} holds the character NUL, which PostgreSQL cannot keep. Replace it.",
            code="postgres-value",
            retryable=False,
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise StepError(
            f"{name} holds half of a character (a lone surrogate), which UTF-8 lacks. Replace it.",
            code="postgres-value",
            retryable=False,
        ) from error
    return text


def to_hex(text: str, *, name: str) -> str:
    r"""
    Return Base64 as PostgreSQL's hex form of bytea; text in the hex form (``\x00ff``) stays what it is.

    :raises StepError: it is neither; code ``postgres-value``
    """
    if text.startswith("\\x"):
        return text
    try:
        return f"\\x{base64.b64decode(text, validate=True).hex()}"
    except (binascii.Error, ValueError) as error:
        raise StepError(
            f"{name} goes into bytea and is no Base64. Encode it, for example with | b64encode.",
            code="postgres-value",
            retryable=False,
        ) from error


def holds_nul(value: Any) -> bool:
    """Tell whether a JSON value holds the character NUL at any depth."""
    if isinstance(value, dict):
        return any(holds_nul(key) or holds_nul(item) for key, item in value.items())
    if isinstance(value, list):
        return any(map(holds_nul, value))
    return isinstance(value, str) and "\0" in value


def _array(items: list[Any], type_: PostgresType, catalog: TypeCatalog, *, name: str) -> str:
    element = catalog.get(type_.element)
    parts = []
    for item in items:
        if isinstance(item, list) and element.form not in ("json", "composite"):
            parts.append(_array(item, type_, catalog, name=name))
            continue
        text = encode(item, element, catalog, name=name)
        parts.append("NULL" if text is None else _quoted(text))
    return f"{{{type_.delimiter.join(parts)}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _row(value: dict[str, Any] | list[Any], type_: PostgresType, catalog: TypeCatalog, *, name: str) -> str:
    names = [attribute for attribute, _ in type_.attributes]
    if isinstance(value, list):
        value = dict(zip(names, value, strict=False)) if len(value) <= len(names) else {"": None}
    unknown = [key for key in value if key not in names]
    if unknown:
        raise StepError(
            f"{name} has a field {unknown[0]!r}, which the type {type_.name} lacks. "
            f"It has: {', '.join(names)}.",
            code="postgres-value",
            retryable=False,
        )
    parts = []
    for attribute, oid in type_.attributes:
        text = encode(value.get(attribute), catalog.get(oid), catalog, name=name)
        parts.append("" if text is None else _quoted(text))
    return f"({','.join(parts)})"


def _misfit(value: Any, type_: PostgresType, name: str) -> StepError:
    is_list = isinstance(value, list)
    advice = (
        "To compare with any of several values, write: column = ANY({{ … }})."
        if is_list
        else "Pick the field that is needed."
    )
    return StepError(
        f"{name} is {'a list' if is_list else 'an object'}, and PostgreSQL expects {type_.name} there. "
        f"{advice}",
        code="postgres-value",
        retryable=False,
    )
