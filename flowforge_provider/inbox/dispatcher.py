"""
The loop that turns deliveries into runs; the only loop that FlowForge owns.

It takes what this process has written from a :class:`WaitingRoom`, and what others have left from the
database. Deliveries that are held, in a group or for their turn, are let go by
:mod:`flowforge_provider.inbox.releasing`: when one has just been written, when the next group is due, and
with each sweep.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from flowforge_provider.inbox.claims import CLAIM_BYTES, claim_deliveries
from flowforge_provider.inbox.dispatch import dispatch_batch, record_failure
from flowforge_provider.inbox.releasing import forget_rates, release
from flowforge_provider.inbox.waiting import WaitingRoom

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.runs.database import Database

__all__ = ["Dispatcher"]

log = logging.getLogger(__name__)

_CLAIM_BATCH = 100
# Deliveries to one workflow that become runs in one transaction, and bytes of their bodies.
_DISPATCH_BATCH = 20
# While senders wait, fewer: the event loop competes with a batch for the interpreter.
_SMALL_BATCH = 10
_DISPATCH_BYTES = 4 * 1024 * 1024
_SWEEP_S = 2.0
_LONGEST_SWEEP_PAUSE_S = 30.0
_FORGET_RATES_S = 60.0
# Making runs is mostly Python work, during which the event loop waits. While senders wait for an answer, a
# pause follows each batch: as long as the batch took for one sender, longer for more of them, but never so
# long that runs would not be made at all.
_LONGEST_PAUSE_S = 0.3
_MOST_PAUSES = 5


class Dispatcher:
    """
    One thread that dispatches this process's own deliveries at once, and left-overs of others in between.

    :param database: where deliveries and runs are
    :param claim_s: seconds for which a claimed delivery belongs to this process
    :param count_senders: how many senders wait for an answer right now
    """

    def __init__(self, *, database: Database, claim_s: float, count_senders: Callable[[], int]) -> None:
        self._database = database
        self._claim_s = claim_s
        self._count_senders = count_senders
        self._waiting = WaitingRoom()
        self._failed_sweeps = 0
        # Moments of the monotonic clock.
        self._release_at = float("-inf")
        self._forget_rates_at = float("-inf")
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flowforge-dispatcher", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the run that is being created, then end; what waits is left to the next process."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def has_room(self, workflow_id: str, extra: int) -> bool:
        """Tell whether one more delivery can wait in memory, besides ``extra`` others that are coming."""
        return self._waiting.has_room(workflow_id, extra)

    def offer(self, deliveries: Sequence[Delivery]) -> None:
        """Take over deliveries that have just been committed; does not block."""
        self._waiting.offer([each for each in deliveries if each.state == "pending"])
        if any(each.state == "held" for each in deliveries):
            self._release_at = float("-inf")
        self._wake.set()

    def _run(self) -> None:
        last_sweep = float("-inf")
        while not self._stopping.is_set():
            pause = min(_SWEEP_S * 2**self._failed_sweeps, _LONGEST_SWEEP_PAUSE_S)
            room = len(self._waiting) < _CLAIM_BATCH
            spilled = self._waiting.has_spilled and not self._failed_sweeps
            if room and (spilled or time.monotonic() - last_sweep >= pause):
                last_sweep = time.monotonic()
                found = self._sweep()
                # A full batch means that there is probably more.
                few = len(found) < _CLAIM_BATCH and sum(each.size for each in found) < CLAIM_BYTES // 2
                self._waiting.put_read(found, all_read=None if self._failed_sweeps else few)
                # Other processes may have begun groups.
                self._release_at = float("-inf")
            if room and not self._failed_sweeps and time.monotonic() >= self._release_at:
                self._release()
            batch = self._waiting.take(
                _SMALL_BATCH if self._count_senders() else _DISPATCH_BATCH, most_bytes=_DISPATCH_BYTES
            )
            if batch:
                self._dispatch(batch)
                continue
            if not self._waiting.has_spilled or self._failed_sweeps:
                until = last_sweep + pause
                if not self._failed_sweeps:
                    until = min(until, self._release_at)
                self._wake.wait(timeout=max(0.0, until - time.monotonic()))
                self._wake.clear()

    def _release(self) -> None:
        self._release_at = float("inf")  # A delivery that is held from here on sets it back.
        try:
            found = release(database=self._database, claim_s=self._claim_s)
            if time.monotonic() >= self._forget_rates_at:
                self._forget_rates_at = time.monotonic() + _FORGET_RATES_S
                forget_rates(database=self._database, now=datetime.now(tz=timezone.utc))
        except Exception as exc:
            log.warning("Deliveries whose time has come cannot be read: %s", exc)
            return  # The next sweep comes back to it.
        self._waiting.put_read(found.deliveries)
        if found.pause_s is not None:
            self._release_at = min(self._release_at, time.monotonic() + found.pause_s)

    def _sweep(self) -> list[Delivery]:
        try:
            found = claim_deliveries(database=self._database, limit=_CLAIM_BATCH, claim_s=self._claim_s)
        except Exception as exc:  # the loop must outlive a database that is away, or not migrated yet
            # One traceback is enough; a database may be away for hours.
            log.warning(
                "Waiting deliveries cannot be read: %s",
                exc,
                exc_info=exc if not self._failed_sweeps else None,
            )
            self._failed_sweeps = min(self._failed_sweeps + 1, 10)
            return []
        self._failed_sweeps = 0
        return found

    def _dispatch(self, batch: Sequence[Delivery]) -> None:
        began = time.monotonic()
        failures = dispatch_batch(batch, database=self._database)
        for delivery in batch:
            if delivery.id in failures:
                self._record(delivery, failures[delivery.id])
        senders = self._count_senders()
        if senders:
            took = time.monotonic() - began
            self._stopping.wait(min(took * min(senders, _MOST_PAUSES), _LONGEST_PAUSE_S))

    def _record(self, delivery: Delivery, exc: Exception) -> None:
        try:
            record_failure(delivery, exc, database=self._database)
        except Exception:  # its claim ends by itself, and then it is tried again
            log.exception("Delivery %s was not dispatched (%s), which could not be noted", delivery.id, exc)
