"""The steps of an execution as the API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.api.datamodels.executions import Step
from flowforge_provider.nodes.registry import get_registry
from flowforge_provider.runs.masking import mask
from flowforge_provider.runs.states import step_state
from flowforge_provider.runs.steps import ERROR_KEY, INPUT_KEY, OUTPUT_KEY, StepRecord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flowforge_provider.graph.models import Graph, Node

__all__ = ["build_steps", "trigger_node_of"]

_FIELD_OF_KEY = {INPUT_KEY: "input", OUTPUT_KEY: "output", ERROR_KEY: "error"}
_FAILED = frozenset({"failed", "up_for_retry"})


def build_steps(
    records: Mapping[str, StepRecord],
    *,
    graph: Graph | None,
    trigger: Any,
    cancelled_at: datetime | None,
) -> list[Step]:
    """
    Return the steps of an execution in the order in which they run.

    :param records: task id -> what Airflow recorded; tasks that are no node are left out
    :param graph: the graph that runs; without it every task is a step
    :param trigger: what started the run, masked; the trigger step's output
    :param cancelled_at: when the execution was cancelled
    """
    if graph is None:
        found = sorted(records.values(), key=lambda record: (record.started_at is None, record.started_at))
        return [
            _step(
                record,
                name=record.task_id,
                type_=record.operator or "",
                trigger=None,
                cancelled_at=cancelled_at,
            )
            for record in found
        ]
    trigger_id = trigger_node_of(graph)
    return [
        _step(
            records.get(node.id) or _missing(node),
            name=node.label,
            type_=node.type,
            trigger=trigger if node.id == trigger_id else None,
            cancelled_at=cancelled_at,
        )
        for node in _in_order(graph)
    ]


def trigger_node_of(graph: Graph | None) -> str | None:
    """Return the trigger node of a graph; None when it has none that is installed."""
    registry = get_registry()
    for node in graph.nodes if graph is not None else ():
        node_type = registry.find(node.type, node.type_version)
        if node_type is not None and node_type.kind == "trigger":
            return node.id
    return None


def _step(record: StepRecord, *, name: str, type_: str, trigger: Any, cancelled_at: datetime | None) -> Step:
    ended_by_cancel = cancelled_at is not None and (
        record.ended_at is None or record.ended_at >= cancelled_at
    )
    state = step_state(record.state, ended_by_cancel=ended_by_cancel)
    output = mask(record.data.get(OUTPUT_KEY)) if trigger is None else None
    if state == "success":
        output = trigger or output
    error = mask(record.data.get(ERROR_KEY))
    if error is None and state in _FAILED and ERROR_KEY not in record.omitted:
        error = _unreported(record)
    return Step(
        node_id=record.task_id,
        name=name,
        type=type_,
        state=state,
        tries=record.tries,
        max_tries=record.max_tries,
        started_at=record.started_at,
        ended_at=record.ended_at,
        duration_s=_duration(record),
        input=mask(record.data.get(INPUT_KEY)),
        output=output,
        error=error,
        omitted=sorted(_FIELD_OF_KEY[key] for key in record.omitted),
    )


def _unreported(record: StepRecord) -> dict[str, Any]:
    return {
        "type": "StepDied",
        "code": "step-died",
        "message": (
            f'Step "{record.task_id}" ended without a report: its process was stopped, or '
            "crashed, or ran out of memory or time. Its log tells more."
        ),
        "detail": None,
        "try_number": record.tries,
    }


def _duration(record: StepRecord) -> float | None:
    if record.started_at is None or record.ended_at is None:
        return None
    return max(0.0, (record.ended_at - record.started_at).total_seconds())


def _missing(node: Node) -> StepRecord:
    return StepRecord(
        task_id=node.id, state=None, tries=0, max_tries=1, started_at=None, ended_at=None, operator=None
    )


def _in_order(graph: Graph) -> list[Node]:
    nodes = {node.id: node for node in graph.nodes}
    waiting = dict.fromkeys(nodes, 0)
    targets: dict[str, set[str]] = {node_id: set() for node_id in nodes}
    for edge in graph.edges:
        if edge.source in nodes and edge.target in nodes and edge.target not in targets[edge.source]:
            targets[edge.source].add(edge.target)
            waiting[edge.target] += 1
    # From top to bottom, left to right, as it is drawn.
    drawn = sorted(nodes.values(), key=lambda node: (node.position.x, node.position.y, node.id))
    ready = [node.id for node in drawn if waiting[node.id] == 0]
    rank = {node.id: index for index, node in enumerate(drawn)}
    order: list[Node] = []
    while ready:
        node_id = ready.pop(0)
        order.append(nodes[node_id])
        for target in sorted(targets[node_id], key=rank.__getitem__):
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    # A published graph has no cycle; should one be read, no node may be missing.
    placed = {node.id for node in order}
    return order + [node for node in drawn if node.id not in placed]
