"""
The loop of the queue: keeps Airflow in the state that operators want, and works off what they asked for.

Each process that dispatches runs it. They need not agree on who: every step is one transaction that looks at
the database first, and doing it twice changes nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from flowforge_provider.queue import collecting, letting, pauses, priorities, redriving

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from flowforge_provider.runs.database import Database

__all__ = ["QueueKeeper"]

log = logging.getLogger(__name__)

T = TypeVar("T")

# While executions are let through one looks often: the next one can only begin when the last has ended.
_BUSY_S = 0.5
_IDLE_S = 2.0
_PRIORITIES_S = 5.0
_COLLECT_S = 5.0
# Pauses are this much longer than looking took, when there is nothing to gather.
_COLLECT_SHARE = 20
_MOST_BATCHES = 5
_LONGEST_PAUSE_S = 30.0


class QueueKeeper:
    """
    One thread that keeps pauses and priorities, and follows executions that were let through.

    :param database: Airflow's, with FlowForge's tables
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database
        self._stopping = threading.Event()
        self._priorities_at = 0.0
        self._collect_at = 0.0
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="flowforge-queue", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step that is being done."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        pause_s = 0.0
        while not self._stopping.wait(pause_s):
            try:
                busy = self.look()
            except Exception as exc:  # noqa: PERF203 - the thread must outlive a database that is away
                pause_s = min(_IDLE_S * 2**self._failures, _LONGEST_PAUSE_S)
                if not self._failures:
                    log.warning("The queue cannot be looked after: %s", exc)
                self._failures = min(self._failures + 1, 10)
            else:
                self._failures = 0
                pause_s = _BUSY_S if busy else _IDLE_S

    def look(self) -> bool:
        """
        Do what is to be done now; return whether it is worth looking again soon.

        :raises Exception: a step has failed; the others were done all the same
        """
        failures: list[Exception] = []
        busy = False
        for step in (self._enforce, self._follow_all, self._keep_priorities, self._collect, self._drive):
            try:
                busy = bool(step()) or busy
            except Exception as exc:  # noqa: PERF203 - one that fails keeps no other from its turn
                failures.append(exc)
        if failures:
            raise failures[0]
        return busy

    def _enforce(self) -> None:
        if self._read(pauses.needs_enforcing):
            self._database.transaction(pauses.enforce)

    def _follow_all(self) -> bool:
        workflow_ids = self._read(letting.holding_workflows)
        for workflow_id in sorted(workflow_ids):
            self._follow(workflow_id)
        return bool(workflow_ids)

    def _keep_priorities(self) -> None:
        if time.monotonic() < self._priorities_at:
            return
        self._priorities_at = time.monotonic() + _PRIORITIES_S
        if self._read(priorities.has_priorities):
            self._database.transaction(priorities.keep_priorities)

    def _drive(self) -> bool:
        return bool(self._read(redriving.has_due) and redriving.drive(self._database))

    def _collect(self) -> None:
        """Gather dead letters; the more there are to look through, the less often."""
        if time.monotonic() < self._collect_at:
            return
        began = time.monotonic()
        is_needed = self._read(collecting.needs_collecting)
        looked = time.monotonic()
        for _ in range(_MOST_BATCHES if is_needed else 0):
            found = self._database.transaction(collecting.collect)
            if found < collecting.BATCH or self._stopping.is_set():
                break
        now = time.monotonic()
        # A backlog is worked off half of the time.
        self._collect_at = now + max(_COLLECT_S, _COLLECT_SHARE * (looked - began), now - looked)

    def _follow(self, workflow_id: str) -> None:
        if self._read(lambda session: letting.needs_following(workflow_id, session)):
            self._database.transaction(lambda session: letting.follow(workflow_id, session))

    def _read(self, work: Callable[[Session], T]) -> T:
        # SQLite has one writer at a time: it is not kept from others for a look.
        with self._database.session("read") as session:
            return work(session)
