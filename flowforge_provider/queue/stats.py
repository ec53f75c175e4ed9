"""The queue in numbers, counted with a fixed number of queries and kept for some seconds."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from sqlalchemy import case, func, select

from flowforge_provider.queue.letting import NEVER
from flowforge_provider.settings import BUNDLE_NAME, STEP_TEST_DAG_ID
from flowforge_provider.store.queue_tables import HeldRunRow
from flowforge_provider.store.tables import DeliveryRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

__all__ = ["Counted", "Counts", "count_queue", "count_running_tests", "list_running", "recount"]

KEPT_S = 2.0
# Ended executions have no index on their end. Those that ended within the hour and were due longer ago than
# this are not counted; they are still in every list.
_LONGEST_RUN = timedelta(days=2)
_HOUR_S = 3600.0
_RUNNING_STEPS = ("running", "restarting")
_MOST_RUNNING = 50


@dataclass
class Counts:
    """
    Numbers of one workflow.

    :param oldest: when what has waited longest was due
    """

    waiting: int = 0
    scheduled: int = 0
    running: int = 0
    deferred: int = 0
    retrying: int = 0
    running_steps: int = 0
    queued_steps: int = 0
    done: int = 0
    failed: int = 0
    oldest: datetime | None = None

    def add(self, other: Counts) -> None:
        """Add the numbers of another workflow."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.see(other.oldest)

    def see(self, due: datetime | None) -> None:
        """Take note of something that waits."""
        if due is not None and (self.oldest is None or due < self.oldest):
            self.oldest = due

    def shown(self, now: datetime) -> dict[str, Any]:
        """Return the fields of the API's model."""
        return {
            **{name: getattr(self, name) for name in _NUMBERS if name not in ("done", "failed")},
            "done_last_hour": self.done,
            "failed_last_hour": self.failed,
            "per_minute": round((self.done + self.failed) / 60, 2),
            "oldest_wait_s": max(0.0, (now - self.oldest).total_seconds()) if self.oldest else None,
        }


_NUMBERS = (
    "waiting", "scheduled", "running", "deferred", "retrying", "running_steps", "queued_steps", "done",
    "failed",
)  # fmt: skip


@dataclass(frozen=True)
class WorkflowFacts:
    """What is known of a workflow beside its numbers."""

    name: str
    is_paused: bool
    max_active_runs: int | None
    priority: int


@dataclass(frozen=True)
class Counted:
    """
    The numbers of all workflows, whoever asks.

    :param counts: workflow id -> numbers
    :param facts: workflow id -> the rest; the same keys
    """

    counts: dict[str, Counts]
    facts: dict[str, WorkflowFacts]
    at: datetime


_lock = threading.Lock()
_kept: tuple[float, Counted] | None = None


def count_queue(session: Session) -> Counted:
    """Return the numbers, at most ``KEPT_S`` old: many viewers cost as much as one."""
    global _kept  # noqa: PLW0603 - one a process is the point
    with _lock:
        if _kept is None or time.monotonic() - _kept[0] > KEPT_S:
            counted = _count(session)
            _kept = (time.monotonic(), counted)
        return _kept[1]


def recount() -> None:
    """Forget what was counted, because somebody has just changed it."""
    global _kept  # noqa: PLW0603
    with _lock:
        _kept = None


def list_running(session: Session, *, workflow_ids: Collection[str] | None = None) -> list[str]:
    """
    Return ids of executions with steps that run or are handed to a worker, at most 50.

    :param workflow_ids: only these workflows'; all when None
    """
    query = (
        select(TaskInstance.dag_id, TaskInstance.run_id)
        .join(WorkflowRow, WorkflowRow.id == TaskInstance.dag_id)
        .where(TaskInstance.state.in_((*_RUNNING_STEPS, "queued")))
        .distinct()
        .order_by(TaskInstance.dag_id, TaskInstance.run_id)
        .limit(_MOST_RUNNING)
    )
    if workflow_ids is not None:
        query = query.where(TaskInstance.dag_id.in_(workflow_ids))
    return [f"{dag_id}.{run_id}" for dag_id, run_id in session.execute(query)]


def count_running_tests(session: Session) -> int:
    """Return how many tested steps run or are handed to a worker; they are in no workflow's queue."""
    query = (
        select(func.count())
        .select_from(TaskInstance)
        .where(TaskInstance.dag_id == STEP_TEST_DAG_ID, TaskInstance.state.in_((*_RUNNING_STEPS, "queued")))
    )
    return session.scalar(query) or 0


def _count(session: Session) -> Counted:
    now = datetime.now(tz=timezone.utc)
    facts = _facts(session)
    counts = {workflow_id: Counts() for workflow_id in facts}
    _count_runs(counts, now, session)
    _count_deliveries(counts, session)
    _count_steps(counts, session)
    _count_ended(counts, now, session)
    return Counted(counts, facts, now)


def _facts(session: Session) -> dict[str, WorkflowFacts]:
    rows = session.execute(
        select(
            WorkflowRow.id,
            WorkflowRow.name,
            DagModel.is_paused,
            DagModel.max_active_runs,
            WorkflowRow.published_priority,
        )
        .join(DagModel, (DagModel.dag_id == WorkflowRow.id) & (DagModel.bundle_name == BUNDLE_NAME))
        .order_by(WorkflowRow.name, WorkflowRow.id)
    )
    return {
        row[0]: WorkflowFacts(
            name=row[1], is_paused=bool(row[2]), max_active_runs=row[3], priority=row[4] or 0
        )
        for row in rows
    }


def _count_runs(counts: dict[str, Counts], now: datetime, session: Session) -> None:
    # A held run counts as what it was.
    state = func.coalesce(HeldRunRow.state, DagRun._state)
    due_at = case((HeldRunRow.run_after.is_not(None), HeldRunRow.run_after), else_=DagRun.run_after)
    is_due = due_at <= now
    rows = session.execute(
        select(DagRun.dag_id, state, is_due, func.count(), func.min(due_at))
        .join(HeldRunRow, HeldRunRow.run_pk == DagRun.id, isouter=True)
        .where(DagRun._state.in_(("queued", "running")))
        .group_by(DagRun.dag_id, state, is_due)
    )
    for dag_id, found, due, number, oldest in rows:
        mine = counts.get(dag_id)
        if mine is None:
            continue
        if str(found) == "running":
            mine.running += number
        elif due:
            mine.waiting += number
            mine.see(_aware(oldest))
        else:
            mine.scheduled += number


def _count_deliveries(counts: dict[str, Counts], session: Session) -> None:
    rows = session.execute(
        select(DeliveryRow.workflow_id, func.count(), func.min(DeliveryRow.received_at))
        .where(DeliveryRow.state.in_(("pending", "held")))
        .group_by(DeliveryRow.workflow_id)
    )
    for workflow_id, number, oldest in rows:
        mine = counts.get(workflow_id)
        if mine is not None:
            mine.waiting += number
            mine.see(_aware(oldest))


_STEP_NUMBERS = {
    "running": "running_steps",
    "restarting": "running_steps",
    "queued": "queued_steps",
    "deferred": "deferred",
    "awaiting_input": "deferred",
    "up_for_reschedule": "deferred",
    "up_for_retry": "retrying",
}


def _count_steps(counts: dict[str, Counts], session: Session) -> None:
    rows = session.execute(
        select(TaskInstance.dag_id, TaskInstance.state, func.count())
        .where(TaskInstance.state.in_(_STEP_NUMBERS))
        .group_by(TaskInstance.dag_id, TaskInstance.state)
    )
    for dag_id, state, number in rows:
        mine = counts.get(dag_id)
        if mine is not None:
            name = _STEP_NUMBERS[str(getattr(state, "value", state))]
            setattr(mine, name, getattr(mine, name) + number)


def _count_ended(counts: dict[str, Counts], now: datetime, session: Session) -> None:
    since = now - timedelta(seconds=_HOUR_S)
    rows = session.execute(
        select(DagRun.dag_id, DagRun._state, func.count())
        .where(
            DagRun.run_after >= now - _LONGEST_RUN,
            DagRun.run_after < NEVER,
            DagRun.end_date >= since,
            DagRun._state.in_(("success", "failed")),
        )
        .group_by(DagRun.dag_id, DagRun._state)
    )
    for dag_id, state, number in rows:
        mine = counts.get(dag_id)
        if mine is not None:
            if str(state) == "success":
                mine.done += number
            else:
                mine.failed += number


def _aware(moment: Any) -> datetime | None:
    """Return a moment that an aggregate gave: SQLite's has no type, and no zone."""
    if moment is None:
        return None
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)  # type: ignore[no-any-return]
