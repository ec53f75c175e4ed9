"""Graphs of one step, and the run of it, for tests of operators."""

from __future__ import annotations

from typing import Any

from flowforge_provider.graph.models import Edge, Graph, Node
from tests.unit.operators.runtime import FakeRun


def graph_of(node_type: str, parameters: dict[str, Any], *, node_id: str = "step") -> Graph:
    """Return a graph: a manual trigger, then one step."""
    return Graph(
        id="one_step",
        name="One step",
        nodes=[Node(id="start", type="manual"), Node(id=node_id, type=node_type, parameters=parameters)],
        edges=[Edge(source="start", target=node_id)],
    )


def run_of(
    node_type: str, parameters: dict[str, Any], *, body: Any = None, outputs: dict[str, Any] | None = None
) -> FakeRun:
    """
    Return a run of one step, called ``step``.

    :param body: body of the trigger
    :param outputs: node id -> output of steps before it
    """
    conf = {"trigger": {"type": "manual", "id": "start", "body": body if body is not None else {}}}
    run = FakeRun(graph_of(node_type, parameters), conf=conf)
    run.xcoms.update({(node_id, "return_value"): value for node_id, value in (outputs or {}).items()})
    return run
