"""
Priorities: those of workflows are compiled into their Dags, those of single runs are set on their steps.

Airflow's scheduler hands the step with the largest ``priority_weight`` to a worker first. Steps without a
priority have the weight that Airflow computes, 1 and one more for each step that depends on them; a level of
priority is worth more than any of those.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from sqlalchemy import and_, func, or_, select, update

from flowforge_provider.exceptions import ConflictError
from flowforge_provider.graph.models import HIGHEST_PRIORITY as HIGHEST
from flowforge_provider.graph.models import LOWEST_PRIORITY as LOWEST
from flowforge_provider.graph.models import weight_of_priority
from flowforge_provider.runs.reading import unknown_execution
from flowforge_provider.store.queue_tables import RunPriorityRow
from flowforge_provider.store.tables import WorkflowRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowforge_provider.runs.ids import ExecutionId

__all__ = ["HIGHEST", "LOWEST", "has_priorities", "keep_priorities", "set_priority"]

_WAITING_STEPS = ("scheduled", "up_for_retry", "up_for_reschedule", "deferred", "awaiting_input")
_JUST = timedelta(milliseconds=1)


def set_priority(execution_id: ExecutionId, priority: int, *, user: str, session: Session) -> None:
    """
    Give an unfinished run another priority than its workflow's.

    Its steps that have not begun get the weight. A run that has not begun itself goes before those of its
    workflow that are due and have a lower priority: Airflow starts runs of one Dag in the order of
    ``run_after``.

    :param priority: from ``LOWEST`` to ``HIGHEST``
    :param user: who sets it
    :raises NotFoundError: there is no such run; code ``execution-not-found``
    :raises ConflictError: it has ended; code ``execution-finished``
    """
    workflow_id, run_id = execution_id
    run = session.scalar(
        select(DagRun).where(DagRun.dag_id == workflow_id, DagRun.run_id == run_id).with_for_update(of=DagRun)
    )
    if run is None:
        raise unknown_execution(execution_id)
    if str(run.state) not in ("queued", "running"):
        raise ConflictError(
            f'Execution "{execution_id}" has ended already ({run.state}), so it cannot go earlier or later.',
            code="execution-finished",
        )
    row = session.get(RunPriorityRow, (workflow_id, run_id))
    if row is None:
        row = RunPriorityRow(workflow_id=workflow_id, run_id=run_id)
        session.add(row)
    row.priority, row.set_by, row.set_at = priority, user, datetime.now(tz=timezone.utc)
    session.flush()
    _weigh(workflow_id, run_id, priority, session)
    if str(run.state) == "queued" and run.run_type == "manual":
        _go_before(run, priority, session)


def has_priorities(session: Session) -> bool:
    """Tell whether any run has a priority of its own."""
    return session.scalar(select(RunPriorityRow.run_id).limit(1)) is not None


def keep_priorities(session: Session) -> None:
    """
    Give the weight of their run to steps that were made since it was set, and forget runs that have ended.

    The tasks of a loop are made when its list is known, with the weight of the Dag.
    """
    rows = session.execute(
        select(RunPriorityRow, DagRun._state).join(
            DagRun,
            and_(DagRun.dag_id == RunPriorityRow.workflow_id, DagRun.run_id == RunPriorityRow.run_id),
            isouter=True,
        )
    ).all()
    for row, state in rows:
        if state is None or str(state) not in ("queued", "running"):
            session.delete(row)
        else:
            _weigh(row.workflow_id, row.run_id, row.priority, session)
    session.flush()


def _weigh(workflow_id: str, run_id: str, priority: int, session: Session) -> None:
    weight = weight_of_priority(priority)
    session.execute(
        update(TaskInstance)
        .where(
            TaskInstance.dag_id == workflow_id,
            TaskInstance.run_id == run_id,
            TaskInstance.priority_weight != weight,
            or_(TaskInstance.state.is_(None), TaskInstance.state.in_(_WAITING_STEPS)),
        )
        .values(priority_weight=weight)
        .execution_options(synchronize_session=False)
    )


def _go_before(run: DagRun, priority: int, session: Session) -> None:
    now = datetime.now(tz=timezone.utc)
    if run.run_after > now:
        return
    other = func.coalesce(RunPriorityRow.priority, WorkflowRow.published_priority, 0)
    first = session.scalar(
        select(func.min(DagRun.run_after))
        .join(WorkflowRow, WorkflowRow.id == DagRun.dag_id)
        .join(
            RunPriorityRow,
            and_(RunPriorityRow.workflow_id == DagRun.dag_id, RunPriorityRow.run_id == DagRun.run_id),
            isouter=True,
        )
        .where(
            DagRun.dag_id == run.dag_id,
            DagRun._state == "queued",
            DagRun.id != run.id,
            DagRun.run_after <= now,
            other < priority,
        )
    )
    if first is not None and first <= run.run_after:
        run.run_after = first - _JUST
        session.flush()
