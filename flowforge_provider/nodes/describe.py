"""One node type as JSON: what the palette, the forms and other programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic_core import PydanticUndefined, to_jsonable_python

if TYPE_CHECKING:
    from flowforge_provider.nodes.spec import NodeType, Parameters


def describe(node_type: type[NodeType]) -> dict[str, Any]:
    """
    Return the description of a node type as plain JSON.

    :param node_type: a class from the registry
    :return: ``parameters_schema`` and ``output_schema`` are JSON Schemas (draft 2020-12), with ``$ref``
        only where a model holds itself;
        ``default_parameters`` is what a new node starts with, without the fields that have no default
    """
    return {
        "type": node_type.type,
        "version": node_type.version,
        "kind": node_type.kind,
        "title": node_type.title,
        "title_ru": node_type.title_ru or node_type.title,
        "group": node_type.group,
        "icon": node_type.icon,
        "summary": node_type.summary,
        "summary_ru": node_type.summary_ru or node_type.summary,
        "subtitle": node_type.subtitle,
        "help": node_type.help,
        "help_ru": node_type.help_ru or node_type.help,
        "keywords": list(node_type.keywords),
        "ports": [
            {**port.model_dump(), "description_ru": port.description_ru or port.description}
            for port in node_type.ports
        ],
        "ports_from": node_type.ports_from.model_dump() if node_type.ports_from else None,
        "parameters_schema": parameters_schema(node_type.parameters),
        "output_schema": node_type.output_schema,
        "output_varies": output_varies(node_type),
        "example": node_type.example,
        "default_retry": node_type.default_retry.model_dump(),
        "default_parameters": default_parameters(node_type.parameters),
        "testable": not untestable(node_type),
        "untestable": untestable(node_type),
        "untestable_ru": untestable(node_type, language="ru"),
    }


_TRIGGER = {
    "en": "A trigger does nothing by itself. Pin what it would receive, and test the steps after it.",
    "ru": "Триггер сам ничего не делает. Закрепите за ним данные запуска и проверьте шаги после него.",
}
_NOTE = {"en": "A note is no step.", "ru": "Заметка — не шаг."}


def untestable(node_type: type[NodeType], *, language: Literal["en", "ru"] = "en") -> str:
    """Return why a node of this type cannot be tested by itself; empty where it can."""
    if node_type.kind == "trigger":
        return _TRIGGER[language]
    if node_type.kind == "note":
        return _NOTE[language]
    if language == "ru":
        return node_type.untestable_ru or node_type.untestable
    return node_type.untestable


def output_varies(node_type: type[NodeType]) -> bool:
    """Tell whether the parameters of a node say more about its output than its type does."""
    from flowforge_provider.nodes.spec import NodeType

    return node_type.output_schema_for.__func__ is not NodeType.output_schema_for.__func__  # type: ignore[attr-defined]


def parameters_schema(model: type[Parameters]) -> dict[str, Any]:
    """Return a parameters model as JSON Schema, its definitions written in place except recursive ones."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    inlined: dict[str, Any] = _inline(schema, definitions, seen=())
    if _refers(inlined):
        inlined["$defs"] = definitions
    return inlined


def default_parameters(model: type[Parameters]) -> dict[str, Any]:
    """Return the defaults of a parameters model as JSON; required fields are left out."""
    defaults = {}
    for name, field in model.model_fields.items():
        value = field.get_default(call_default_factory=True, validated_data={})
        if value is not PydanticUndefined:
            defaults[field.alias or name] = to_jsonable_python(value)
    return defaults


def _inline(schema: Any, definitions: dict[str, Any], seen: tuple[str, ...]) -> Any:
    if isinstance(schema, list):
        return [_inline(item, definitions, seen) for item in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        target = definitions.get(reference.removeprefix("#/$defs/"))
        if target is not None:
            merged = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
            return _inline(merged, definitions, (*seen, reference))
    return {key: _inline(value, definitions, seen) for key, value in schema.items()}


def _refers(schema: Any) -> bool:
    if isinstance(schema, dict):
        return "$ref" in schema or any(_refers(value) for value in schema.values())
    return isinstance(schema, list) and any(_refers(item) for item in schema)
