"""Let the next execution, or a named one, through while its workflow is paused."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from sqlalchemy import and_, case, exists, func, or_, select

from flowforge_provider.exceptions import ConflictError
from flowforge_provider.queue.letting import mark, open_workflow
from flowforge_provider.queue.pauses import EVERYTHING
from flowforge_provider.runs.ids import ExecutionId
from flowforge_provider.settings import BUNDLE_NAME
from flowforge_provider.store.queue_tables import HeldRunRow, LetThroughRow, QueuePauseRow, RunPriorityRow
from flowforge_provider.store.tables import WorkflowRow
from flowforge_provider.store.transactions import run_in_transaction

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

__all__ = ["find_next", "let_through"]

# Between the mark that bars new runs and the look at which runs there are: transactions that had begun before
# the mark have ended by then.
_SETTLE_S = 0.5
# Steps that run, are with a worker, or wait for something of their own.
_OPEN_STEPS = (
    "queued", "running", "restarting", "deferred", "awaiting_input", "up_for_retry", "up_for_reschedule",
)  # fmt: skip


def find_next(
    *, workflow_id: str | None = None, workflow_ids: Collection[str] | None = None, session: Session
) -> ExecutionId:
    """
    Return the execution that is to go first: by priority, then one that has not begun, then the oldest.

    Of those that have begun, only such are taken whose next step is held up by the pause alone: one that
    waits for its time or for an answer would keep the others from being let through.

    :param workflow_id: of this workflow only
    :param workflow_ids: of these workflows only; None for all
    :raises ConflictError: nothing is paused, or nothing waits; codes ``queue-not-paused``, ``queue-empty``
    """
    scopes = set(session.scalars(select(QueuePauseRow.scope)))
    if not scopes or not (workflow_id is None or scopes & {EVERYTHING, workflow_id}):
        raise ConflictError("It is not paused, so executions start by themselves.", code="queue-not-paused")
    run_after = func.coalesce(HeldRunRow.run_after, DagRun.run_after)
    priority = func.coalesce(RunPriorityRow.priority, WorkflowRow.published_priority, 0)
    # A run that is held because of another one counts as what it was.
    state = func.coalesce(HeldRunRow.state, DagRun._state)
    is_busy = exists().where(
        TaskInstance.dag_id == DagRun.dag_id,
        TaskInstance.run_id == DagRun.run_id,
        TaskInstance.state.in_(_OPEN_STEPS),
    )
    query = (
        select(DagRun.dag_id, DagRun.run_id)
        .join(WorkflowRow, WorkflowRow.id == DagRun.dag_id)
        .join(DagModel, and_(DagModel.dag_id == DagRun.dag_id, DagModel.bundle_name == BUNDLE_NAME))
        .join(HeldRunRow, HeldRunRow.run_pk == DagRun.id, isouter=True)
        .join(
            RunPriorityRow,
            and_(RunPriorityRow.workflow_id == DagRun.dag_id, RunPriorityRow.run_id == DagRun.run_id),
            isouter=True,
        )
        .join(
            LetThroughRow,
            and_(LetThroughRow.workflow_id == DagRun.dag_id, LetThroughRow.run_id == DagRun.run_id),
            isouter=True,
        )
        .where(
            DagRun._state.in_(("queued", "running")),
            or_(
                and_(state == "queued", run_after <= datetime.now(tz=timezone.utc)),
                and_(state == "running", ~is_busy),
            ),
            LetThroughRow.run_id.is_(None),
        )
        .order_by(priority.desc(), case((state == "queued", 0), else_=1), run_after, DagRun.id)
        .limit(1)
    )
    if workflow_id is not None:
        query = query.where(DagRun.dag_id == workflow_id)
    if workflow_ids is not None:
        query = query.where(DagRun.dag_id.in_(workflow_ids))
    if EVERYTHING not in scopes:
        query = query.where(DagRun.dag_id.in_(scopes))
    row = session.execute(query).one_or_none()
    if row is None:
        raise ConflictError("No execution waits that could be let through.", code="queue-empty")
    return ExecutionId(row[0], row[1])


def let_through(execution_id: ExecutionId, *, user: str) -> None:
    """
    Let one execution of a paused workflow go on to its end, and no other; in transactions of its own.

    Should this process end in between, the loop of the queue finishes it.

    :param user: who lets it through
    :raises NotFoundError: there is no such execution; code ``execution-not-found``
    :raises ConflictError: its workflow is not paused, or it has ended; codes ``queue-not-paused``,
        ``execution-finished``
    """
    run_in_transaction(lambda session: mark(execution_id, user=user, session=session))
    time.sleep(_SETTLE_S)
    run_in_transaction(lambda session: open_workflow(execution_id.workflow_id, session))
