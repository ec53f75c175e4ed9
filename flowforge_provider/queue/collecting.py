"""
Gather what failed for good: a little at a time, the newest first.

Airflow keeps no list of what has failed since. Its index on the state of runs leads to those that failed, and
those that are not among the dead letters yet are added, with the counts of their group in the same
transaction. What has succeeded since, after a retry, is taken out of the open ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun
from sqlalchemy import and_, literal, or_, select

from flowforge_provider.queue.causes import Cause, cause_of_delivery, causes_of_runs
from flowforge_provider.runs.ids import webhook_run_id
from flowforge_provider.store.queue_tables import DeadLetterGroupRow, DeadLetterRow
from flowforge_provider.store.tables import CancellationRow, DeliveryRow, HandledRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

__all__ = ["collect", "needs_collecting", "settle"]

BATCH = 200


@dataclass(frozen=True)
class _Failure:
    workflow_id: str
    run_id: str
    delivery_id: str | None
    failed_at: datetime
    cause: Cause

    @property
    def source(self) -> str:
        return "execution" if self.delivery_id is None else "delivery"

    @property
    def group_id(self) -> str:
        return self.cause.group_id(workflow_id=self.workflow_id, source=self.source)


def needs_collecting(session: Session) -> bool:
    """Tell whether something has failed that is no dead letter yet, or has recovered; reads only."""
    looks = (_failed_runs, _failed_deliveries, _recovered, _handled)
    return any(look(session, limit=1) for look in looks)


def collect(session: Session) -> int:
    """
    Add some of what has failed to the dead letters.

    :return: how many; ``BATCH`` or more when there are probably others
    """
    runs = _failed_runs(session, limit=BATCH)
    causes = causes_of_runs([(run[0], run[1], run[2]) for run in runs], session)
    failures = [
        _Failure(workflow_id, run_id, None, ended or datetime.now(tz=timezone.utc), causes[pk])
        for pk, workflow_id, run_id, ended in runs
    ]
    failures += [
        _Failure(row[1], webhook_run_id(row[0]), row[0], row[2], cause_of_delivery(row[3]))
        for row in _failed_deliveries(session, limit=BATCH)
    ]
    if failures:
        _add(failures, session)
    settle(session)
    return len(failures)


def settle(session: Session) -> int:
    """Take those out of the open ones that have succeeded, or were marked as handled; return how many."""
    now = datetime.now(tz=timezone.utc)
    found: list[tuple[tuple[str, str], dict[str, Any]]] = [
        (key, {"state": "recovered", "settled_at": now, "settled_by": None})
        for key in _recovered(session, limit=BATCH)
    ]
    for workflow_id, run_id, handled_at, handled_by, comment in _handled(session, limit=BATCH):
        values = {"state": "handled", "settled_at": handled_at, "settled_by": handled_by, "comment": comment}
        found.append(((workflow_id, run_id), values))
    gone: Counter[str] = Counter()
    for key, values in found:
        row = session.get(DeadLetterRow, key, with_for_update=True)
        if row is not None and row.state == "open":
            for name, value in values.items():
                setattr(row, name, value)
            gone[row.group_id] += 1
    session.flush()
    for group_id, number in sorted(gone.items()):
        group = session.get(DeadLetterGroupRow, group_id, with_for_update=True)
        if group is not None:
            group.open_count -= number
    session.flush()
    return len(found)


def _failed_runs(session: Session, *, limit: int) -> Sequence[tuple[int, str, str, datetime | None]]:
    cancelled = and_(
        CancellationRow.workflow_id == DagRun.dag_id,
        CancellationRow.run_id == DagRun.run_id,
        or_(DagRun.queued_at.is_(None), DagRun.queued_at <= CancellationRow.cancelled_at),
    )
    query = (
        select(DagRun.id, DagRun.dag_id, DagRun.run_id, DagRun.end_date)
        .join(WorkflowRow, WorkflowRow.id == DagRun.dag_id)
        .join(
            DeadLetterRow,
            and_(DeadLetterRow.workflow_id == DagRun.dag_id, DeadLetterRow.run_id == DagRun.run_id),
            isouter=True,
        )
        .join(CancellationRow, cancelled, isouter=True)
        .where(
            DagRun._state == "failed",
            CancellationRow.run_id.is_(None),
            or_(
                DeadLetterRow.run_id.is_(None),
                # It was retried after somebody had dealt with it, and failed again.
                and_(DeadLetterRow.state != "open", DagRun.end_date > DeadLetterRow.settled_at),
            ),
        )
        .limit(limit)
    )
    if limit > 1:
        # While a backlog is worked off, what has just failed is seen first.
        query = query.order_by(DagRun.id.desc())
    return [tuple(row) for row in session.execute(query)]  # type: ignore[misc]


def _failed_deliveries(session: Session, *, limit: int) -> Sequence[tuple[str, str, datetime, str | None]]:
    query = (
        select(DeliveryRow.id, DeliveryRow.workflow_id, DeliveryRow.received_at, DeliveryRow.error)
        .join(
            DeadLetterRow,
            and_(
                DeadLetterRow.workflow_id == DeliveryRow.workflow_id,
                DeadLetterRow.run_id == literal(webhook_run_id("")) + DeliveryRow.id,
            ),
            isouter=True,
        )
        .where(DeliveryRow.state == "failed", DeadLetterRow.run_id.is_(None))
        .limit(limit)
    )
    return [tuple(row) for row in session.execute(query)]  # type: ignore[misc]


def _recovered(session: Session, *, limit: int) -> Sequence[tuple[str, str]]:
    query = (
        select(DeadLetterRow.workflow_id, DeadLetterRow.run_id)
        .join(DagRun, and_(DagRun.dag_id == DeadLetterRow.workflow_id, DagRun.run_id == DeadLetterRow.run_id))
        .where(DeadLetterRow.state == "open", DagRun._state == "success")
        .limit(limit)
    )
    return [tuple(row) for row in session.execute(query)]  # type: ignore[misc]


def _handled(session: Session, *, limit: int) -> Sequence[tuple[str, str, datetime, str, str]]:
    query = (
        select(
            HandledRow.workflow_id,
            HandledRow.run_id,
            HandledRow.handled_at,
            HandledRow.handled_by,
            HandledRow.comment,
        )
        .join(
            DeadLetterRow,
            and_(
                DeadLetterRow.workflow_id == HandledRow.workflow_id, DeadLetterRow.run_id == HandledRow.run_id
            ),
        )
        .where(DeadLetterRow.state == "open", HandledRow.handled_at > DeadLetterRow.failed_at)
        .limit(limit)
    )
    return [tuple(row) for row in session.execute(query)]  # type: ignore[misc]


def _add(failures: Sequence[_Failure], session: Session) -> None:
    groups: dict[str, list[_Failure]] = defaultdict(list)
    for failure in failures:
        groups[failure.group_id].append(failure)
    # In one order, so that two processes do not wait for each other.
    for group_id in sorted(groups):
        mine = sorted(groups[group_id], key=lambda each: each.failed_at)
        group = session.get(DeadLetterGroupRow, group_id, with_for_update=True)
        if group is None:
            group = _new_group(group_id, mine[0])
            session.add(group)
        for failure in mine:
            _add_letter(failure, group, session)
        newest = mine[-1]
        if newest.failed_at >= group.last_at:
            group.last_at = newest.failed_at
            group.sample, group.sample_run_id = newest.cause.message, newest.run_id
        group.first_at = min(group.first_at, mine[0].failed_at)
        session.flush()


def _new_group(group_id: str, failure: _Failure) -> DeadLetterGroupRow:
    return DeadLetterGroupRow(
        id=group_id,
        workflow_id=failure.workflow_id,
        source=failure.source,
        node_id=failure.cause.node_id,
        code=failure.cause.code,
        cause=failure.cause.general,
        sample=failure.cause.message,
        sample_run_id=failure.run_id,
        open_count=0,
        total_count=0,
        first_at=failure.failed_at,
        last_at=failure.failed_at,
    )


def _add_letter(failure: _Failure, group: DeadLetterGroupRow, session: Session) -> None:
    row = session.get(DeadLetterRow, (failure.workflow_id, failure.run_id))
    if row is None:
        row = DeadLetterRow(workflow_id=failure.workflow_id, run_id=failure.run_id, group_id=group.id)
        session.add(row)
        group.total_count += 1
    elif row.group_id != group.id:
        # It fails for another reason now.
        before = session.get(DeadLetterGroupRow, row.group_id, with_for_update=True)
        if before is not None:
            before.total_count -= 1
        group.total_count += 1
        row.group_id = group.id
    row.delivery_id, row.failed_at = failure.delivery_id, failure.failed_at
    row.message, row.state = failure.cause.message, "open"
    row.comment = row.settled_at = row.settled_by = row.redrive_id = row.redriven_as = None
    group.open_count += 1
