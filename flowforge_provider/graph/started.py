"""Which other workflows the steps of a graph start."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flowforge_provider.nodes.registry import get_registry

if TYPE_CHECKING:
    from flowforge_provider.graph.models import Graph, Node


class StartedWorkflow(NamedTuple):
    """
    A node that starts a workflow.

    :param field: path inside the node's parameters
    """

    node: Node
    field: str
    workflow_id: str


def started_workflows(graph: Graph) -> list[StartedWorkflow]:
    """Return the workflows that the steps of a graph start, in the order of its nodes."""
    registry = get_registry()
    found = []
    for node in graph.nodes:
        node_type = registry.find(node.type, node.type_version)
        if node_type is not None:
            found += [
                StartedWorkflow(node, field, workflow_id)
                for field, workflow_id in node_type.starts_workflows(node.parameters)
            ]
    return found
