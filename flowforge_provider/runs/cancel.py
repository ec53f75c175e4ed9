"""Cancel an execution: Airflow ends the run as failed, and we remember that somebody wanted it."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from airflow.models.dagbag import DBDagBag
from airflow.models.dagrun import DagRun
from airflow.utils.state import DagRunState
from sqlalchemy import select

from flowforge_provider.exceptions import ConflictError, NotFoundError
from flowforge_provider.runs.ids import ExecutionId
from flowforge_provider.runs.reading import unknown_execution
from flowforge_provider.runs.steps import read_children
from flowforge_provider.store.cancellations import add_cancellation, get_cancellation
from flowforge_provider.store.tables import WorkflowRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["cancel_run", "fail_run"]

log = logging.getLogger(__name__)


def cancel_run(execution_id: ExecutionId, *, user: str, session: Session) -> None:
    """
    Stop a run: its running tasks are terminated, the others do not start. A cancelled run stays as it is.
    Runs that its steps wait for are cancelled with it, unless a step is set not to do so.

    :param user: who cancels it
    :raises NotFoundError: there is no such run; code ``execution-not-found``
    :raises ConflictError: it has ended by itself; code ``execution-finished``
    """
    workflow_id, run_id = execution_id
    run = session.scalar(
        select(DagRun)
        .join(WorkflowRow, WorkflowRow.id == DagRun.dag_id)
        .where(DagRun.dag_id == workflow_id, DagRun.run_id == run_id)
        .with_for_update(of=DagRun)
    )
    if run is None:
        raise unknown_execution(execution_id)
    earlier = get_cancellation(workflow_id=workflow_id, run_id=run_id, session=session)
    if run.state in (DagRunState.SUCCESS, DagRunState.FAILED):
        if run.state == DagRunState.FAILED and earlier is not None:
            return
        raise ConflictError(
            f'Execution "{execution_id}" has ended already ({run.state}), so it cannot be cancelled.',
            code="execution-finished",
        )
    if earlier is not None:
        # Somebody has cleared the cancelled run in Airflow, so that it goes on.
        session.delete(earlier)
        session.flush()
    # Its time comes first: what ends later was ended by the cancellation.
    add_cancellation(workflow_id=workflow_id, run_id=run_id, user=user, session=session)
    fail_run(run, session=session)
    session.flush()
    _cancel_children(run, user=user, session=session)


def _cancel_children(run: DagRun, *, user: str, session: Session) -> None:
    """Cancel the runs that steps of a run wait for; they were started for its sake alone."""
    for child in read_children(run_pk=run.id, session=session):
        if child.get("cancel") is not True:
            continue
        child_id = ExecutionId(str(child.get("workflow_id")), str(child.get("run_id")))
        # It may have ended meanwhile, or have been deleted.
        with suppress(ConflictError, NotFoundError):
            cancel_run(child_id, user=user, session=session)


def fail_run(run: DagRun, *, session: Session) -> None:
    """End a run as Airflow's own "mark as failed" does."""
    from airflow.api_fastapi.core_api.datamodels.dag_run import DagRunMutableStates
    from airflow.api_fastapi.core_api.services.public.dag_run import patch_dag_run_state

    dag = DBDagBag().get_dag_for_run(run, session=session)
    if dag is None:
        log.warning("The Dag of %s.%s is gone; only the run itself is ended", run.dag_id, run.run_id)
        run.set_state(DagRunState.FAILED)
        return
    # What Airflow's own "mark as failed" does, listeners included.
    patch_dag_run_state(dag=dag, dag_run=run, state=DagRunMutableStates.FAILED, session=session)
