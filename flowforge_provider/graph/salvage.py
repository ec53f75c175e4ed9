"""Make a graph of the well-formed parts of a malformed document, so that they can be checked too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from flowforge_provider.exceptions import GraphFormatError
from flowforge_provider.graph.migrations import migrate
from flowforge_provider.graph.models import Edge, Graph, GraphModel, Node, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

M = TypeVar("M", bound=GraphModel)


def salvage_graph(data: Mapping[str, Any]) -> tuple[Graph, frozenset[str]]:
    """
    Return what can be read of a document.

    :param data: a document that ``load_graph`` refused for its shape
    :return: a graph in which faulty fields have their defaults and hopeless nodes and edges are left out; and
        the ids of the nodes that were left out
    """
    try:
        document = migrate(data)
    except GraphFormatError:
        document = {}
    nodes: list[Node] = []
    broken: set[str] = set()
    for part in _parts(document.get("nodes")):
        node = _read(Node, part)
        if node is not None:
            nodes.append(node)
        elif isinstance(part.get("id"), str):
            broken.add(part["id"])
    edges = [edge for part in _parts(document.get("edges")) if (edge := _read(Edge, part)) is not None]
    settings = document.get("settings")
    return (
        Graph(
            nodes=nodes,
            edges=edges,
            settings=(_read(Settings, settings) if isinstance(settings, dict) else None) or Settings(),
        ),
        frozenset(broken),
    )


def _parts(value: Any) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _read(model: type[M], part: dict[str, Any]) -> M | None:
    try:
        return model.model_validate(part)
    except ValidationError as error:
        faulty = {detail["loc"][0] for detail in error.errors(include_url=False) if detail["loc"]}
    try:
        return model.model_validate({name: value for name, value in part.items() if name not in faulty})
    except ValidationError:
        return None
