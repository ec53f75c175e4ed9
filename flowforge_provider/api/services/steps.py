"""The steps of an execution as the API shows them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowforge_provider.api.datamodels.executions import Step, StepItems
from flowforge_provider.graph.loops import Loop, find_loops
from flowforge_provider.nodes.firing import WHICH_TRIGGER
from flowforge_provider.nodes.registry import get_registry
from flowforge_provider.runs.ids import ExecutionId
from flowforge_provider.runs.masking import mask
from flowforge_provider.runs.states import step_state
from flowforge_provider.runs.steps import CHILD_KEY, ERROR_KEY, INPUT_KEY, OUTPUT_KEY, StepRecord

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from flowforge_provider.graph.models import Graph, Node
    from flowforge_provider.runs.items import ItemRecord
    from flowforge_provider.runs.items import StepItems as ItemsOfStep

__all__ = ["build_steps", "died", "find_result", "item_step", "loops_of", "skip_reason"]

_FIELD_OF_KEY = {INPUT_KEY: "input", OUTPUT_KEY: "output", ERROR_KEY: "error"}
RESPOND = "respond"
_FAILED = frozenset({"failed", "up_for_retry"})


def build_steps(
    records: Mapping[str, StepRecord],
    *,
    graph: Graph | None,
    trigger: Any,
    cancelled_at: datetime | None,
    fired: Collection[str] = (),
    items: Mapping[str, ItemsOfStep] | None = None,
) -> list[Step]:
    """
    Return the steps of an execution in the order in which they run.

    :param records: task id -> what Airflow recorded; tasks that are no node are left out
    :param graph: the graph that runs; without it every task is a step
    :param trigger: what started the run, masked; the output of the trigger steps that fired
    :param fired: ids of those
    :param cancelled_at: when the execution was cancelled
    :param items: step of a loop's body -> its items
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
    loops = loops_of(graph)
    steps = []
    for node in _in_order(graph):
        step = _step(
            _with_its_beginning(records, node, loops=loops),
            name=node.label,
            type_=node.type,
            trigger=trigger if node.id in fired else None,
            cancelled_at=cancelled_at,
        )
        loop_id = next((loop.id for loop in loops.values() if node.id in loop.body), None)
        if loop_id is not None and items and node.id in items:
            step = _summary_of_items(step, items[node.id], loop_id=loop_id)
        steps.append(step)
    return steps


def loops_of(graph: Graph | None) -> dict[str, Loop]:
    """Return the loops of a graph by the id of their node."""
    if graph is None:
        return {}
    return find_loops(
        {node.id: node.type for node in graph.nodes},
        ((edge.source, edge.source_port, edge.target) for edge in graph.edges),
    )


def item_step(step: Step, item: ItemRecord, data: Mapping[str, Any]) -> Step:
    """
    Return a step as one item of a loop took it.

    :param step: the step as a whole
    :param data: XCom key -> what was kept of the item
    """
    error = mask(data.get(ERROR_KEY))
    return step.model_copy(
        update={
            "state": item.state,
            "tries": item.tries,
            "max_tries": item.max_tries,
            "started_at": item.started_at,
            "ended_at": item.ended_at,
            "duration_s": _seconds(item.started_at, item.ended_at),
            "input": mask(data.get(INPUT_KEY)),
            "output": mask(data.get(OUTPUT_KEY)),
            "error": died(step.node_id, item.tries) if error is None and item.state in _FAILED else error,
            "omitted": [],
        }
    )


def _with_its_beginning(
    records: Mapping[str, StepRecord], node: Node, *, loops: Mapping[str, Loop]
) -> StepRecord:
    """Return the record of a node's task; a loop is one step of two tasks, before and after its body."""
    record = records.get(node.id) or _missing(node)
    begin = records.get(f"{node.id}-items")
    if node.id not in loops or begin is None:
        return record
    has_begun = begin.state not in (None, "scheduled", "queued")
    # Until the task after the body is at it, the loop is where the task before it was, or in its body.
    waits = record.state in (None, "scheduled", "queued")
    state = ("running" if begin.state in ("success", "failed") else begin.state) if waits else record.state
    return replace(
        record,
        state=state if has_begun else record.state,
        tries=max(record.tries, begin.tries if waits else 0),
        max_tries=max(record.max_tries, begin.max_tries if waits else 0),
        started_at=begin.started_at or record.started_at,
        data={
            **({INPUT_KEY: begin.data[INPUT_KEY]} if INPUT_KEY in begin.data else {}),
            **{key: value for key, value in record.data.items() if key != INPUT_KEY},
        },
        omitted=[*(key for key in begin.omitted if key == INPUT_KEY), *record.omitted],
    )


def _summary_of_items(step: Step, items: ItemsOfStep, *, loop_id: str) -> Step:
    started = [item.started_at for item in items.items if item.started_at is not None]
    ended = [item.ended_at for item in items.items if item.ended_at is not None]
    state = items.state()
    started_at = min(started, default=None)
    ended_at = max(ended, default=None) if state != "running" else None
    return step.model_copy(
        update={
            "state": state,
            "tries": max((item.tries for item in items.items), default=0),
            "max_tries": max((item.max_tries for item in items.items), default=1),
            "started_at": started_at,
            "ended_at": ended_at,
            "duration_s": _seconds(started_at, ended_at),
            "error": None,
            "items": StepItems(loop_id=loop_id, total=len(items.items), counts=items.counts()),
        }
    )


def find_result(steps: Sequence[Step]) -> dict[str, Any] | None:
    """
    Return what an execution answers: the output of the respond step that ran first, and its ``node_id``.

    :param steps: of the execution
    :return: ``omitted`` is true where the answer is too large to be here; None when nothing has answered
    """
    answered = [step for step in steps if step.type == RESPOND and step.state == "success"]
    outputs = [step.output if isinstance(step.output, dict) else {} for step in answered]
    found = [
        {"node_id": step.node_id, "omitted": "output" in step.omitted, **output}
        for step, output in zip(answered, outputs, strict=True)
        if output or "output" in step.omitted
    ]
    ended = {step.node_id: step.ended_at.isoformat() if step.ended_at else "" for step in answered}
    # One that is too large to be read here is dated by the end of its step.
    return min(found, key=lambda item: item.get("responded_at") or ended[item["node_id"]], default=None)


def skip_reason(records: Mapping[str, StepRecord]) -> str | None:
    """
    Return why an execution did nothing, although its schedule has started it; None for all others.

    :param records: task id -> what Airflow recorded
    """
    record = records.get(WHICH_TRIGGER)
    output = record.data.get(OUTPUT_KEY) if record is not None else None
    return output.get("reason") if isinstance(output, dict) else None


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
        error = died(record.task_id, record.tries)
    return Step(
        node_id=record.task_id,
        name=name,
        type=type_,
        state=state,
        tries=record.tries,
        max_tries=record.max_tries,
        started_at=record.started_at,
        ended_at=record.ended_at,
        duration_s=_seconds(record.started_at, record.ended_at),
        input=mask(record.data.get(INPUT_KEY)),
        output=output,
        error=error,
        omitted=sorted(_FIELD_OF_KEY[key] for key in record.omitted if key in _FIELD_OF_KEY),
        child_execution_id=_child(record.data.get(CHILD_KEY)),
    )


def _child(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    return str(ExecutionId(str(value.get("workflow_id")), str(value.get("run_id"))))


def died(step_id: str, tries: int) -> dict[str, Any]:
    """Return the record of an error for a try that has left none."""
    return {
        "type": "StepDied",
        "code": "step-died",
        "message": (
            f'Step "{step_id}" ended without a report: its process was stopped, or '
            "crashed, or ran out of memory or time. Its log tells more."
        ),
        "detail": None,
        "try_number": tries,
    }


def _seconds(started_at: datetime | None, ended_at: datetime | None) -> float | None:
    if started_at is None or ended_at is None:
        return None
    return max(0.0, (ended_at - started_at).total_seconds())


def _missing(node: Node) -> StepRecord:
    return StepRecord(
        task_id=node.id, state=None, tries=0, max_tries=1, started_at=None, ended_at=None, operator=None
    )


def _is_note(node: Node) -> bool:
    node_type = get_registry().find(node.type, node.type_version)
    return node_type is not None and node_type.kind == "note"


def _in_order(graph: Graph) -> list[Node]:
    nodes = {node.id: node for node in graph.nodes if not _is_note(node)}
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
