"""Start a run of another workflow from inside a step, and read what came of it. All of it asks Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from flowforge_provider.exceptions import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

__all__ = [
    "RESPOND_OPERATOR",
    "check_target",
    "failed_steps",
    "read_response",
    "read_state",
    "start_run",
]

#: Class name of the operator whose output is the result of an execution.
RESPOND_OPERATOR = "RespondOperator"


def check_target(workflow_id: str, context: Context) -> None:
    """
    Refuse a workflow that would not run.

    :raises StepError: Airflow does not know it, or has paused it
    """
    from airflow.sdk.exceptions import AirflowRuntimeError

    try:
        dag = context["ti"].get_dag(workflow_id)
    except AirflowRuntimeError as error:
        if _status(error) == 404:
            raise _unknown(workflow_id) from error
        raise
    if dag.is_paused:
        raise StepError(
            f'Workflow "{workflow_id}" is paused in Airflow, so its run would only wait. Switch its Dag on.',
            code="workflow-paused",
        )


def start_run(*, workflow_id: str, run_id: str, conf: Mapping[str, Any]) -> Literal["started", "exists"]:
    """
    Start a run as Airflow's own operator for it does.

    Airflow's ``DagRunTriggerException`` leads to the same request, but out of the step: what goes wrong with
    it could not leave by the error port, and a run that exists already could not be taken up.

    :param conf: configuration of the run
    :return: ``exists`` when there is a run of this id
    :raises StepError: Airflow does not start it
    """
    from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
    from airflow.sdk.execution_time.comms import ErrorResponse, TriggerDagRun
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

    try:
        answer = SUPERVISOR_COMMS.send(TriggerDagRun(dag_id=workflow_id, run_id=run_id, conf=dict(conf)))
    except AirflowRuntimeError as error:
        status = _status(error)
        if status == 404:
            raise _unknown(workflow_id) from error
        if status == 400:
            # Also what an unpublished workflow answers whose last runs are not over yet.
            raise StepError(
                f'Airflow starts no run of workflow "{workflow_id}": {_reason(error)}. It may have been '
                "unpublished, or its file cannot be read; Airflow's Dags page tells.",
                code="workflow-not-runnable",
            ) from error
        raise
    if isinstance(answer, ErrorResponse):
        if answer.error == ErrorType.DAGRUN_ALREADY_EXISTS:
            return "exists"
        raise AirflowRuntimeError(answer)
    return "started"


def read_state(*, workflow_id: str, run_id: str, context: Context) -> str:
    """Return the state of a run that exists: queued, running, success or failed."""
    state = context["ti"].get_dagrun_state(workflow_id, run_id)
    # An enum of Airflow's API, which `str` would give its class name.
    return str(getattr(state, "value", state))


def read_response(*, workflow_id: str, run_id: str, context: Context) -> Any:
    """Return the output of the respond step that ran first in a run; None when none has."""
    from flowforge_provider.operators.redaction import open_for

    outputs = [
        open_for(
            context,
            context["ti"].xcom_pull(
                task_ids=str(task["task_id"]),
                dag_id=workflow_id,
                run_id=run_id,
                map_indexes=task["map_index"],
            ),
            scope=workflow_id,
        )
        for task in _ended_tasks(workflow_id, run_id)
        if task.get("operator") == RESPOND_OPERATOR and str(task.get("state")) == "success"
    ]
    answers = [output for output in outputs if isinstance(output, dict)]
    return min(answers, key=lambda output: str(output.get("responded_at")), default=None)


def failed_steps(*, workflow_id: str, run_id: str) -> list[str]:
    """Return the ids of the steps by which a run has failed, in the order of their names."""
    tasks = _ended_tasks(workflow_id, run_id)
    return sorted({str(task["task_id"]) for task in tasks if str(task.get("state")) == "failed"})


def _ended_tasks(workflow_id: str, run_id: str) -> list[dict[str, Any]]:
    """Return {task_id, map_index, state, operator, duration} of the tasks of a run that have ended."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    return list(RuntimeTaskInstance.get_task_breadcrumbs(workflow_id, run_id))


def _unknown(workflow_id: str) -> StepError:
    return StepError(
        f'Airflow knows no workflow "{workflow_id}" that can run. Publish it, or choose another one.',
        code="workflow-not-runnable",
    )


def _status(error: Any) -> int | None:
    detail = error.error.detail or {}
    status = detail.get("status_code")
    return status if isinstance(status, int) else None


def _reason(error: Any) -> str:
    detail = ((error.error.detail or {}).get("detail") or {}).get("detail") or {}
    return str(detail.get("message") if isinstance(detail, dict) else detail)[:500]
