"""What running an execution again from a step would keep, what would run, and what is in the way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from flowforge_provider.graph.issues import Issue
from flowforge_provider.runs.structure import (
    items_task_of,
    loop_of_task,
    node_of_task,
    tasks_after,
    tasks_before,
    tasks_in_order,
    tasks_of_node,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from airflow.serialization.definitions.dag import SerializedDAG

__all__ = ["Earlier", "Reuse", "TaskRecord", "group_records", "plan_reuse"]

_DONE = frozenset({"success", "skipped"})
_FINAL = frozenset({"success", "skipped", "failed", "upstream_failed"})
_NO_WORKER = frozenset({"TriggerOperator", "EmptyOperator", "WhichTriggerOperator"})


class TaskRecord(NamedTuple):
    """One task instance of the earlier run; ``cancelled`` is what a cancellation has ended."""

    map_index: int
    state: str | None


@dataclass(frozen=True)
class Earlier:
    """
    What is known of the earlier run.

    :param records: task -> its task instances
    :param with_input: tasks whose data is still there
    :param followed: task that has branched -> tasks that it went on to
    """

    records: Mapping[str, Sequence[TaskRecord]]
    with_input: frozenset[str]
    followed: Mapping[str, frozenset[str]]

    def state(self, task_id: str) -> str | None:
        """Return the state of a task; of several in a loop the one that matters most."""
        states = {record.state for record in self.records.get(task_id, ())}
        for one in ("cancelled", None, "failed", "upstream_failed", "success", "skipped"):
            if one in states:
                return one
        return next(iter(states), None)


@dataclass
class Reuse:
    """
    What becomes of each task.

    :param kept: tasks that keep the state and the data of the earlier run
    :param runs: tasks that run
    """

    kept: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    issues: list[Issue] = field(default_factory=list)


def plan_reuse(
    node_id: str, *, dag: SerializedDAG, earlier: Earlier, same_triggers: bool, name: Mapping[str, str]
) -> Reuse:
    """
    Decide which tasks keep what they have done in the earlier run, when it runs again from a step.

    What does not follow the step keeps its result. What has none, and the step does not need it, runs as
    well; what the step needs must be there.

    :param node_id: the step; a task of the Dag, and in no loop
    :param dag: what will run
    :param same_triggers: whether its triggers are those of the earlier run
    :param name: node -> what people call it
    """
    start = tasks_of_node(node_id, dag)
    following = tasks_after(start, dag)
    before = tasks_before(start[:1], dag)
    plan = Reuse(runs=set(following))
    for task_id in tasks_in_order(dag):
        if task_id not in following:
            _decide(
                task_id,
                plan,
                dag=dag,
                earlier=earlier,
                is_needed=task_id in before,
                same_triggers=same_triggers,
            )
    plan.issues += _missing(start[0], plan, before, dag=dag, earlier=earlier, name=name)
    return plan


def _decide(
    task_id: str,
    plan: Reuse,
    *,
    dag: SerializedDAG,
    earlier: Earlier,
    is_needed: bool,
    same_triggers: bool,
) -> None:
    task = dag.get_task(task_id)
    if task.task_type in _NO_WORKER:
        # The scheduler, or a task of a moment, works them out anew where the workflow has changed.
        keeps = (same_triggers or task.task_type == "EmptyOperator") and earlier.state(task_id) in _DONE
    else:
        loop = loop_of_task(task_id, dag)
        if loop is not None:
            # A loop is kept as a whole, and so are items that it has tolerated the failure of.
            keeps = items_task_of(loop) in plan.kept and earlier.state(loop) in _DONE
        else:
            wanted = _FINAL if is_needed else _DONE
            keeps = earlier.state(task_id) in wanted
            if keeps and dag.has_task(items_task_of(task_id)):
                keeps = items_task_of(task_id) in plan.kept
            elif keeps and task_id.endswith("-items"):
                keeps = earlier.state(node_of_task(task_id)) in wanted
    if not is_needed and keeps:
        # What follows a step that runs anew runs anew, too.
        workers = [each for each in task.upstream_task_ids if dag.get_task(each).task_type not in _NO_WORKER]
        keeps = all(each in plan.kept for each in workers)
    (plan.kept if keeps else plan.runs).add(task_id)


def _missing(
    start: str,
    plan: Reuse,
    before: set[str],
    *,
    dag: SerializedDAG,
    earlier: Earlier,
    name: Mapping[str, str],
) -> list[Issue]:
    """Return what keeps a step from running on what the steps before it have done."""
    direct = sorted(dag.get_task(start).upstream_task_ids)
    states = {task_id: _state(task_id, plan, dag=dag, earlier=earlier) for task_id in direct}
    rule = str(getattr(dag.get_task(start).trigger_rule, "value", dag.get_task(start).trigger_rule))
    if not _may_run(rule, list(states.values())):
        return _explain(start, states, plan, before, dag=dag, earlier=earlier, name=name)
    for task_id in direct:
        followed = earlier.followed.get(task_id)
        if followed is not None and task_id in plan.kept and start not in followed:
            return [_took_another_way(start, name)]
    gone = sorted(
        {
            node_of_task(task_id)
            for task_id in before & plan.kept
            if loop_of_task(task_id, dag) is None
            and dag.get_task(task_id).task_type not in _NO_WORKER
            and earlier.state(task_id) == "success"
            and task_id not in earlier.with_input
        }
    )
    return [
        _issue(
            node,
            f'The data of step "{name.get(node, node)}" has been cleaned up, so it cannot be used again. '
            "Run again from that step, or all of it.",
            code="rerun-data-gone",
        )
        for node in gone
    ]


def _state(task_id: str, plan: Reuse, *, dag: SerializedDAG, earlier: Earlier) -> str | None:
    if task_id in plan.kept:
        return earlier.state(task_id)
    # Triggers and ports of a changed workflow are worked out when it runs.
    return "success" if dag.get_task(task_id).task_type in _NO_WORKER else None


def _may_run(rule: str, states: Sequence[str | None]) -> bool:
    if rule == "all_done":
        return all(state in _FINAL for state in states)
    if rule == "one_success":
        return "success" in states
    if rule == "none_failed_min_one_success":
        return all(state in _DONE for state in states) and "success" in states
    if rule == "none_failed":
        return all(state in _DONE for state in states)
    return all(state == "success" for state in states)


def _explain(
    start: str,
    states: Mapping[str, str | None],
    plan: Reuse,
    before: set[str],
    *,
    dag: SerializedDAG,
    earlier: Earlier,
    name: Mapping[str, str],
) -> list[Issue]:
    bad: dict[str, str | None] = {}
    for task_id in sorted(before):
        state = _state(task_id, plan, dag=dag, earlier=earlier)
        if state not in _DONE and loop_of_task(task_id, dag) is None:
            bad.setdefault(node_of_task(task_id), state)
    # Steps that did not run because of another one say nothing new.
    causes = {node: state for node, state in bad.items() if state != "upstream_failed"} or bad
    if not causes:
        return [_took_another_way(start, name)] if "skipped" in states.values() else []
    return [
        _not_done(node, state, was_there=node in earlier.records, name=name) for node, state in causes.items()
    ]


def _not_done(node: str, state: str | None, *, was_there: bool, name: Mapping[str, str]) -> Issue:
    if not was_there:
        text = "is new in this revision, so the earlier execution has no output of it"
    elif state in ("failed", "upstream_failed"):
        text = "has failed in the earlier execution, so there is no output of it"
    else:
        text = "did not run to its end in the earlier execution, so there is no output of it"
    return _issue(
        node,
        f'Step "{name.get(node, node)}" {text}, which this one needs. Run again from that step.',
        code="rerun-step-not-done",
    )


def _took_another_way(start: str, name: Mapping[str, str]) -> Issue:
    node = node_of_task(start)
    return _issue(
        node,
        f'The earlier execution took a way that does not lead to step "{name.get(node, node)}", so it would '
        "be skipped again. Run again from the step that chose the way, with another input.",
        code="rerun-step-skipped",
    )


def _issue(node_id: str, message: str, *, code: str) -> Issue:
    return Issue(code=code, message=message, node_id=node_id)


def group_records(rows: Iterable[tuple[str, int, Any]]) -> dict[str, list[TaskRecord]]:
    """Return task -> its records, from rows (task, map index, state)."""
    records: dict[str, list[TaskRecord]] = defaultdict(list)
    for task_id, map_index, state in rows:
        records[task_id].append(TaskRecord(map_index, str(state) if state is not None else None))
    return records
