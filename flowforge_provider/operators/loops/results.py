"""The results of a loop, in the order of its items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.graph.topology import order
from flowforge_provider.operators.base import ERROR_KEY
from flowforge_provider.operators.loops.batch import (
    BLOCKED,
    OUTPUT_KEY,
    PORTS_KEY,
    body_of,
    steps_just_after,
    steps_just_before,
    targets_of,
    way_to,
)
from flowforge_provider.operators.ports import SUCCESS
from flowforge_provider.operators.redaction import open_for

if TYPE_CHECKING:
    from airflow.sdk import Context

    from flowforge_provider.operators.base import FlowForgeOperator

Table = dict[str, dict[str, Any]]


def collect(
    loop: FlowForgeOperator,
    context: Context,
    batches: list[list[Any]],
    *,
    by_step: bool,
    goes_on_after_errors: bool,
) -> dict[str, Any]:
    """
    Return what became of the items: {results, errors, total, succeeded, failed}.

    :param loop: the task after the body
    :param batches: the items as the tasks of the body took them
    :param by_step: each result is an object from the ids of the last steps to their outputs
    :param goes_on_after_errors: a failed item has not kept others from being begun
    """
    steps = _in_order(loop)
    ports = _read(steps, PORTS_KEY, context)
    errors = _read(steps, ERROR_KEY, context)
    outputs = _read(_last_steps(steps), OUTPUT_KEY, context)
    states = _States(steps, batches, ports, context, goes_on_after_errors=goes_on_after_errors)
    results: list[Any] = []
    failures: list[dict[str, Any]] = []
    for index, item in enumerate(value for batch in batches for value in batch):
        failure = _find_failure(str(index), steps, ports=ports, errors=errors, states=states)
        if failure is None:
            results.append(_result(str(index), steps, ports, outputs, by_step=by_step))
        else:
            results.append(None)
            step_id, error = failure
            failures.append({"index": index, "item": item, "step": step_id, "error": error})
    return {
        "results": results,
        "errors": failures,
        "total": len(results),
        "succeeded": len(results) - len(failures),
        "failed": len(failures),
    }


def _in_order(loop: FlowForgeOperator) -> list[FlowForgeOperator]:
    body = {step.task_id: step for step in body_of(loop.dag, loop.task_id)}
    return [body[task_id] for task_id in order({key: steps_just_after(task) for key, task in body.items()})]


def _last_steps(steps: list[FlowForgeOperator]) -> list[FlowForgeOperator]:
    return [step for step in steps if _is_last(step, SUCCESS)]


def _is_last(step: FlowForgeOperator, port: str) -> bool:
    """Tell whether an item that leaves a step through a port has its result there."""
    if targets_of(step, port):
        return False
    # A way out that nobody has drawn further, beside one that was, ends without a result.
    return port == SUCCESS or not steps_just_after(step)


def _read(steps: list[FlowForgeOperator], key: str, context: Context) -> Table:
    """Return step -> index of the item -> record, of all tasks of each step."""
    table: Table = {}
    for step in steps:
        found = open_for(context, context["ti"].xcom_pull(task_ids=step.task_id, key=key))
        merged: dict[str, Any] = {}
        for records in found if isinstance(found, list) else [found]:
            merged.update(records or {})
        table[step.task_id] = merged
    return table


def _find_failure(
    index: str, steps: list[FlowForgeOperator], *, ports: Table, errors: Table, states: _States
) -> tuple[str, dict[str, Any]] | None:
    """Return the first step that failed for an item, and its error."""
    for step in steps:
        taken = ports[step.task_id]
        if index in taken:
            if taken[index] is None:
                return step.task_id, errors[step.task_id].get(index) or states.explain(step, int(index))
            continue
        before = {other.task_id: ports[other.task_id].get(index, "") for other in steps_just_before(step)}
        if way_to(step, before):
            error = errors[step.task_id].get(index) or states.explain(step, int(index))
            return step.task_id, error
    return None


def _result(
    index: str, steps: list[FlowForgeOperator], ports: Table, outputs: Table, *, by_step: bool
) -> Any:
    ends = {
        step.task_id: outputs[step.task_id].get(index)
        for step in steps
        for port in [ports[step.task_id].get(index)]
        if port is not None and port != BLOCKED and step.task_id in outputs and _is_last(step, port)
    }
    return ends if by_step else next(iter(ends.values()), None)


class _States:
    """States of the tasks of a body, asked for only when an item has left no trace."""

    def __init__(
        self,
        steps: list[FlowForgeOperator],
        batches: list[list[Any]],
        ports: Table,
        context: Context,
        *,
        goes_on_after_errors: bool,
    ) -> None:
        self._steps, self._batches, self._ports, self._context = steps, batches, ports, context
        self._goes_on_after_errors = goes_on_after_errors
        self._found: dict[str, Any] | None = None

    def explain(self, step: FlowForgeOperator, index: int) -> dict[str, Any]:
        """Return why an item that led to a step has no record of it."""
        if self._was_not_begun(step, index):
            code, text = "loop-stopped", "The item was not begun, because another one had failed before."
        else:
            code = "step-died"
            text = (
                f'Step "{step.task_id}" ended without a report for this item: its process was stopped, or '
                "crashed, or ran out of memory or time. Its log tells more."
            )
        return {"type": "StepError", "code": code, "message": text, "detail": None, "try_number": None}

    def _was_not_begun(self, step: FlowForgeOperator, index: int) -> bool:
        if self._goes_on_after_errors:
            return False
        first = index - index % len(self._batches[0])
        earlier_in_task = map(str, range(first, index))
        return self._state(step, index) == "skipped" or any(
            self._ports[step.task_id].get(other, "") is None for other in earlier_in_task
        )

    def _state(self, step: FlowForgeOperator, index: int) -> str | None:
        if self._found is None:
            run = self._context["dag_run"]
            ids = [other.task_id for other in self._steps]
            states = self._context["ti"].get_task_states(
                dag_id=run.dag_id, run_ids=[run.run_id], task_ids=ids
            )
            self._found = states.get(run.run_id, {})
        size = len(self._batches[0])
        found: str | None = self._found.get(f"{step.task_id}_{index // size}")
        return found
