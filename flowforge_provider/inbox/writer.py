"""
Write deliveries, many in one commit.

A commit waits for the disk. One thread takes whatever has arrived while the last commit was under way and
writes it as one transaction, so that the cost of a commit is shared by all who wait for it.
"""

from __future__ import annotations

import logging
import queue
import threading
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, insert, literal, select, tuple_, union_all, update

from flowforge_provider.inbox.delivery import Accepted, Delivery
from flowforge_provider.inbox.errors import InboxClosedError, RefusedError, StalePublicationError
from flowforge_provider.inbox.files import rows_of_files
from flowforge_provider.inbox.placing import Placer
from flowforge_provider.runs.database import is_transient
from flowforge_provider.store.tables import DeliveryRow, FileRow, RememberedKeyRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from flowforge_provider.runs.database import Database

__all__ = ["DeliveryWriter", "make_row"]

log = logging.getLogger(__name__)

_MAX_BATCH = 64
# A statement is put together in memory, several times over.
_MAX_BATCH_BYTES = 4 * 1024 * 1024

# Workflow, trigger node and key.
_Key = tuple[str, str, str]
# What became of a delivery, and the delivery as it was written; None for one that was not.
_Result = tuple["Accepted | StalePublicationError | RefusedError", "Delivery | None"]


class _Job(NamedTuple):
    delivery: Delivery
    seq: int
    done: Future[Accepted]


class DeliveryWriter:
    """
    The one thread of this process that inserts deliveries.

    :param database: where to
    :param on_written: gets the deliveries of each commit that are not duplicates; must not block
    :param claim_s: seconds for which a new delivery belongs to this process
    :param may_claim: whether the dispatcher of this process has room for one more of a workflow, besides a
        number of others
    :param clock: gives the present moment
    """

    def __init__(
        self,
        *,
        database: Database,
        on_written: Callable[[Sequence[Delivery]], None],
        claim_s: float,
        may_claim: Callable[[str, int], bool],
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._database = database
        self._on_written = on_written
        self._claim = timedelta(seconds=claim_s)
        self._may_claim = may_claim
        self._clock = clock or (lambda: datetime.now(tz=timezone.utc))
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="flowforge-inbox-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Write what has arrived, then end the thread."""
        self._closed = True
        self._jobs.put(None)
        self._thread.join()

    def write(self, delivery: Delivery, *, seq: int) -> Future[Accepted]:
        """
        Write one delivery; the future is done when it is committed.

        :param seq: the publication by which its sender was verified; when another one is live by now, the
            future fails with StalePublicationError and nothing is written
        :raises InboxClosedError: the process is stopping
        """
        if self._closed:
            raise InboxClosedError("This process is stopping. Send the delivery again.")
        job = _Job(delivery, seq, Future())
        self._jobs.put(job)
        return job.done

    def _run(self) -> None:
        stopping = False
        while not stopping:
            batch: list[_Job] = []
            size = 0
            job = self._jobs.get()
            while True:
                if job is None:
                    stopping = True
                # A sender that has gone away in the meantime gets no run: it was never answered.
                elif job.done.set_running_or_notify_cancel():
                    batch.append(job)
                    size += job.delivery.size
                if stopping or len(batch) >= _MAX_BATCH or size >= _MAX_BATCH_BYTES:
                    break
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
            if batch:
                self._write_batch(batch)

    def _write_batch(self, batch: list[_Job]) -> None:
        try:
            results = self._database.transaction(lambda session: self._insert(batch, session))
        except Exception as exc:  # each sender learns of it; this thread must go on
            if len(batch) > 1 and not is_transient(exc):
                # One of them may be what the database refuses; the others are not to suffer for it.
                for job in batch:
                    self._write_batch([job])
                return
            log.exception("%d deliveries could not be written", len(batch))
            for job in batch:
                job.done.set_exception(exc)
            return
        written = []
        for job, (result, delivery) in zip(batch, results, strict=True):
            if isinstance(result, Accepted):
                if delivery is not None:
                    written.append(delivery)
                job.done.set_result(result)
            else:
                job.done.set_exception(result)
        self._on_written(written)

    def _insert(self, batch: Sequence[_Job], session: Session) -> list[_Result]:
        now = self._clock()
        live = self._live_seqs(batch, session)
        known = self._known_keys(batch, session)
        placer = Placer([job.delivery for job in batch], session=session, now=now)
        results: list[_Result] = []
        rows: list[dict[str, object]] = []
        files: list[dict[str, object]] = []
        for job in batch:
            delivery = job.delivery
            if live.get(delivery.workflow_id) != job.seq:
                stale = StalePublicationError(f'Workflow "{delivery.workflow_id}" has changed. Look again.')
                results.append((stale, None))
                continue
            key = _key(delivery)
            if key is not None and key in known:
                results.append((known[key], None))
                continue
            try:
                delivery = placer.place(delivery)
            except RefusedError as exc:
                results.append((exc, None))
                continue
            accepted = _accepted(delivery)
            if key is not None:
                known[key] = replace(accepted, duplicate=True)
            mine = delivery.state == "pending" and self._may_claim(delivery.workflow_id, len(rows))
            rows.append(make_row(delivery, claimed_until=now + self._claim if mine else None))
            files += rows_of_files(
                delivery.files,
                workflow_id=delivery.workflow_id,
                delivery_id=delivery.id,
                received_at=delivery.received_at,
            )
            results.append((accepted, delivery))
        placer.flush()
        if rows:
            # Another process may have written the same key since we looked. The transaction is repeated then,
            # and finds it.
            session.execute(insert(DeliveryRow), rows)
        if files:
            session.execute(insert(FileRow), files)
        return results

    @staticmethod
    def _live_seqs(batch: Sequence[_Job], session: Session) -> dict[str, int | None]:
        ids = {job.delivery.workflow_id for job in batch}
        rows = session.execute(
            select(WorkflowRow.id, WorkflowRow.published_seq).where(WorkflowRow.id.in_(ids))
        )
        return {row.id: row.published_seq for row in rows}

    @staticmethod
    def _known_keys(batch: Sequence[_Job], session: Session) -> dict[_Key, Accepted]:
        """Return what was accepted under the keys of a batch, and free the keys whose window is over."""
        wanted = {key: job.delivery for job in batch if (key := _key(job.delivery)) is not None}
        if not wanted:
            return {}
        rows = session.execute(
            union_all(
                _recognised(DeliveryRow, DeliveryRow.id, wanted, is_kept=False),
                _recognised(RememberedKeyRow, RememberedKeyRow.delivery_id, wanted, is_kept=True),
            )
        )
        known: dict[_Key, Accepted] = {}
        expired: list[str] = []
        forgotten: list[_Key] = []
        for row in rows:
            key = (row.workflow_id, row.node_id, row.dedup_key)
            delivery = wanted[key]
            if row.received_at <= delivery.received_at - delivery.dedup_window:
                if row.is_kept:
                    forgotten.append(key)
                else:
                    expired.append(row.delivery_id)
                continue
            skipped = row.reason if row.state == "skipped" else None
            known[key] = Accepted(
                row.delivery_id, row.workflow_id, row.run_id, skipped=skipped, duplicate=True
            )
        if expired:
            session.execute(
                update(DeliveryRow)
                .where(DeliveryRow.id.in_(sorted(expired)))
                .values(dedup_key=None)
                .execution_options(synchronize_session=False)
            )
        if forgotten:
            session.execute(
                delete(RememberedKeyRow)
                .where(_columns(RememberedKeyRow).in_(sorted(forgotten)))
                .execution_options(synchronize_session=False)
            )
        return known


def _recognised(
    table: type[DeliveryRow | RememberedKeyRow], id_column: Any, wanted: Collection[_Key], *, is_kept: bool
) -> Select[Any]:
    """Select what is known of deliveries with some keys; a key may outlive its delivery."""
    return select(
        id_column.label("delivery_id"),
        table.workflow_id,
        table.node_id,
        table.dedup_key,
        table.received_at,
        table.run_id,
        table.state,
        table.reason,
        literal(is_kept).label("is_kept"),
    ).where(_columns(table).in_(list(wanted)))


def _columns(table: type[DeliveryRow | RememberedKeyRow]) -> Any:
    return tuple_(table.workflow_id, table.node_id, table.dedup_key)


def _key(delivery: Delivery) -> _Key | None:
    if delivery.dedup_key is None:
        return None
    return delivery.workflow_id, delivery.node_id, delivery.dedup_key


def _accepted(delivery: Delivery) -> Accepted:
    return Accepted(
        delivery.id,
        delivery.workflow_id,
        delivery.run_id if delivery.has_run else None,
        skipped=delivery.reason if delivery.state == "skipped" else None,
    )


def make_row(delivery: Delivery, *, claimed_until: datetime | None) -> dict[str, object]:
    """Return the row of ``flowforge_delivery``."""
    return {
        "id": delivery.id,
        "workflow_id": delivery.workflow_id,
        "node_id": delivery.node_id,
        "kind": delivery.kind,
        "dedup_key": delivery.dedup_key,
        "remember_until": delivery.received_at + delivery.dedup_window if delivery.dedup_key else None,
        "state": delivery.state,
        "reason": delivery.reason,
        "method": delivery.method,
        "path": delivery.path,
        "client": delivery.client,
        "size": delivery.size,
        "headers": dict(delivery.headers),
        "query": dict(delivery.query),
        "body": delivery.body,
        "raw": delivery.raw,
        "received_at": delivery.received_at,
        "run_id": delivery.run_id if delivery.has_run else None,
        "group_id": delivery.group_id,
        "grouping": delivery.grouping,
        "concurrency_key": delivery.concurrency_key,
        "run_after": delivery.run_after,
        "claimed_until": claimed_until,
    }
