"""From a list of fields to the JSON Schema that says the same."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from flowforge_provider.nodes.payload.fields import PayloadField
from flowforge_provider.nodes.payload.texts import parse_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FILE_MARK", "USUAL_INPUT", "schema_of", "split_default", "to_schema"]

#: Says that an object is a file, which a form lets people choose.
FILE_MARK = "x-flowforge-file"
#: Trigger type -> ``payload_input`` of a node that does not say it.
USUAL_INPUT = {"manual": "any", "form": "fields"}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SHAPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "long_text": {"type": "string", "format": "multiline"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "email": {"type": "string", "format": "email", "maxLength": 254},
    "url": {"type": "string", "format": "uri", "maxLength": 2000},
    "json": {},
}
_FILE: dict[str, Any] = {"type": "object", "required": ["filename", "size"], FILE_MARK: True}


def to_schema(fields: Sequence[PayloadField]) -> dict[str, Any]:
    """
    Return the JSON Schema of an object with these fields; others are refused.

    A default that does not fit its field is left out.
    """
    return {
        "$schema": _DIALECT,
        "type": "object",
        "properties": {field.name: _property(field) for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


def schema_of(parameters: Mapping[str, Any], *, trigger_type: str) -> dict[str, Any] | None:
    """
    Return the JSON Schema that a trigger asks its payload to have; None where anything is taken.

    :param parameters: as saved; defaults may be missing
    """
    usual = USUAL_INPUT.get(trigger_type)
    if usual is None:
        return None
    kind = parameters.get("payload_input", usual)
    if kind == "schema":
        schema = parameters.get("payload_schema")
        return schema if isinstance(schema, dict) and schema else None
    if kind != "fields":
        return None
    try:
        fields = TypeAdapter(list[PayloadField]).validate_python(parameters.get("fields") or [])
    except ValidationError:
        # A published graph has none of these; a draft is told of them by its checks.
        return None
    return to_schema(fields)


def _property(field: PayloadField) -> dict[str, Any]:
    shape: dict[str, Any] = {"title": field.label or field.name}
    if field.help:
        shape["description"] = field.help
    if field.type == "select":
        shape |= {"type": "string", "enum": list(field.options)}
    elif field.type == "multi_select":
        shape |= {
            "type": "array",
            "items": {"type": "string", "enum": list(field.options)},
            "uniqueItems": True,
        }
        shape |= {"minItems": 1} if field.required else {}
    elif field.type == "file":
        shape |= _FILE
    elif field.type == "files":
        shape |= {"type": "array", "items": dict(_FILE)} | ({"minItems": 1} if field.required else {})
    else:
        shape |= _SHAPES[field.type]
    if shape.get("type") == "string" and field.required and field.type != "select":
        shape["minLength"] = 1
    if field.type in ("number", "integer"):
        limits = {"minimum": field.minimum, "maximum": field.maximum}
        shape |= {name: _plain(value) for name, value in limits.items() if value is not None}
    if field.type in ("text", "long_text") and field.max_length is not None:
        shape["maxLength"] = field.max_length
    if field.default and not field.type.startswith("file"):
        with contextlib.suppress(ValueError):
            shape["default"] = parse_text(field.type, split_default(field), options=field.options)
    return shape


def split_default(field: PayloadField) -> list[str]:
    """Return the texts of a field's default, as people would type or choose them."""
    if field.type != "multi_select":
        return [field.default]
    return [part.strip() for part in field.default.split(",") if part.strip()]


def _plain(value: float) -> float | int:
    return int(value) if value.is_integer() else value
