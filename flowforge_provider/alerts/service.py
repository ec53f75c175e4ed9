"""The alerts of one process: look, write, send, over and over."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from flowforge_provider import settings
from flowforge_provider.alerts.cleaning import clean_alerts
from flowforge_provider.alerts.composing import compose, is_due
from flowforge_provider.alerts.environment import sync_environment
from flowforge_provider.alerts.sending import Sender
from flowforge_provider.alerts.watch import Watch

if TYPE_CHECKING:
    from flowforge_provider.runs.database import Database

__all__ = ["Alerts"]

log = logging.getLogger(__name__)

_LOOK_S = 1.0
_LONGEST_PAUSE_S = 30.0
_CLEAN_S = 3600.0
_BATCH = 200
_MOST_BATCHES = 50


class Alerts:
    """
    One thread that finds events and writes messages when it is this process's turn, and sends what is due.

    All that it knows is in the database: the next process goes on with what one that crashes leaves behind.

    :param database: where runs, rules and messages are
    :param look_s: seconds between two looks
    """

    def __init__(self, *, database: Database, look_s: float = _LOOK_S) -> None:
        self._database = database
        self._look_s = look_s
        owner = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._watch = Watch(database=database, owner=owner)
        self._sender = Sender(database=database)
        self._environment_read = False
        self._cleaned_at = time.monotonic()
        self._failures = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flowforge-alerts", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is under way; takes seconds at most."""
        self._stopping.set()
        self._thread.join()
        self._sender.stop()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._step()
                self._failures = 0
            except Exception as exc:  # the loop must outlive a database that is away, or not migrated yet
                self._failures += 1
                log.warning("Alerts wait: %s", exc, exc_info=exc if self._failures == 1 else None)
            self._stopping.wait(min(self._look_s * 2 ** min(self._failures, 5), _LONGEST_PAUSE_S))
        try:
            self._watch.stop()
        except Exception:  # the lease ends by itself
            log.debug("The lease could not be given back", exc_info=True)

    def _step(self) -> None:
        if not self._environment_read:
            self._database.transaction(sync_environment)
            self._environment_read = True
        if self._watch.look():
            self._compose()
            self._clean()
        self._sender.send_due()

    def _compose(self) -> None:
        with self._database.session("read") as session:
            if not is_due(session):
                return
        self._database.transaction(compose, mode="snapshot")

    def _clean(self) -> None:
        if time.monotonic() - self._cleaned_at < _CLEAN_S:
            return
        self._cleaned_at = time.monotonic()
        older_than = datetime.now(tz=timezone.utc) - timedelta(days=settings.alert_retention_days())
        for _ in range(_MOST_BATCHES):
            removed = self._database.transaction(
                lambda session: clean_alerts(older_than=older_than, limit=_BATCH, session=session)
            )
            if not removed or self._stopping.wait(0.1):
                break
