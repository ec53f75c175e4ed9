"""Deliveries on their way to runs, step by step and with a clock of the test's own."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from flowforge_provider.inbox.claims import claim_deliveries
from flowforge_provider.inbox.dispatch import dispatch_batch
from flowforge_provider.inbox.flow import Flow, Grouping, Rate
from flowforge_provider.inbox.releasing import release
from flowforge_provider.inbox.writer import DeliveryWriter, _Job
from flowforge_provider.runs.published import read_published
from flowforge_provider.store.tables import DeliveryGroupRow, DeliveryRow
from tests.factories import make_graph
from tests.support.front_door import make_delivery, make_webhook, publish_graph

if TYPE_CHECKING:
    from flowforge_provider.inbox.delivery import Accepted, Delivery
    from flowforge_provider.runs.database import Database

START = datetime(2026, 1, 5, tzinfo=timezone.utc)
_LATER = timedelta(days=1000)


def publish_limited(limit: int = 1) -> str:
    """Publish a webhook with at most so many unfinished runs for each key."""
    hook = make_webhook(
        limit_concurrency=True, concurrency_limit=limit, concurrency_key="{{ trigger.body.key }}"
    )
    return publish_graph(make_graph(hook))


def debounce(key: str, *, wait: int = 10, longest: int | None = None) -> Flow:
    """Return what a webhook with a debounce asks for."""
    longest_wait = timedelta(seconds=longest) if longest is not None else None
    return Flow(grouping=Grouping("debounce", key, timedelta(seconds=wait), longest_wait=longest_wait))


def batch(key: str, *, size: int, wait: int = 10) -> Flow:
    """Return what a webhook with a batch asks for."""
    return Flow(grouping=Grouping("batch", key, timedelta(seconds=wait), size=size))


def rate(key: str, *, limit: int, period: int, spread: bool = False) -> Flow:
    """Return what a webhook with a rate limit asks for."""
    return Flow(rate=Rate(key, limit, timedelta(seconds=period), spread=spread))


class Line:
    """
    One process's part of the way, without its threads: each step is called by the test.

    :param database: where deliveries and runs are
    """

    def __init__(self, database: Database) -> None:
        self.now = START
        self._database = database
        self._writer = DeliveryWriter(
            database=database,
            on_written=lambda _: None,
            claim_s=15,
            may_claim=lambda *_: False,
            clock=lambda: self.now,
        )
        with database.session("read") as session:
            self._seq = read_published("orders", session).seq

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def write(self, **fields: Any) -> Accepted:
        """Write one delivery, which arrives now."""
        return self.write_all([make_delivery(received_at=self.now, **fields)])[0].result(timeout=0)

    def write_all(self, deliveries: list[Delivery]) -> list[Future[Accepted]]:
        """Write deliveries in one transaction."""
        jobs = [_Job(each, self._seq, Future()) for each in deliveries]
        self._writer._write_batch(jobs)
        return [job.done for job in jobs]

    def release(self) -> float | None:
        """Let go of what is due; return the seconds until something else is."""
        return release(database=self._database, claim_s=15, now=self.now).pause_s

    def dispatch(self) -> None:
        """Make the runs of all pending deliveries, as a process does that takes over from a crashed one."""
        with self._database.session() as session:
            for row in session.query(DeliveryRow).filter(DeliveryRow.state == "pending"):
                row.claimed_until = None
        while found := claim_deliveries(database=self._database, limit=100, claim_s=15):
            assert dispatch_batch(found, database=self._database) == {}

    def finish(self) -> None:
        """Let all time pass, and do everything that is left to do."""
        self.now += _LATER
        while self.release() == 0:
            pass
        self.dispatch()
        with self._database.session("read") as session:
            assert session.query(DeliveryGroupRow).count() == 0


def rows_of(database: Database) -> dict[str, DeliveryRow]:
    """Return delivery id -> row."""
    with database.session("read") as session:
        return {row.id: row for row in session.query(DeliveryRow).order_by(DeliveryRow.id)}


def runs_of(database: Database) -> dict[str, dict[str, Any]]:
    """Return run id -> ``trigger`` of the run."""
    from airflow.models.dagrun import DagRun

    with database.session("read") as session:
        return {
            run.run_id: dict(run.conf or {})["trigger"] for run in session.query(DagRun).order_by(DagRun.id)
        }


def check_promises(database: Database) -> None:
    """
    Every delivery ended as exactly one of: its run, its group's run, or skipped with a reason; and every run
    stems from the deliveries that it names.
    """
    rows, runs = rows_of(database), runs_of(database)
    named: dict[str, list[str]] = {}
    for run_id, trigger in runs.items():
        for delivery_id in trigger.get("deliveries") or [trigger["delivery_id"]]:
            named.setdefault(delivery_id, []).append(run_id)
    for row in rows.values():
        if row.state == "dispatched":
            assert named.pop(row.id) == [row.run_id], "a delivery is not in its one run"
        else:
            assert row.state == "skipped", (row.state, row.reason)
            assert row.id not in named
            assert (row.reason, row.run_id) == ("filter", None) or (
                row.reason == "debounced" and row.run_id in runs
            ), (row.reason, row.run_id)
    assert named == {}, "a run names a delivery that is not there"
