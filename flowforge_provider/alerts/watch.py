"""Look for events, one process at a time, from where the last look ended."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from flowforge_provider.alerts import finding, judging
from flowforge_provider.alerts.events import known_keys, record
from flowforge_provider.alerts.rules import RuleBook, read_rule_book
from flowforge_provider.store.alert_tables import AlertWatchRow, AlertWorkflowRow
from flowforge_provider.store.tables import PublicationRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from flowforge_provider.alerts.events import NewEvent
    from flowforge_provider.alerts.finding import Active, Ended
    from flowforge_provider.runs.database import Database

__all__ = ["Watch"]

log = logging.getLogger(__name__)

# How long the others wait for a process that has crashed, and how often a living one says so.
_LEASE_S = 15.0
_RENEW_S = 4.0
# A second look at young runs, and a third one at all of them, for what was missed.
_SWEEP_S = 60.0
_SWEEP_ALL_S = 600.0
# How far it reaches back beyond the one before.
_OVERLAP = timedelta(minutes=2)
# Runs that were cleared: how far a look reaches back beyond the one before, since clocks may differ. What
# one look needs longer than that to see is found by the sweeps.
_CLEARED_OVERLAP = timedelta(seconds=15)
# Silence, and deliveries that were given up.
_SLOW_S = 10.0
_DELIVERIES_SINCE = timedelta(days=1)


@dataclass
class _Found:
    """What one look has found; remembered only when it is written down."""

    last_run_pk: int
    active: dict[int, Active]
    ended: list[Ended]
    made: dict[str, datetime]
    #: (pk, clear number) of those that were cleared before they ended.
    cleared: set[tuple[int, int]]


class Watch:
    """
    The eyes of one process.

    :param database: where runs and events are
    :param owner: name of this process
    :param lease_s: seconds until other processes take over from one that has crashed
    """

    def __init__(self, *, database: Database, owner: str, lease_s: float = _LEASE_S) -> None:
        self._database = database
        self._owner = owner
        self._lease = timedelta(seconds=lease_s)
        self._renew_s = min(_RENEW_S, lease_s / 3)
        self._owns = False
        self._renewed_at = float("-inf")
        self._swept_at = float("-inf")
        self._swept_all_at = float("-inf")
        self._slow_at = float("-inf")
        self._last_run_pk = 0
        self._swept_pk = self._before_pk = 0
        self._looked_until = datetime.now(tz=timezone.utc)
        self._active: dict[int, Active] = {}
        self._last_runs: dict[str, datetime | None] = {}
        self._unsaved: set[str] = set()
        self._cleared: set[tuple[int, int]] = set()
        self._cleared_until = self._looked_until

    def look(self) -> bool:
        """
        Look once, when it is this process's turn, and write down what has happened.

        :return: whether it was its turn
        """
        if time.monotonic() - self._renewed_at >= self._renew_s:
            self._renew()
        if not self._owns:
            return False
        now = datetime.now(tz=timezone.utc)
        with self._database.session("read") as session:
            book = read_rule_book(session)
            found = self._find(session, is_watched=bool(book.rules))
            found.ended = _relevant(found.ended, book, session)
            slow = time.monotonic() - self._slow_at >= _SLOW_S
            is_needed = bool(book.rules) and (slow or self._needs_writing(found, book, session, now=now))
        if is_needed:
            self._database.transaction(lambda session: self._judge(found, session, slow=slow, now=now))
            if slow:
                self._slow_at = time.monotonic()
        self._remember(found, now=now)
        return True

    def stop(self) -> None:
        """Let another process take over at once."""
        if self._owns:
            self._owns = False
            self._database.transaction(self._release)

    def _find(self, session: Session, *, is_watched: bool) -> _Found:
        new = finding.find_new(self._last_run_pk, session)
        last_pk = max((pk for pk, *_ in new), default=self._last_run_pk)
        made: dict[str, datetime] = {}
        for _, workflow_id, _, created in new:
            if created is not None:
                made[workflow_id] = max(created, made.get(workflow_id, created))
        if not is_watched:
            # What runs, which may be thousands, is read when there is a rule.
            return _Found(last_pk, {}, [], made, set())
        active = finding.find_active(session)
        gone = set(self._active) - set(active)
        gone.update(pk for pk, _, state, _ in new if state in {"failed", "success"})
        ended = finding.find_ended(gone, session) if gone else []
        again = finding.find_cleared(self._cleared_until - _CLEARED_OVERLAP, session)
        ended = _joined(ended, (one for one in again if (one.run.pk, one.clear_number) not in self._cleared))
        if time.monotonic() - self._swept_at >= _SWEEP_S:
            is_whole = time.monotonic() - self._swept_all_at >= _SWEEP_ALL_S
            since = self._looked_until - _OVERLAP
            missed = finding.find_missed(since, session, after_pk=None if is_whole else self._swept_pk)
            ended = _joined(ended, missed)
        return _Found(last_pk, active, ended, made, {(each.run.pk, each.clear_number) for each in again})

    def _needs_writing(self, found: _Found, book: RuleBook, session: Session, *, now: datetime) -> bool:
        """Tell whether anything may have happened, so that most looks take no lock."""
        if found.ended:
            return True
        if book.watches("retry") and judging.has_fresh_retries(
            finding.find_retries(None, session), book, session
        ):
            return True
        long_runs = [event.key for event in judging.judge_long_runs(found.active, {}, book, now=now)]
        return bool(long_runs) and known_keys(long_runs, session) != set(long_runs)

    def _judge(self, found: _Found, session: Session, *, slow: bool, now: datetime) -> None:
        book = read_rule_book(session)
        events = judging.judge_ended(found.ended, book, session)
        if book.watches("retry"):
            events += judging.judge_retries(finding.find_retries(None, session), book, session)
        if book.watches("long_run"):
            names = _names({run.workflow_id for run in found.active.values()}, session)
            events += judging.judge_long_runs(found.active, names, book, now=now)
        if slow:
            deliveries = finding.find_failed_deliveries(now - _DELIVERIES_SINCE, session)
            watched = [each for each in deliveries if book.matching("failure", each.workflow_id)]
            events += judging.judge_deliveries(watched, book)
            if book.watches("no_run"):
                events += self._silence(found, book, session, now=now)
        written = record(events, session)
        record(judging.judge_growth(written, book, session, now=now), session)
        self._log(written)

    def _silence(
        self, found: _Found, book: RuleBook, session: Session, *, now: datetime
    ) -> Iterable[NewEvent]:
        published = {
            workflow_id: each
            for workflow_id, each in _published(session).items()
            if book.matching("no_run", workflow_id)
        }
        for workflow_id in published.keys() - self._last_runs.keys():
            self._last_runs[workflow_id] = _last_run(workflow_id, session)
        last = {
            workflow_id: max(
                (each for each in (self._last_runs[workflow_id], found.made.get(workflow_id)) if each),
                default=None,
            )
            for workflow_id in published
        }
        return judging.judge_silence(last, published, book, now=now)

    def _remember(self, found: _Found, *, now: datetime) -> None:
        self._last_run_pk, self._active = found.last_run_pk, found.active
        self._cleared, self._cleared_until = found.cleared, now
        for workflow_id, made in found.made.items():
            if workflow_id in self._last_runs:
                self._last_runs[workflow_id] = max(made, self._last_runs[workflow_id] or made)
                self._unsaved.add(workflow_id)
        if time.monotonic() - self._swept_at >= _SWEEP_S:
            if time.monotonic() - self._swept_all_at >= _SWEEP_ALL_S:
                self._swept_all_at = time.monotonic()
                self._looked_until = now
            # Runs get their ids before they can be seen, so that the next look reaches back to this one.
            self._swept_pk, self._before_pk = self._before_pk, found.last_run_pk
            self._swept_at = time.monotonic()

    def _renew(self) -> None:
        owned_before = self._owns
        row = self._database.transaction(self._claim) if owned_before else self._try_claim()
        self._owns = row is not None
        self._renewed_at = time.monotonic()
        if row is not None:
            self._unsaved.clear()
            if not owned_before:
                log.debug("This process looks for events from now on")
                self._last_run_pk, self._looked_until = row
                self._active, self._last_runs = {}, {}
                self._cleared, self._cleared_until = set(), self._looked_until
                self._swept_pk = self._before_pk = self._last_run_pk
                self._swept_at = self._swept_all_at = self._slow_at = float("-inf")

    def _try_claim(self) -> tuple[int, datetime] | None:
        # A look first, so that processes that wait take no lock.
        with self._database.session("read") as session:
            row = session.get(AlertWatchRow, 1)
            if row is not None and row.owned_until is not None and row.owned_until > _now():
                return None
        return self._database.transaction(self._claim)

    def _claim(self, session: Session) -> tuple[int, datetime] | None:
        """Take or keep the lease; return how far was looked, or None when another process has it."""
        now = _now()
        row = session.get(AlertWatchRow, 1, with_for_update=True)
        if row is None:
            # What failed before anybody could have made a rule is nobody's news.
            row = AlertWatchRow(id=1, last_run_pk=finding.newest_run_pk(session), looked_until=now)
            session.add(row)
        elif row.owner != self._owner and row.owned_until is not None and row.owned_until > now:
            return None
        elif row.owner == self._owner and self._owns:
            row.last_run_pk, row.looked_until = self._last_run_pk, self._looked_until
            self._save_last_runs(session)
        row.owner, row.owned_until = self._owner, now + self._lease
        session.flush()
        return row.last_run_pk, row.looked_until

    def _release(self, session: Session) -> None:
        row = session.get(AlertWatchRow, 1, with_for_update=True)
        if row is not None and row.owner == self._owner:
            row.last_run_pk, row.looked_until = self._last_run_pk, self._looked_until
            self._save_last_runs(session)
            row.owner, row.owned_until = None, None

    def _save_last_runs(self, session: Session) -> None:
        for workflow_id in self._unsaved:
            row = session.get(AlertWorkflowRow, workflow_id)
            if row is None:
                row = AlertWorkflowRow(workflow_id=workflow_id)
                session.add(row)
            row.last_run_at = self._last_runs[workflow_id]

    @staticmethod
    def _log(events: Iterable[NewEvent]) -> None:
        for event in events:
            log.debug("Alert: %s of %s (%s)", event.kind, event.workflow_id, event.key)


def _now() -> datetime:
    return datetime.now(tz=timezone.utc)


def _joined(ended: list[Ended], others: Iterable[Ended]) -> list[Ended]:
    """Add what is not there, in the order in which they ended."""
    seen = {each.run.pk for each in ended}
    return sorted(
        [*ended, *(each for each in others if each.run.pk not in seen)], key=lambda each: each.ended_at
    )


def _relevant(ended: list[Ended], book: RuleBook, session: Session) -> list[Ended]:
    """Return those that may be events: most runs end well, and after others that did."""
    if not ended or not book.rules:
        return []
    failing = set(
        session.scalars(
            select(AlertWorkflowRow.workflow_id).where(AlertWorkflowRow.failing_since.is_not(None))
        )
    )
    failing.update(each.run.workflow_id for each in ended if each.state == "failed")
    return [
        each
        for each in ended
        if each.state == "failed"
        or each.run.workflow_id in failing
        or book.matching("retry", each.run.workflow_id)
    ]


def _names(workflow_ids: set[str], session: Session) -> dict[str, str]:
    rows = session.execute(select(WorkflowRow.id, WorkflowRow.name).where(WorkflowRow.id.in_(workflow_ids)))
    return {row.id: row.name for row in rows}


def _published(session: Session) -> dict[str, tuple[str, datetime]]:
    """Return published workflow -> its name, and since when its present publication is live."""
    query = select(WorkflowRow.id, WorkflowRow.name, PublicationRow.created_at).join(
        PublicationRow, PublicationRow.seq == WorkflowRow.published_seq
    )
    return {workflow_id: (name, since) for workflow_id, name, since in session.execute(query)}


def _last_run(workflow_id: str, session: Session) -> datetime | None:
    """Return when a workflow's last run was made, as it was saved, else as Airflow knows it."""
    from airflow.models.dagrun import DagRun

    row = session.get(AlertWorkflowRow, workflow_id)
    if row is not None and row.last_run_at is not None:
        return row.last_run_at
    newest = select(func.max(DagRun.id)).where(DagRun.dag_id == workflow_id).scalar_subquery()
    moment: datetime | None = session.scalar(select(DagRun.created_at).where(DagRun.id == newest))
    return moment
