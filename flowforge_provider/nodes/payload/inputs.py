"""From a JSON Schema to the fields of a form. What a form has no field for is typed as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from flowforge_provider.nodes.payload.schema import FILE_MARK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowforge_provider.nodes.payload.fields import FieldType

__all__ = ["Choice", "FormInput", "inputs_of", "resolve"]

_FORMATS: dict[str, FieldType] = {
    "date": "date",
    "date-time": "datetime",
    "email": "email",
    "uri": "url",
    "multiline": "long_text",
    "textarea": "long_text",
}
_TYPES: dict[str, FieldType] = {
    "string": "text",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
}
_MAX_REFERENCES = 20
_MAX_CHOICES = 500
# What decides whether a text may be left out altogether.
_EMPTY_ALLOWED = frozenset({"text", "long_text"})


@dataclass(frozen=True)
class Choice:
    """
    One of several values.

    :param value: JSON
    """

    value: Any
    label: str


@dataclass(frozen=True)
class FormInput:
    """
    One field of a form.

    :param required: whether the value has to be there
    :param may_be_empty: whether an empty text is a value
    :param default: JSON; None without one
    """

    name: str
    label: str
    type: FieldType
    required: bool = False
    may_be_empty: bool = False
    help: str = ""
    choices: Sequence[Choice] = ()
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None

    @property
    def must_be_filled(self) -> bool:
        """Whether a form without it is not taken."""
        return self.required and not self.may_be_empty and self.type != "boolean"


def inputs_of(schema: Mapping[str, Any] | None) -> list[FormInput] | None:
    """
    Return the fields of a form, in the schema's order.

    :param schema: JSON Schema that ``check_schema`` finds nothing wrong with
    :return: None where the schema is not of an object with known properties: then the whole is typed as JSON
    """
    if schema is None:
        return None
    whole = resolve(schema, schema)
    properties = whole.get("properties")
    if not isinstance(properties, dict) or _type(whole) not in ("object", None) or not properties:
        return None
    required = [name for name in whole.get("required") or () if isinstance(name, str)]
    parts = {**dict.fromkeys((name for name in required if name not in properties), True), **properties}
    ordered = sorted(parts, key=lambda name: name not in properties)
    return [_input(name, parts[name], root=schema, required=name in required) for name in ordered]


def resolve(part: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part of a schema with its reference followed; {} for one that says nothing."""
    for _ in range(_MAX_REFERENCES):
        if not isinstance(part, dict):
            return {}
        reference = part.get("$ref")
        if not isinstance(reference, str):
            return part
        target: Any = root
        for key in reference.removeprefix("#").split("/")[1:]:
            name = key.replace("~1", "/").replace("~0", "~")
            target = target.get(name) if isinstance(target, dict) else None
        beside = {key: value for key, value in part.items() if key != "$ref"}
        part = {**target, **beside} if isinstance(target, dict) else beside
    return {}


def _input(name: str, part: Any, *, root: Mapping[str, Any], required: bool) -> FormInput:
    schema = resolve(part, root)
    type_, choices = _field_type(schema, root)
    return FormInput(
        name=name,
        label=_text(schema, "title") or name,
        type=type_,
        required=required,
        may_be_empty=type_ in _EMPTY_ALLOWED and not schema.get("minLength") and "pattern" not in schema,
        help=_text(schema, "description"),
        choices=choices,
        default=schema.get("default"),
        minimum=_number(schema, "minimum"),
        maximum=_number(schema, "maximum"),
        max_length=int(limit) if (limit := _number(schema, "maxLength")) is not None else None,
    )


def _field_type(schema: Mapping[str, Any], root: Mapping[str, Any]) -> tuple[FieldType, Sequence[Choice]]:
    choices = _choices(schema)
    if choices:
        return "select", choices
    kind = _type(schema)
    if kind == "object" and schema.get(FILE_MARK) is True:
        return "file", ()
    if kind == "array":
        items = resolve(schema.get("items"), root)
        if items.get(FILE_MARK) is True:
            return "files", ()
        choices = _choices(items)
        if choices:
            return "multi_select", choices
    if kind == "string":
        return _FORMATS.get(str(schema.get("format")), "text"), ()
    return _TYPES.get(kind or "", "json"), ()


def _choices(schema: Mapping[str, Any]) -> list[Choice]:
    values = schema.get("enum")
    if isinstance(values, list) and 0 < len(values) <= _MAX_CHOICES:
        found = [Choice(value, str(value)) for value in values if _is_plain(value)]
        return found if len(found) == len([value for value in values if value is not None]) else []
    parts = schema.get("oneOf")
    if (
        isinstance(parts, list)
        and parts
        and all(isinstance(part, dict) and "const" in part for part in parts)
    ):
        found = [
            Choice(part["const"], _text(part, "title") or str(part["const"]))
            for part in parts
            if _is_plain(part["const"])
        ]
        return found if len(found) == len(parts) else []
    return []


def _is_plain(value: Any) -> bool:
    # True and false are asked for by a box to tick.
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _type(schema: Mapping[str, Any]) -> Literal["object"] | str | None:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        kinds = [kind for kind in kinds if kind != "null"]
        return kinds[0] if len(kinds) == 1 and isinstance(kinds[0], str) else "mixed"
    return kinds if isinstance(kinds, str) else None


def _text(schema: Mapping[str, Any], key: str) -> str:
    value = schema.get(key)
    return value[:1000] if isinstance(value, str) else ""


def _number(schema: Mapping[str, Any], key: str) -> float | None:
    value = schema.get(key)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
