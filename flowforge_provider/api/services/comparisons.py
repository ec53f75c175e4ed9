"""Two executions beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from flowforge_provider.api.datamodels.comparisons import (
    ExecutionComparison,
    NodeComparison,
    StepComparison,
    StepSide,
    ValueChange,
    ValueDifference,
)
from flowforge_provider.api.services.execution_lists import summarize_runs
from flowforge_provider.api.services.executions import read_execution
from flowforge_provider.runs.differences import diff_values
from flowforge_provider.runs.reading import find_runs_of, unknown_execution

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowforge_provider.api.datamodels.executions import ExecutionResponse, Step
    from flowforge_provider.graph.models import Graph
    from flowforge_provider.nodes.payload.messages import Language
    from flowforge_provider.runs.ids import ExecutionId

__all__ = ["compare_executions"]

# Differs between any two runs, and says nothing about why they went different ways.
_OF_EACH_RUN = ("received_at", "scheduled_at", "delivery_id")


def compare_executions(
    left: ExecutionId, right: ExecutionId, *, language: Language = "en", session: Session
) -> ExecutionComparison:
    """
    Return how two executions differ.

    :raises NotFoundError: one of them is not there; code ``execution-not-found``
    """
    records = find_runs_of({left, right}, session)
    for execution_id in (left, right):
        if execution_id not in records:
            raise unknown_execution(execution_id)
    summaries = summarize_runs([records[left], records[right]], language=language, session=session)
    a = read_execution(left, airflow_base_url="", session=session)
    b = read_execution(right, airflow_base_url="", session=session)
    nodes = _compare_nodes(a.graph, b.graph)
    edges_a, edges_b = _edges(a.graph), _edges(b.graph)
    return ExecutionComparison(
        left=summaries[0],
        right=summaries[1],
        same_graph=not nodes and edges_a == edges_b,
        trigger=_difference(_trigger(a), _trigger(b)),
        nodes=nodes,
        edges_added=[edge for edge in edges_b if edge not in edges_a],
        edges_removed=[edge for edge in edges_a if edge not in edges_b],
        steps=_compare_steps(a.steps, b.steps),
    )


def _trigger(execution: ExecutionResponse) -> dict[str, Any]:
    return {key: value for key, value in execution.trigger.items() if key not in _OF_EACH_RUN}


def _compare_steps(left: list[Step], right: list[Step]) -> list[StepComparison]:
    of_left, of_right = ({step.node_id: step for step in steps} for steps in (left, right))
    order = [*(step.node_id for step in left), *(key for key in of_right if key not in of_left)]
    return [_compare_step(of_left.get(node_id), of_right.get(node_id)) for node_id in order]


def _compare_step(left: Step | None, right: Step | None) -> StepComparison:
    shown = right or left
    assert shown is not None  # noqa: S101 - one of both has the node
    differences = {name: _compare_field(name, left, right) for name in ("input", "output", "error")}
    change = None
    if left is not None and right is not None and None not in (left.duration_s, right.duration_s):
        change = round((right.duration_s or 0.0) - (left.duration_s or 0.0), 6)
    same_state = left is not None and right is not None and left.state == right.state
    return StepComparison(
        node_id=shown.node_id,
        name=shown.name,
        type=shown.type,
        left=_side(left),
        right=_side(right),
        differs=not same_state or any(item.changes or item.truncated for item in differences.values()),
        duration_change_s=change,
        **differences,
    )


def _compare_field(name: str, left: Step | None, right: Step | None) -> ValueDifference:
    if left is None or right is None:
        return ValueDifference(changes=[], truncated=False)
    if name in left.omitted or name in right.omitted:
        return ValueDifference(changes=[], truncated=True)
    return _difference(getattr(left, name), getattr(right, name))


def _side(step: Step | None) -> StepSide | None:
    return StepSide(state=step.state, duration_s=step.duration_s, tries=step.tries) if step else None


def _compare_nodes(left: Graph | None, right: Graph | None) -> list[NodeComparison]:
    of_left, of_right = _nodes(left), _nodes(right)
    found = []
    for node_id in [*of_left, *(key for key in of_right if key not in of_left)]:
        a, b = of_left.get(node_id), of_right.get(node_id)
        changes = _difference(a, b).changes if a is not None and b is not None else []
        if a is not None and b is not None and not changes:
            continue
        kind: Literal["added", "removed", "changed"] = (
            "added" if a is None else "removed" if b is None else "changed"
        )
        name = str((b or a or {}).get("name") or node_id)
        found.append(NodeComparison(node_id=node_id, name=name, change=kind, changes=changes))
    return found


def _nodes(graph: Graph | None) -> dict[str, dict[str, Any]]:
    nodes = graph.nodes if graph is not None else []
    return {node.id: node.model_dump(mode="json", exclude={"position"}) for node in nodes}


def _edges(graph: Graph | None) -> list[str]:
    edges = graph.edges if graph is not None else []
    return sorted(f"{edge.source}.{edge.source_port} -> {edge.target}" for edge in edges)


def _difference(left: Any, right: Any) -> ValueDifference:
    found = diff_values(left, right)
    return ValueDifference(
        changes=[
            ValueChange(op=one.op, path=one.path, left=one.left, right=one.right) for one in found.changes
        ],
        truncated=found.truncated,
    )
