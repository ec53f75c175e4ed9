"""
Check JSON against a JSON Schema (draft 2020-12).

Patterns are matched in linear time, whatever they are. A schema refers to nothing outside of itself.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

__all__ = ["MAX_FAULTS", "Fault", "find_faults", "find_schema_fault"]

MAX_FAULTS = 100
# Of a message, which may quote the value.
_LONGEST = 300
# Below this, finding all faults takes a fraction of a second, however many there are.
_ALL_FAULTS_BYTES = 128 * 1024
# All faults are put together before the first hundred are told, at almost a kilobyte each.
_MOST_PUT_TOGETHER = 200_000


class Fault(NamedTuple):
    """
    One thing that is wrong with a value.

    :param pointer: place of it (RFC 6901): ``/items/0/id``; empty for the whole value
    :param message: a sentence without its full stop
    """

    pointer: str
    message: str


def find_schema_fault(schema: Any) -> Fault | None:
    """
    Return what is wrong with a schema itself: the first thing.

    :param schema: any JSON
    :return: the place of the fault within the schema; None when the schema can be used
    """
    from jsonschema_rs import ValidationError

    try:
        _validator(json.dumps(schema))
    except ValidationError as error:
        pointer = "".join(f"/{_escape(part)}" for part in error.instance_path)
        return Fault(pointer, _short(error.message))
    except (ValueError, TypeError, RecursionError) as error:
        return Fault("", _short(str(error)))
    return None


def find_faults(value: Any, schema: Any, *, size: int) -> list[Fault]:
    """
    Return what is wrong with a value: everything, up to :data:`MAX_FAULTS`.

    :param value: any JSON
    :param schema: a schema without fault
    :param size: bytes of the value as JSON, about; of a large value, or one that could have very many faults,
        only the first one is told
    """
    from jsonschema_rs import ValidationError

    text = json.dumps(schema)
    validator = _validator(text)
    if validator.is_valid(value):
        return []
    if size <= _ALL_FAULTS_BYTES and _has_at_most(value, _MOST_PUT_TOGETHER // _count_demands(text)):
        found = validator.evaluate(value).errors()
        return [Fault(fault["instanceLocation"], _short(str(fault["error"]))) for fault in found[:MAX_FAULTS]]
    try:
        validator.validate(value)
    except ValidationError as error:
        return [Fault("".join(f"/{_escape(part)}" for part in error.instance_path), _short(error.message))]
    return []


@lru_cache(maxsize=200)
def _validator(schema: str) -> Draft202012Validator:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(
        json.loads(schema), retriever=_refuse, pattern_options=jsonschema_rs.RegexOptions()
    )


@lru_cache(maxsize=200)
def _count_demands(schema: str) -> int:
    """Return how many faults one part of a value can have, at most and about."""
    demands, parts = 1, [json.loads(schema)]
    while parts:
        part = parts.pop()
        if isinstance(part, (dict, list)):
            demands += len(part)
            parts += part.values() if isinstance(part, dict) else part
    return demands


def _has_at_most(value: Any, limit: int) -> bool:
    """Return whether a value has no more parts than so many."""
    count, parts = 0, [value]
    while parts and count <= limit:
        part = parts.pop()
        count += 1
        if isinstance(part, (dict, list)):
            parts += part.values() if isinstance(part, dict) else part
    return count <= limit


def _refuse(uri: str) -> Any:
    raise ValueError(f"A schema cannot refer to {uri[:200]}. Put what is there under $defs")


def _escape(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _short(message: str) -> str:
    text = " ".join(message.split()).rstrip(".")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
