"""
What a transform step hands on, as far as its operations tell: a JSON Schema for completion.

An empty schema stands for what is not known. Where an operation works on each item of a list, or on a value
that is none, and the value is not known, the schema allows both.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["output_schema_of", "schema_of_value"]

Schema = dict[str, Any]

# Nobody reads further than so in a list of what can be completed, and working it out costs time.
_MOST_LEVELS = 40
_MOST_NAMES = 500
_MOST_PARTS = 2000

_TEXT: Schema = {"type": "string"}
_FIGURES: dict[str, Schema] = {
    "count": {"type": "integer"},
    "count_distinct": {"type": "integer"},
    # Texts that are numbers give a text, so that no digit is lost.
    "sum": {"type": ["number", "string"]},
    "avg": {"type": ["number", "string", "null"]},
}


def output_schema_of(operations: Sequence[Any], start: Schema) -> Schema:
    """
    Return the schema of what the last operation hands on.

    :param operations: as saved in the graph; may be incomplete or wrong
    :param start: schema of the value that the first one gets
    """
    from flowforge_provider.transforms.paths import PathError

    if _count_parts(operations) > _MOST_PARTS:
        return {}
    schema = start
    for operation in operations:
        kind = operation.get("operation") if isinstance(operation, dict) else None
        derive = _OPERATIONS.get(kind) if isinstance(kind, str) else None
        try:
            schema = derive(operation, schema) if derive else {}
        except (PathError, TypeError, AttributeError, LookupError, RecursionError):
            # Not filled in right yet, or far too deep; the checks say so.
            schema = {}
        if not _is_shallow(schema):
            schema = {}
    return schema


def _count_parts(operations: Sequence[Any]) -> int:
    lists = (
        value
        for operation in operations
        if isinstance(operation, dict)
        for value in operation.values()
        if isinstance(value, list)
    )
    return len(operations) + sum(map(len, lists))


def _is_shallow(schema: Any, levels: int = 3 * _MOST_LEVELS) -> bool:
    if isinstance(schema, dict):
        return levels > 0 and all(_is_shallow(part, levels - 1) for part in schema.values())
    return not isinstance(schema, list) or all(_is_shallow(part, levels) for part in schema)


def schema_of_value(value: Any, *, levels: int = _MOST_LEVELS) -> Schema:
    """
    Return the schema of a parameter as written, whose texts may hold expressions.

    :param levels: how deep to look
    """
    if not levels:
        return {}
    if isinstance(value, str):
        text = value.strip()
        # One whole expression keeps its type; with text around it, it becomes a text.
        return {} if text.startswith("{{") and text.endswith("}}") else dict(_TEXT)
    if isinstance(value, dict):
        named = islice(value.items(), _MOST_NAMES)
        return _object({str(name): schema_of_value(item, levels=levels - 1) for name, item in named})
    if isinstance(value, list):
        return _list(schema_of_value(value[0], levels=levels - 1) if value else {})
    return {"type": {bool: "boolean", int: "integer", float: "number"}.get(type(value), "null")}


def _object(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items} if items else {"type": "array"}


def _each(schema: Schema, function: Callable[[Schema], Schema]) -> Schema:
    """Return what an operation on each item makes of a value."""
    if "anyOf" in schema:
        return _either(function(schema["anyOf"][0]))
    if schema.get("type") == "array":
        return _list(function(schema.get("items", {})))
    made = function(schema)
    return made if schema else _either(made)


def _either(item: Schema) -> Schema:
    return {"anyOf": [item, _list(item)]} if item else {}


def _as_list(schema: Schema) -> Schema:
    if "anyOf" in schema:
        return dict(schema["anyOf"][1])
    return schema if schema.get("type") == "array" else _list({})


def _items(schema: Schema) -> Schema:
    return dict(_as_list(schema).get("items", {}))


def _keys(path: Any) -> list[str]:
    from flowforge_provider.transforms.paths import read_path

    return [str(key) for key in read_path(path or "")]


def _get(schema: Schema, path: Any) -> Schema:
    for key in _keys(path):
        schema = schema.get("properties", {}).get(key, {})
    return schema


def _put(schema: Schema, path: Any, new: Schema) -> Schema:
    keys = _keys(path)

    def put(schema: Schema, depth: int) -> Schema:
        if depth == len(keys):
            return new
        known = schema.get("properties", {})
        return _object({**known, keys[depth]: put(known.get(keys[depth], {}), depth + 1)})

    return put(schema, 0)


def _remove(schema: Schema, path: Any) -> Schema:
    keys = _keys(path)

    def remove(schema: Schema, depth: int) -> Schema:
        known = schema.get("properties")
        if not known or keys[depth] not in known:
            return schema
        if depth == len(keys) - 1:
            rest = {name: item for name, item in known.items() if name != keys[depth]}
        else:
            rest = {**known, keys[depth]: remove(known[keys[depth]], depth + 1)}
        return _object(rest)

    return remove(schema, 0) if keys else schema


def _set_fields(operation: Mapping[str, Any], schema: Schema) -> Schema:
    def of_item(item: Schema) -> Schema:
        made = item if operation.get("keep_other_fields") and item.get("type") == "object" else _object({})
        for field in operation.get("fields", []):
            made = _put(made, field["name"], schema_of_value(field.get("value")))
        return made

    return _each(schema, of_item) if operation.get("each_item", True) else of_item(schema)


def _rename_fields(operation: Mapping[str, Any], schema: Schema) -> Schema:
    def of_item(item: Schema) -> Schema:
        for rename in operation.get("renames", []):
            item = _put(_remove(item, rename["name"]), rename["value"], _get(item, rename["name"]))
        return item

    return _each(schema, of_item)


def _remove_fields(operation: Mapping[str, Any], schema: Schema) -> Schema:
    def of_item(item: Schema) -> Schema:
        for name in operation.get("names", []):
            item = _remove(item, name)
        return item

    return _each(schema, of_item)


def _keep_fields(operation: Mapping[str, Any], schema: Schema) -> Schema:
    def of_item(item: Schema) -> Schema:
        kept = _object({})
        for name in filter(None, operation.get("names", [])):
            kept = _put(kept, name, _get(item, name))
        return kept

    return _each(schema, of_item)


def _same_list(_operation: Mapping[str, Any], schema: Schema) -> Schema:
    return _as_list(schema)


def _aggregate(operation: Mapping[str, Any], schema: Schema) -> Schema:
    from flowforge_provider.transforms.aggregate import figure_name

    item, made = _items(schema), _object({})
    groups = [path for path in operation.get("group_by", []) if path]
    for path in groups:
        made = _put(made, path, _get(item, path))
    for figure in operation.get("aggregates", []):
        function, path = figure.get("function", "count"), figure.get("field", "")
        found = _get(item, path)
        told = _list(found) if function in {"list", "list_distinct"} else _FIGURES.get(function, found)
        made = _put(made, figure.get("name") or figure_name(function, path), told)
    return _list(made) if groups else made


def _split_out(operation: Mapping[str, Any], schema: Schema) -> Schema:
    field, target = operation.get("field"), operation.get("target")
    item = _items(schema) if schema.get("type") == "array" else schema
    item = item["anyOf"][0] if "anyOf" in item else item
    entry = _items(_get(item, field))
    if operation.get("keep_other_fields") and field:
        return _list(_put(_remove(item, field) if target else item, target or field, entry))
    return _list(_put({}, target, entry))


def _collect(operation: Mapping[str, Any], schema: Schema) -> Schema:
    return _put({}, operation.get("target"), _list(_get(_items(schema), operation.get("field"))))


def _chunk(_operation: Mapping[str, Any], schema: Schema) -> Schema:
    return _list(_as_list(schema))


def _text(operation: Mapping[str, Any], schema: Schema) -> Schema:
    def of_item(item: Schema) -> Schema:
        return _put(item, operation.get("target"), _told(operation))

    return _each(schema, of_item) if operation.get("each_item", True) else of_item(schema)


def _told(operation: Mapping[str, Any]) -> Schema:
    from flowforge_provider.files import FILE_SCHEMA

    return dict(FILE_SCHEMA if operation.get("as_file") else _TEXT)


def _converted(result: Callable[[Mapping[str, Any]], Schema], *, whole: bool = False) -> Any:
    """Return the deriving of an operation that puts what it makes of a field in its place, or in another."""

    def derive(operation: Mapping[str, Any], schema: Schema) -> Schema:
        field = operation.get("field")

        def of_item(item: Schema) -> Schema:
            return _put(item, operation.get("target") or field, result(operation))

        return of_item(schema) if whole and not field else _each(schema, of_item)

    return derive


def _unknown(_operation: Mapping[str, Any]) -> Schema:
    return {}


_OPERATIONS: dict[str, Callable[[Mapping[str, Any], Schema], Schema]] = {
    "set_fields": _set_fields,
    "rename_fields": _rename_fields,
    "remove_fields": _remove_fields,
    "keep_fields": _keep_fields,
    "filter": _same_list,
    "sort": _same_list,
    "limit": _same_list,
    "deduplicate": _same_list,
    "aggregate": _aggregate,
    "split_out": _split_out,
    "collect": _collect,
    "chunk": _chunk,
    "text": _text,
    "split_text": _converted(lambda _operation: _list(dict(_TEXT))),
    "parse_json": _converted(_unknown),
    "format_json": _converted(_told, whole=True),
    "parse_csv": _converted(lambda _operation: _list({}), whole=True),
    "format_csv": _converted(_told, whole=True),
    "parse_xml": _converted(_unknown),
    "format_xml": _converted(_told, whole=True),
    "number": _converted(_unknown),
    "url": _converted(_unknown),
    "base64": _converted(_told),
    "hash": _converted(lambda _operation: dict(_TEXT)),
}
