"""Describe the example graphs as workflows to begin with."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from flowforge_provider.examples import find_examples, load_examples
from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.nodes.describe import parameters_schema
from flowforge_provider.nodes.registry import get_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.examples import Example
    from flowforge_provider.graph.models import Graph


def list_templates() -> list[dict[str, Any]]:
    """Return the description of every template as the API gives it, whole tasks first."""
    return [_describe(example) for example in load_examples(find_examples())]


def get_template(template_id: str) -> dict[str, Any]:
    """
    Return the description of a template, with its graph.

    :param template_id: any text; what is no id has no template
    :raises NotFoundError: there is no such template
    """
    for example in load_examples(find_examples()):
        if example.id == template_id:
            return {**_describe(example), "graph": example.graph}
    raise NotFoundError(f'There is no template "{template_id}". List them to see which there are.')


def _describe(example: Example) -> dict[str, Any]:
    return {
        "id": example.id,
        "kind": example.kind,
        "name": example.graph.name,
        "name_ru": example.name_ru,
        "description": example.graph.settings.description,
        "description_ru": example.description_ru,
        "tags": example.graph.settings.tags,
        "node_types": example.node_types,
        "connections": [
            {"connection_id": connection_id, "conn_types": conn_types}
            for connection_id, conn_types in dict(_connections(example.graph)).items()
        ],
    }


def _connections(graph: Graph) -> Iterator[tuple[str, list[str]]]:
    for node in graph.nodes:
        for name, conn_types in _connection_fields(node.type).items():
            value = node.parameters.get(name)
            if isinstance(value, str) and value:
                yield value, conn_types


@cache
def _connection_fields(node_type: str) -> dict[str, list[str]]:
    found = get_registry().find(node_type)
    if found is None:
        return {}
    properties = parameters_schema(found.parameters).get("properties", {})
    return {
        name: list(field.get("x-conn-types", ()))
        for name, field in properties.items()
        if field.get("x-widget") == "connection"
    }
