"""The step that runs another workflow."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from flowforge_provider.exceptions import StepError
from flowforge_provider.operators.base import FlowForgeOperator
from flowforge_provider.operators.redaction import redactor_of
from flowforge_provider.operators.tries import tries_before

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from flowforge_provider.nodes.builtin.workflow_run import WorkflowRunParameters

#: XCom key under which a step notes the run that it starts, for links and for cancelling.
CHILD_KEY = "flowforge_child"
# Each retry after a failed child starts the next one; more than retries can be set.
_MAX_CHILDREN = 1000
_ENDED = ("success", "failed")


class Lineage(NamedTuple):
    """
    Which runs a run stems from.

    :param depth: 0 for a run that no workflow has started
    :param chain: workflow ids from the first to this one
    """

    depth: int
    chain: list[str]


class _Children:
    """
    Which runs a step has begun, and by which it has failed, beyond its tries and its crashes.

    That a run is there and has ended says neither that an earlier try has begun it, nor that one has been
    told of its end: the answer to the request that starts it may have been lost, and the request sent again.

    :param context: of the step
    """

    def __init__(self, context: Context) -> None:
        from flowforge_provider.operators.progress import Progress

        self._progress = Progress(context)
        # As many for all tries until somebody clears the task.
        self._period = tries_before(context)

    def begin(self, run_id: str) -> bool:
        """Note that a run is about to be started; tell whether it was begun before the task was cleared."""
        begun = self._progress.get("children") or {}
        if run_id in begun:
            return bool(begun[run_id] < self._period)
        self._progress.put({"children": {**begun, run_id: self._period}})
        # An Airflow that forgets what a task has kept once it succeeds leaves the first runs to be found.
        return not begun and self._period > 0

    def note_failure(self, run_id: str) -> None:
        """Note that this try fails because the run has failed."""
        self._progress.put({"failed_children": [*(self._progress.get("failed_children") or []), run_id]})

    def has_failed(self, run_id: str) -> bool:
        """Tell whether a try has failed because the run has failed."""
        return run_id in (self._progress.get("failed_children") or [])


class WorkflowRunOperator(FlowForgeOperator):
    """
    Start a run of another workflow, and return {result, state, workflow_id, execution_id, url}.

    ``result`` is the output of the respond step that ran in it, None without one or without waiting.

    :param workflow_id: the workflow, which is its Dag's id, too
    :param payload: JSON; ``trigger.body`` in the other workflow
    :param mode: ``wait`` for its end, without holding a worker; or only ``start`` it
    :param cancel_child: cancel the run that is waited for when this one is cancelled
    """

    @classmethod
    def parameters_model(cls) -> type[WorkflowRunParameters]:
        from flowforge_provider.nodes.builtin.workflow_run import WorkflowRunParameters

        return WorkflowRunParameters

    def run(self, parameters: WorkflowRunParameters, context: Context) -> dict[str, Any]:
        """Start the run, or take up the one that an earlier try has started; then wait in the triggerer."""
        from flowforge_provider.hooks.child_runs import check_target
        from flowforge_provider.settings import max_workflow_depth

        workflow_id = parameters.workflow_id
        lineage = lineage_of(context)
        if lineage.depth + 1 > max_workflow_depth():
            chain = " -> ".join([*lineage.chain[-12:], workflow_id])
            raise StepError(
                f"Workflows start one another {lineage.depth + 1} levels deep; at most "
                f"{max_workflow_depth()} are allowed ({chain}). End the recursion by a condition, or raise "
                "[flowforge] max_workflow_depth.",
                code="workflow-depth",
                detail={"depth": lineage.depth + 1, "chain": [*lineage.chain, workflow_id]},
                retryable=False,
            )
        _check_payload(parameters.payload)
        check_target(workflow_id, context)
        conf = {"trigger": _trigger(parameters, lineage, context)}
        run_id, state = self._start(parameters, conf, context)
        child = {"workflow_id": workflow_id, "run_id": run_id}
        if parameters.mode == "start":
            return _output(child, state="queued" if state is None else state)
        if state == "success":
            return self.resume(child, {"state": state}, context)
        from flowforge_provider.triggers.child_run import ChildRunTrigger

        return self.pause(ChildRunTrigger(dag_id=workflow_id, run_id=run_id), context, state=child)

    def resume(self, state: Mapping[str, Any], event: Any, context: Context) -> dict[str, Any]:
        """Hand on the result of the run."""
        from flowforge_provider.hooks.child_runs import failed_steps, read_response
        from flowforge_provider.operators.step_data import execution_url
        from flowforge_provider.triggers.child_run import GONE

        workflow_id, run_id = state["workflow_id"], state["run_id"]
        facts = {
            "workflow_id": workflow_id,
            "execution_id": f"{workflow_id}.{run_id}",
            "url": execution_url(workflow_id, run_id),
        }
        if event["state"] == GONE:
            raise StepError(
                f"Execution {facts['execution_id']}, which this step waited for, was deleted in Airflow.",
                code="workflow-run-gone",
                detail=facts,
            )
        if event["state"] != "success":
            _Children(context).note_failure(run_id)
            failed = failed_steps(workflow_id=workflow_id, run_id=run_id)
            told = f" (failed: {', '.join(failed[:10])})" if failed else ""
            raise StepError(
                f'Workflow "{workflow_id}" has failed in execution {facts["execution_id"]}{told}. '
                f"Look at it: {facts['url']}",
                code="workflow-failed",
                detail={**facts, "state": event["state"], "failed_steps": failed},
            )
        result = read_response(workflow_id=workflow_id, run_id=run_id, context=context)
        return _output(state, state="success", result=result)

    def _start(
        self, parameters: WorkflowRunParameters, conf: Mapping[str, Any], context: Context
    ) -> tuple[str, str | None]:
        """
        Return (run id, state of the run that an earlier try has started, None for a new one).

        The run ids of a step are a fixed sequence, so that a crash between starting a run and telling of it
        starts no second one. A run that an earlier try has failed by is over: the next one of the sequence
        is started. So it is when somebody has cleared the task, and the run has ended.
        """
        from flowforge_provider.hooks.child_runs import read_state, start_run
        from flowforge_provider.operators.idempotency import idempotency_key

        waits = parameters.mode == "wait"
        children = _Children(context)
        ti = context["ti"]
        for number in range(_MAX_CHILDREN):
            run_id = f"workflow__{idempotency_key(context, part=str(number))}"
            child = {
                "workflow_id": parameters.workflow_id,
                "run_id": run_id,
                "cancel": waits and parameters.cancel_child,
            }
            # Before the run exists: whoever cancels this run in the meantime has to find it.
            ti.xcom_push(key=CHILD_KEY, value=child)
            is_old = children.begin(run_id)
            if start_run(workflow_id=parameters.workflow_id, run_id=run_id, conf=conf) == "started":
                self.log.info("Started execution %s.%s", parameters.workflow_id, run_id)
                return run_id, None
            state = read_state(workflow_id=parameters.workflow_id, run_id=run_id, context=context)
            # What ended before somebody cleared the task is no longer wanted.
            if not (state in _ENDED if is_old else waits and children.has_failed(run_id)):
                self.log.info("Execution %s.%s was started before", parameters.workflow_id, run_id)
                return run_id, state
        raise AssertionError("A step has no more tries than this.")


def lineage_of(context: Context) -> Lineage:
    """Return which runs the present one stems from, as they noted it in its configuration."""
    conf = context["dag_run"].conf or {}
    trigger = conf.get("trigger")
    parent = trigger.get("parent") if isinstance(trigger, dict) else None
    own = context["dag_run"].dag_id
    if not isinstance(parent, dict):
        return Lineage(0, [own])
    depth, chain = parent.get("depth"), parent.get("chain")
    known = [str(item) for item in chain] if isinstance(chain, list) else []
    return Lineage(max(depth, 0) if isinstance(depth, int) else 0, [*known, own])


def _trigger(parameters: WorkflowRunParameters, lineage: Lineage, context: Context) -> dict[str, Any]:
    from flowforge_provider.operators.step_data import item_of

    run, ti = context["dag_run"], context["ti"]
    item = item_of(context)
    return {
        "type": "workflow",
        "received_at": datetime.now(tz=timezone.utc).isoformat(),
        "body": redactor_of(context["task"]).seal_known(parameters.payload, scope=parameters.workflow_id),
        "parent": {
            "workflow_id": run.dag_id,
            "run_id": run.run_id,
            "execution_id": f"{run.dag_id}.{run.run_id}",
            "node_id": ti.task_id,
            "item_index": item.index if item is not None else None,
            "depth": lineage.depth + 1,
            "chain": lineage.chain,
        },
    }


def _check_payload(payload: Any) -> None:
    from flowforge_provider.runs.payload import PayloadError, check_payload
    from flowforge_provider.settings import max_body_bytes

    try:
        size = check_payload(json.loads(json.dumps(payload)))
    except (PayloadError, ValueError, TypeError) as error:
        raise StepError(
            f"The payload cannot be handed to a run: {error}", code="invalid-payload", retryable=False
        ) from error
    if size > max_body_bytes():
        raise StepError(
            f"The payload has {size} bytes as JSON; at most {max_body_bytes()} are allowed. Hand on less, or "
            "raise [flowforge] max_body_bytes.",
            code="body-too-large",
            retryable=False,
        )


def _output(child: Mapping[str, Any], *, state: str, result: Any = None) -> dict[str, Any]:
    from flowforge_provider.operators.step_data import execution_url

    workflow_id, run_id = child["workflow_id"], child["run_id"]
    return {
        "result": result,
        "state": state,
        "workflow_id": workflow_id,
        "execution_id": f"{workflow_id}.{run_id}",
        "url": execution_url(workflow_id, run_id),
    }
