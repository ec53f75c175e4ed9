"""
Find what has happened to runs, in queries that do not grow with the number of runs that there are.

Airflow's table of runs has no index on when they ended. So what runs is remembered from look to look, and
what does not run any more has ended; new runs are those with a higher id. A run that is cleared and ends
again between two looks is found by its steps: clearing gives them new ids, which tell the time. A look for
what was missed reads the failed runs only, through the index on Dag and state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.taskinstancehistory import TaskInstanceHistory
from sqlalchemy import and_, func, or_, select

from flowforge_provider.runs.failures import FailedRun, FailedTask
from flowforge_provider.store.alert_tables import AlertEventRow, AlertWorkflowRow
from flowforge_provider.store.tables import CancellationRow, DeliveryRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

__all__ = [
    "Active",
    "Ended",
    "FailedDelivery",
    "Retried",
    "delivery_key",
    "find_active",
    "find_cleared",
    "find_ended",
    "find_failed_deliveries",
    "find_missed",
    "find_new",
    "find_retries",
    "find_retries_of_ended",
    "first_id_at",
    "newest_run_pk",
]

_BATCH = 500
_MOST_ACTIVE = 20_000
_MOST_NEW = 5_000
_MOST_DELIVERIES = 500
_FINAL = ("failed", "success")


@dataclass(frozen=True)
class Active:
    """A run that has not ended."""

    workflow_id: str
    run_id: str
    started_at: datetime | None
    clear_number: int


@dataclass(frozen=True)
class Ended:
    """A run that has ended by itself; ``cancelled`` ones are left out."""

    run: FailedRun
    workflow_name: str
    state: str
    run_type: str
    clear_number: int
    started_at: datetime | None
    ended_at: datetime


@dataclass(frozen=True)
class Retried:
    """A try that failed and is followed by another one."""

    task: FailedTask
    workflow_name: str
    ended_at: datetime | None


@dataclass(frozen=True)
class FailedDelivery:
    """A delivery that could not become a run."""

    id: str
    workflow_id: str
    run_id: str | None
    workflow_name: str
    kind: str
    error: str | None
    received_at: datetime


def newest_run_pk(session: Session) -> int:
    """Return the highest id of a run; 0 when there is none."""
    return session.scalar(select(func.max(DagRun.id))) or 0


def find_new(after_pk: int, session: Session) -> list[tuple[int, str, str, datetime | None]]:
    """Return runs with a higher id: (pk, workflow, state, created), lowest first, some thousands at most."""
    query = (
        select(DagRun.id, DagRun.dag_id, DagRun._state, DagRun.created_at)
        .where(DagRun.id > after_pk)
        .order_by(DagRun.id)
        .limit(_MOST_NEW)
    )
    return [(pk, dag_id, _text(state), created) for pk, dag_id, state, created in session.execute(query)]


def find_active(session: Session) -> dict[int, Active]:
    """Return the runs of workflows that have not ended, by pk; many thousands at most."""
    query = (
        select(DagRun.id, DagRun.dag_id, DagRun.run_id, DagRun.start_date, DagRun.clear_number)
        .join(WorkflowRow, WorkflowRow.id == DagRun.dag_id)
        # One each, as the partial indexes are.
        .where(or_(DagRun._state == "running", DagRun._state == "queued"))
        .limit(_MOST_ACTIVE)
    )
    return {
        pk: Active(dag_id, run_id, started, clears or 0)
        for pk, dag_id, run_id, started, clears in session.execute(query)
    }


def find_ended(pks: Collection[int], session: Session) -> list[Ended]:
    """Return those of these runs that have ended by themselves, in the order in which they ended."""
    wanted = sorted(pks)
    found: list[Ended] = []
    for start in range(0, len(wanted), _BATCH):
        part = wanted[start : start + _BATCH]
        found += _ended(_query().where(DagRun.id.in_(part), DagRun._state.in_(_FINAL)), session)
    return sorted(found, key=lambda each: each.ended_at)


def find_cleared(since: datetime, session: Session) -> list[Ended]:
    """
    Return runs of which steps were cleared since then and that have ended by themselves, as ``find_ended``.

    :param since: some seconds ago; all steps that got an id since then are read, through the primary key
    """
    # Without the joins: whether a workflow is ours is asked of the few that are left.
    query = (
        select(DagRun.id)
        .join(TaskInstance, and_(TaskInstance.dag_id == DagRun.dag_id, TaskInstance.run_id == DagRun.run_id))
        .where(TaskInstance.id >= first_id_at(since), DagRun.clear_number > 0, DagRun._state.in_(_FINAL))
        .distinct()
        .limit(_MOST_NEW)
    )
    return find_ended(session.scalars(query).all(), session)


def first_id_at(moment: datetime) -> UUID:
    """Return the lowest id of version 7 (RFC 9562, section 5.7) that can be made at a moment."""
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62))


def find_missed(since: datetime, session: Session, *, after_pk: int | None = None) -> list[Ended]:
    """
    Return what may have been missed: runs that failed since then, and successes of what counts as failing.

    :param since: reaches back far enough to overlap with the look before
    :param after_pk: only among runs with a higher id, which is quick; among all, it reads those that failed
    """
    failed = _query().where(DagRun._state == "failed", DagRun.end_date >= since)
    if after_pk is not None:
        failed = failed.where(DagRun.id > after_pk)
    first = (
        select(func.min(DagRun.id))
        .join(AlertWorkflowRow, AlertWorkflowRow.workflow_id == DagRun.dag_id)
        .where(
            DagRun._state == "success",
            DagRun.id >= AlertWorkflowRow.failing_run_pk,
            DagRun.end_date >= AlertWorkflowRow.failing_since,
        )
        .group_by(DagRun.dag_id)
    )
    recovered = _query().where(DagRun.id.in_(first))
    return sorted([*_ended(failed, session), *_ended(recovered, session)], key=lambda each: each.ended_at)


def find_retries(workflow_ids: Collection[str] | None, session: Session) -> list[Retried]:
    """
    Return failed tries that wait for the next one, some hundreds at most.

    :param workflow_ids: of these workflows; of all when None
    """
    query = _tries(TaskInstance).where(TaskInstance.state == "up_for_retry")
    if workflow_ids is not None:
        query = query.where(TaskInstance.dag_id.in_(list(workflow_ids)))
    return [_retried(row) for row in session.execute(query.limit(_BATCH))]


def find_retries_of_ended(runs: Sequence[Ended], session: Session) -> list[Retried]:
    """
    Return all tries of ended runs that were followed by another one, whose wait may have been too short to be
    seen.

    Runs that somebody has cleared are left out: there, not every earlier try has failed.
    """
    history = TaskInstanceHistory
    wanted = [each.run for each in runs if each.clear_number == 0]
    found: list[Retried] = []
    for start in range(0, len(wanted), _BATCH):
        part = wanted[start : start + _BATCH]
        query = _tries(history).where(
            history.dag_id.in_({run.workflow_id for run in part}), DagRun.id.in_([run.pk for run in part])
        )
        found += [_retried(row) for row in session.execute(query)]
    return found


def find_failed_deliveries(since: datetime, session: Session) -> list[FailedDelivery]:
    """Return deliveries received since then that were given up and of which nothing is written down."""
    delivery, event = DeliveryRow, AlertEventRow
    query = (
        select(
            delivery.id,
            delivery.workflow_id,
            delivery.run_id,
            WorkflowRow.name,
            delivery.kind,
            delivery.error,
            delivery.received_at,
        )
        .join(WorkflowRow, WorkflowRow.id == delivery.workflow_id)
        .join(event, event.key == delivery_key("") + delivery.id, isouter=True)
        .where(delivery.state == "failed", delivery.received_at >= since, event.id.is_(None))
        .order_by(delivery.received_at)
        .limit(_MOST_DELIVERIES)
    )
    return [FailedDelivery(*row) for row in session.execute(query)]


def delivery_key(delivery_id: str) -> str:
    """Return the name of the event that a delivery could not become a run."""
    return f"failure:delivery:{delivery_id}"


def _query() -> Any:
    return (
        select(
            DagRun.id,
            DagRun.dag_id,
            DagRun.run_id,
            DagRun.bundle_version,
            DagRun._state.label("state"),
            DagRun.run_type,
            DagRun.clear_number,
            DagRun.start_date,
            DagRun.end_date,
            DagRun.updated_at,
            WorkflowRow.name,
        )
        .join(WorkflowRow, WorkflowRow.id == DagRun.dag_id)
        .join(
            CancellationRow,
            and_(
                CancellationRow.workflow_id == DagRun.dag_id,
                CancellationRow.run_id == DagRun.run_id,
                # Airflow's users can clear a cancelled run, which is then queued again.
                or_(DagRun.queued_at.is_(None), DagRun.queued_at <= CancellationRow.cancelled_at),
            ),
            isouter=True,
        )
        .where(or_(DagRun._state != "failed", CancellationRow.run_id.is_(None)))
    )


def _ended(query: Any, session: Session) -> list[Ended]:
    return [
        Ended(
            run=FailedRun(row.id, row.dag_id, row.run_id, row.bundle_version),
            workflow_name=row.name,
            state=_text(row.state),
            run_type=_text(row.run_type),
            clear_number=row.clear_number or 0,
            started_at=row.start_date,
            ended_at=row.end_date or row.updated_at,
        )
        for row in session.execute(query)
    ]


def _tries(table: Any) -> Any:
    return (
        select(
            DagRun.id,
            DagRun.dag_id,
            DagRun.run_id,
            DagRun.bundle_version,
            WorkflowRow.name,
            table.task_id,
            table.map_index,
            table.try_number,
            table.max_tries,
            table.end_date,
        )
        .join(DagRun, and_(DagRun.dag_id == table.dag_id, DagRun.run_id == table.run_id))
        .join(WorkflowRow, WorkflowRow.id == DagRun.dag_id)
    )


def _retried(row: Any) -> Retried:
    run = FailedRun(row.id, row.dag_id, row.run_id, row.bundle_version)
    task = FailedTask(run, row.task_id, row.map_index, row.try_number or 0, row.max_tries or 0)
    return Retried(task, row.name, row.end_date)


def _text(value: Any) -> str:
    return str(getattr(value, "value", value))
