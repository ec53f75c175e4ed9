"""Small graphs and their parts, so that a test shows only what matters to it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from flowforge_provider.graph.models import Edge, Graph, Node, Settings


def make_node(id: str = "step", type: str = "transform", **fields: Any) -> Node:  # noqa: A002 - the document's names
    """Return a node; a transform without fields by default."""
    return Node(id=id, type=type, **fields)


def make_trigger(id: str = "start", type: str = "manual", **fields: Any) -> Node:  # noqa: A002
    """Return a trigger node."""
    return Node(id=id, type=type, **fields)


def make_edge(source: str, target: str, source_port: str = "success") -> Edge:
    """Return an edge between two nodes."""
    return Edge(source=source, source_port=source_port, target=target)


def make_graph(
    *nodes: Node,
    edges: list[Edge] | None = None,
    id: str = "orders",  # noqa: A002
    name: str = "Orders",
    settings: Settings | None = None,
) -> Graph:
    """
    Return a graph; without edges given, its nodes form a chain.

    :param nodes: nodes in order; a manual trigger and one transform when there are none
    """
    placed = list(nodes) or [make_trigger(), make_set("total", total="{{ trigger.body.quantity }}")]
    if edges is None:
        edges = [make_edge(left.id, right.id) for left, right in pairwise(placed)]
    return Graph(id=id, name=name, nodes=placed, edges=edges, settings=settings or Settings())


def make_set(id: str = "step", **values: Any) -> Node:  # noqa: A002
    """Return a transform node that sets the given fields."""
    fields = [{"name": name, "value": value} for name, value in values.items()]
    fields = fields or [{"name": "done", "value": True}]
    return make_node(id, parameters={"operations": [{"operation": "set_fields", "fields": fields}]})


def make_transform(id: str = "step", *operations: dict[str, Any], **parameters: Any) -> Node:  # noqa: A002
    """Return a transform node with the given operations."""
    return make_node(id, parameters={**parameters, "operations": list(operations)})


def make_document(**changes: Any) -> dict[str, Any]:
    """Return a valid document as JSON: manual trigger, then a transform; ``changes`` replace its fields."""
    return {**make_graph().model_dump(mode="json"), **changes}
