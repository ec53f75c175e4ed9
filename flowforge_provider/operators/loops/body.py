"""Run a step of a loop's body for the items that its task takes, one after another."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import (
    AirflowRescheduleException,
    AirflowSkipException,
    DownstreamTasksSkipped,
    TaskAwaitingInput,
    TaskDeferred,
)

from flowforge_provider.exceptions import StepError
from flowforge_provider.operators.failure import is_control_flow, may_try_again, to_airflow
from flowforge_provider.operators.loops.batch import (
    BLOCKED,
    ITEM,
    OUTPUT_KEY,
    PORTS_KEY,
    Batch,
    LoopItem,
    body_of,
    items_task_of,
    read_batch,
    steps_just_after,
    targets_of,
)
from flowforge_provider.operators.loops.records import Checkpoints, ItemStateStore, ItemTaskInstance, Records
from flowforge_provider.operators.ports import ERROR, PortOutput

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from airflow.sdk import Context

    from flowforge_provider.operators.base import FlowForgeOperator


def run_items(
    step: FlowForgeOperator, context: Context, work: Callable[[Context], Any], *, resumes: bool = False
) -> None:
    """
    Do the step's work for each item that leads to it, and follow the ports that they take.

    An item that has failed its last try goes no further; the task fails only when none of its items goes on.
    While another try may mend an item, the task fails after its other items, and the next try takes up what
    is left.

    :param work: does the work for one item, whose context it is given
    :param resumes: the work goes on after a wait outside of a worker
    :raises DownstreamTasksSkipped: no item of this task goes on to some of the steps after it
    :raises AirflowSkipException: no item leads here, or the loop has been stopped by an item that failed
    """
    batch = read_batch(step, context)
    goes_on_after_errors = _goes_on_after_errors(step)
    if not (goes_on_after_errors or resumes) and items_task_of(step) in step.upstream_task_ids:
        _stop_if_an_item_has_failed(step, context)
    run = _Run(step, context, batch, work)
    for item in batch:
        run.take(item)
        if run.failure is not None and not goes_on_after_errors:
            break
    run.records.push(context)
    if run.to_retry is not None:
        raise to_airflow(run.to_retry) from run.to_retry
    goes_on = [port for port in run.records.ports().values() if port is not None and port != BLOCKED]
    if run.failure is not None and not (goes_on and goes_on_after_errors):
        raise to_airflow(run.failure) from run.failure
    if not goes_on:
        raise AirflowSkipException("No item of this task leads to the step.")
    _skip_what_no_item_leads_to(step, context, goes_on)


class _Run:
    """One try of a task."""

    def __init__(
        self, step: FlowForgeOperator, context: Context, batch: Batch, work: Callable[[Context], Any]
    ) -> None:
        self._step, self._context, self._batch, self._work = step, context, batch, work
        self._checkpoints = Checkpoints(context) if len(batch) > 1 else None
        self.records = Records()
        # The first error that another try may mend, and the first one that none will.
        self.to_retry: BaseException | None = None
        self.failure: BaseException | None = None

    def take(self, item: LoopItem) -> None:
        leads_here = self._batch.way_to(self._step, item.index)
        if leads_here is None:
            self.records.add(item.index, {PORTS_KEY: BLOCKED})
        if not leads_here:
            return
        kept = self._checkpoints.read(item.index) if self._checkpoints is not None else None
        if kept is not None:
            self.records.add(item.index, kept)
            if kept[PORTS_KEY] is None:
                self.failure = self.failure or _told_again(kept)
            return
        self._run(item)

    def _run(self, item: LoopItem) -> None:
        ti = ItemTaskInstance(self._context["ti"], index=item.index, others=self.records)
        store = self._context.get("task_state_store")
        context: Any = {
            **self._context,
            "ti": ti,
            "task_state_store": ItemStateStore(store, item.index) if store is not None else None,
            ITEM: item,
        }
        is_final = True
        self._step.log.info("Item %s of loop %s", item.index, item.loop)
        try:
            with _time_limit(self._step):
                result = self._step.finish(self._work(context))
            self._check_size(result)
        except BaseException as raised:
            error = self._refuse_to_wait(raised)
            if is_control_flow(error):
                # The task waits outside of a worker, or is stopped.
                self.records.add(item.index, ti.records)
                self.records.push(self._context)
                raise
            record = self._step.record_error(error, context)
            if self._step.was_stopped:
                raise
            if may_try_again(error, self._context, policy=self._step.retry_policy):
                self.to_retry = self.to_retry or error
                is_final = False
            elif self._step.ports.get(ERROR):
                result = PortOutput(ERROR, {"error": record})
                ti.records.update({PORTS_KEY: ",".join(result.ports), OUTPUT_KEY: result.output})
            else:
                ti.records[PORTS_KEY] = None
                self.failure = self.failure or error
        else:
            ti.records.update({PORTS_KEY: ",".join(result.ports), OUTPUT_KEY: result.output})
        self.records.add(item.index, ti.records)
        if is_final and self._checkpoints is not None:
            self._checkpoints.write(item.index, ti.records)

    def _refuse_to_wait(self, raised: BaseException) -> BaseException:
        """Return what was raised, or an error where a step would wait with several items in its task."""
        waits = isinstance(raised, (TaskDeferred, TaskAwaitingInput, AirflowRescheduleException))
        if not waits or len(self._batch) == 1:
            return raised
        return StepError(
            f"Step {self._step.task_id!r} waits, so a task of the loop can take one item only, but this one "
            f"has {len(self._batch)}. Set Items per task of the loop to 1.",
            code="waiting-in-batch",
            retryable=False,
        )

    def _check_size(self, result: PortOutput) -> None:
        """Refuse an output with which those of the whole task would be larger than one output may be."""
        if len(self._batch) == 1:
            return
        import json

        from flowforge_provider.settings import max_output_bytes

        size, limit = self.records.output_bytes() + len(json.dumps(result.output)), max_output_bytes()
        if size > limit:
            raise StepError(
                f"The outputs of the {len(self._batch)} items of this task have {size} bytes as JSON; at "
                f"most {limit} are allowed. Set fewer Items per task in the loop, or return less.",
                code="output-too-large",
                detail={"size": size, "limit": limit},
                retryable=False,
            )


def _told_again(kept: dict[str, Any]) -> StepError:
    """Return the error of an item that an earlier try has given up."""
    from flowforge_provider.operators.base import ERROR_KEY

    error = kept.get(ERROR_KEY) or {}
    return StepError(error.get("message", "The item has failed."), code=error.get("code"), retryable=False)


def _time_limit(step: FlowForgeOperator) -> AbstractContextManager[Any]:
    if step.item_timeout is None:
        return nullcontext()
    from airflow.sdk.execution_time.timeout import timeout

    return timeout(step.item_timeout.total_seconds())  # type: ignore[no-untyped-call]


def _goes_on_after_errors(step: FlowForgeOperator) -> bool:
    loop: Any = step.dag.get_task(str(step.loop))
    return bool(loop.parameters.get("continue_on_item_error"))


def _stop_if_an_item_has_failed(step: FlowForgeOperator, context: Context) -> None:
    body = [task.task_id for task in body_of(step.dag, step.loop)]
    run = context["dag_run"]
    failed = context["ti"].get_ti_count(
        dag_id=run.dag_id, run_ids=[run.run_id], task_ids=body, states=["failed"]
    )
    if failed:
        raise AirflowSkipException("An item of the loop has failed, so no further item is begun.")


def _skip_what_no_item_leads_to(step: FlowForgeOperator, context: Context, ports: list[str]) -> None:
    # Airflow looks for the skipped tasks of a branch itself only where the branch is no part of a mapped
    # task group. It does as it is told, though; and a step that it starts all the same skips itself.
    followed = {target for port in set(ports) for target in targets_of(step, port)}
    skipped = [
        (task_id, context["ti"].map_index)
        for task_id in steps_just_after(step)
        if task_id not in followed and len(step.dag.get_task(task_id).upstream_task_ids) == 1
    ]
    if skipped:
        raise DownstreamTasksSkipped(tasks=skipped)  # type: ignore[no-untyped-call]
