"""
Remove old deliveries and executions, slowly and beside everything else.

Each process that dispatches does it now and then. They need not agree on who: they pass over each other's
rows, and what one has removed the next does not find.
"""

from __future__ import annotations

import logging
import random
import threading
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING

from flowforge_provider import settings
from flowforge_provider.store.retention import clean_batch

if TYPE_CHECKING:
    from flowforge_provider.runs.database import Database

__all__ = ["Housekeeper"]

log = logging.getLogger(__name__)

_PAUSE_S = 600.0
_BATCH = 200
# A run has many rows.
_BATCH_OF_RUNS = 50
# At most 20,000 rows at a time, and the database has most of the time to itself.
_MOST_BATCHES = 100
_BETWEEN_BATCHES_S = 0.2


class Housekeeper:
    """
    One thread that removes what is older than ``[flowforge] delivery_retention_days``, tests of steps, and
    executions that are older than their workflows say.

    :param database: where deliveries are
    :param pause_s: seconds between two looks
    """

    def __init__(self, *, database: Database, pause_s: float = _PAUSE_S) -> None:
        self._database = database
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flowforge-housekeeper", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End after the batch that is being removed."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        # Processes that were started together do not look together.
        while not self._stopping.wait(self._pause_s * random.uniform(0.5, 1.5)):  # noqa: S311 - no secret
            self._try()

    def _try(self) -> None:
        try:
            removed = self.clean()
        except Exception as exc:  # the thread must outlive a database that is away
            log.warning("Old deliveries cannot be removed: %s", exc)
        else:
            if removed:
                log.info("%d old deliveries were removed", removed)

    def clean(self) -> int:
        """Remove what is old now, up to a bound; return the number of deliveries."""
        older_than = datetime.now(tz=timezone.utc) - timedelta(days=settings.delivery_retention_days())
        removed = 0
        for _ in range(_MOST_BATCHES):
            counts = self._database.transaction(
                lambda session: clean_batch(older_than=older_than, limit=_BATCH, session=session)
            )
            removed += counts.deliveries
            if not counts or self._stopping.wait(_BETWEEN_BATCHES_S):
                break
        self._clean_step_tests()
        self._clean_executions()
        return removed

    def _clean_executions(self) -> None:
        """Remove old executions, of one workflow after the other, up to a bound."""
        from flowforge_provider.retention.executions import deadlines, remove_executions

        with self._database.session("read") as session:
            limits = deadlines(session)
        gone = 0
        batches = _MOST_BATCHES
        # In another order each time: one workflow's backlog is not to keep the others waiting for good.
        for workflow_id, before in random.sample(list(limits.items()), len(limits)):
            removed = _BATCH_OF_RUNS
            while removed and batches and not self._stopping.is_set():
                work = partial(
                    remove_executions, workflow_id=workflow_id, before=before, limit=_BATCH_OF_RUNS
                )
                removed = self._database.transaction(work).executions
                gone += removed
                if removed:
                    batches -= 1
                    self._stopping.wait(_BETWEEN_BATCHES_S)
        if gone:
            log.info("%d old executions were removed", gone)

    def _clean_step_tests(self) -> None:
        from flowforge_provider.step_tests.reading import clean_tests

        for _ in range(_MOST_BATCHES):
            gone = self._database.transaction(lambda session: clean_tests(limit=_BATCH, session=session))
            if not gone or self._stopping.wait(_BETWEEN_BATCHES_S):
                break
