"""Find executions: Dag runs of workflows, with what FlowForge knows about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from sqlalchemy import and_, func, or_, select, tuple_

from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.runs.ids import ExecutionId, delivery_of_run, webhook_run_id
from flowforge_provider.runs.states import ExecutionState, execution_state
from flowforge_provider.runs.trigger import trigger_type_of_run
from flowforge_provider.store.tables import CancellationRow, DeliveryRow, HandledRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

__all__ = [
    "RunRecord",
    "find_run",
    "find_runs_of",
    "find_waiting_delivery",
    "is_cancellation",
    "is_delivery",
    "is_handled",
    "read_runs",
    "run_query",
    "state_stamp",
    "unknown_execution",
]


@dataclass(frozen=True)
class RunRecord:
    """
    One execution, without its configuration and its steps.

    :param pk: the Dag run's ``id``
    """

    pk: int
    id: ExecutionId
    workflow_name: str
    state: ExecutionState
    run_type: str
    trigger_type: str
    bundle_version: str | None
    run_after: datetime | None
    logical_date: datetime | None
    created_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    cancelled_at: datetime | None
    cancelled_by: str | None
    handled_at: datetime | None = None
    handled_by: str | None = None
    comment: str | None = None

    @property
    def duration_s(self) -> float | None:
        """Seconds from start to end; None while it runs."""
        if self.started_at is None or self.ended_at is None:
            return None
        return max(0.0, (self.ended_at - self.started_at).total_seconds())


def read_runs(pks: Collection[int], session: Session) -> list[RunRecord]:
    """
    Return executions by the ``id`` of their Dag runs, newest first; those that are gone are missing.

    :param pks: up to a page of them
    """
    if not pks:
        return []
    rows = session.execute(run_query().where(DagRun.id.in_(pks)).order_by(DagRun.id.desc()))
    return [_record(row) for row in rows]


def find_runs_of(execution_ids: Collection[ExecutionId], session: Session) -> dict[ExecutionId, RunRecord]:
    """
    Return those of some executions that there are.

    :param execution_ids: up to a few hundred
    """
    if not execution_ids:
        return {}
    rows = session.execute(
        run_query().where(tuple_(DagRun.dag_id, DagRun.run_id).in_([tuple(one) for one in execution_ids]))
    )
    records = [_record(row) for row in rows]
    return {record.id: record for record in records}


def find_run(execution_id: ExecutionId, session: Session) -> RunRecord | None:
    """Return one execution; None when no Dag run of a workflow has this id."""
    row = session.execute(
        run_query().where(DagRun.dag_id == execution_id.workflow_id, DagRun.run_id == execution_id.run_id)
    ).one_or_none()
    return _record(row) if row is not None else None


def find_waiting_delivery(execution_id: ExecutionId, session: Session) -> DeliveryRow | None:
    """
    Return the delivery that an execution without a run stems from; None when there is none.

    Of a group, it is the one that stands for the others, or the latest while more may join.
    """
    delivery_id = delivery_of_run(execution_id.run_id)
    if delivery_id is None:
        return None
    row = session.get(DeliveryRow, delivery_id)
    if row is None or row.workflow_id != execution_id.workflow_id or row.state == "captured":
        return None
    if row.group_id is not None:
        row = session.scalar(
            select(DeliveryRow)
            .where(DeliveryRow.group_id == row.group_id, DeliveryRow.state != "skipped")
            .order_by(DeliveryRow.state != "pending", DeliveryRow.id.desc())
            .limit(1)
        )
    return row if row is not None and row.run_id is not None else None


def unknown_execution(execution_id: ExecutionId) -> NotFoundError:
    """Return the error for an execution that is not there."""
    return NotFoundError(
        f'There is no execution "{str(execution_id)[:500]}". It may have been cleaned up.',
        code="execution-not-found",
    )


def state_stamp(execution_id: ExecutionId, session: Session) -> str | None:
    """
    Return a text that changes whenever the execution, one of its steps or its data does; None when there is
    no run.

    Costs three small index lookups, so that whoever polls need not be sent what they have.
    """
    run = session.execute(
        select(
            DagRun.id,
            DagRun._state,
            DagRun.updated_at,
            CancellationRow.cancelled_at,
            HandledRow.handled_at,
            WorkflowRow.name,
            DagModel.is_paused,
        )
        .join(CancellationRow, is_cancellation(), isouter=True)
        .join(HandledRow, is_handled(), isouter=True)
        .join(WorkflowRow, WorkflowRow.id == DagRun.dag_id)
        .join(DagModel, DagModel.dag_id == DagRun.dag_id, isouter=True)
        .where(DagRun.dag_id == execution_id.workflow_id, DagRun.run_id == execution_id.run_id)
    ).one_or_none()
    if run is None:
        return None
    steps = session.execute(
        select(func.count(), func.max(TaskInstance.updated_at)).where(
            TaskInstance.dag_id == execution_id.workflow_id, TaskInstance.run_id == execution_id.run_id
        )
    ).one()
    data = session.execute(
        select(func.count(), func.max(XComModel.timestamp)).where(XComModel.dag_run_id == run[0])
    ).one()
    return "|".join(str(part) for part in (*run, *steps, *data))


def is_cancellation() -> Any:
    """Return the condition that joins a Dag run with its cancellation."""
    return and_(
        CancellationRow.workflow_id == DagRun.dag_id,
        CancellationRow.run_id == DagRun.run_id,
        # Airflow's users can clear a cancelled run, which is then queued again.
        or_(DagRun.queued_at.is_(None), DagRun.queued_at <= CancellationRow.cancelled_at),
    )


def is_handled() -> Any:
    """Return the condition that joins a Dag run with the mark that somebody has looked after it."""
    return and_(HandledRow.workflow_id == DagRun.dag_id, HandledRow.run_id == DagRun.run_id)


def run_query() -> Any:
    """Return the query for executions; a run of no workflow is none."""
    return (
        select(
            DagRun.id,
            DagRun.dag_id,
            DagRun.run_id,
            DagRun._state,
            DagRun.run_type,
            DagRun.bundle_version,
            DagRun.run_after,
            DagRun.logical_date,
            DagRun.created_at,
            DagRun.start_date,
            DagRun.end_date,
            WorkflowRow.name,
            CancellationRow.cancelled_at,
            CancellationRow.cancelled_by,
            HandledRow.handled_at,
            HandledRow.handled_by,
            HandledRow.comment,
            DeliveryRow.kind.label("delivery_kind"),
        )
        .join(WorkflowRow, WorkflowRow.id == DagRun.dag_id)
        .join(CancellationRow, is_cancellation(), isouter=True)
        .join(DeliveryRow, is_delivery(), isouter=True)
        .join(HandledRow, is_handled(), isouter=True)
    )


def is_delivery() -> Any:
    """Return the condition that joins a Dag run with the delivery that it stems from."""
    # By the delivery's key; a run that stems from none has no such prefix.
    return and_(
        DagRun.run_id.startswith(webhook_run_id(""), autoescape=True),
        DeliveryRow.id == func.substr(DagRun.run_id, len(webhook_run_id("")) + 1),
    )


def _record(row: Any) -> RunRecord:
    run_type = str(getattr(row.run_type, "value", row.run_type))
    state = str(getattr(row[3], "value", row[3]))
    return RunRecord(
        pk=row.id,
        id=ExecutionId(row.dag_id, row.run_id),
        workflow_name=row.name,
        state=execution_state(state, cancelled=row.cancelled_at is not None),
        run_type=run_type,
        trigger_type=row.delivery_kind or trigger_type_of_run(run_id=row.run_id, run_type=run_type),
        bundle_version=row.bundle_version,
        run_after=row.run_after,
        logical_date=row.logical_date,
        created_at=row.created_at,
        started_at=row.start_date,
        ended_at=row.end_date,
        cancelled_at=row.cancelled_at,
        cancelled_by=row.cancelled_by,
        handled_at=row.handled_at,
        handled_by=row.handled_by,
        comment=row.comment,
    )
