"""Watch the mailboxes of all published workflows, shared out among the processes."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from typing import TYPE_CHECKING

from flowforge_provider.inbox.mailbox.positions import Positions
from flowforge_provider.inbox.mailbox.targets import Targets
from flowforge_provider.inbox.mailbox.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.inbox.mailbox.targets import Target, TargetKey
    from flowforge_provider.runs.database import Database

__all__ = ["Mailboxes"]

log = logging.getLogger(__name__)

# How often publications are looked at, and leases kept.
_LOOK_S = 1.0
_LEASE_S = 15.0
_RENEW_S = 4.0
_STOP_S = 5.0


class Mailboxes:
    """
    One thread that starts and stops the watchers of this process.

    :param offer: gets each delivery that was stored
    :param claim: workflow id -> until when this process dispatches a new delivery; None for another one's
    :param limit: mailboxes that this process watches at most
    :param lease_s: seconds until other processes take over the mailboxes of one that has crashed
    """

    def __init__(
        self,
        *,
        database: Database,
        offer: Callable[[Sequence[Delivery]], None],
        claim: Callable[[str], datetime | None],
        limit: int,
        lease_s: float = _LEASE_S,
    ) -> None:
        self._database = database
        self._offer = offer
        self._claim = claim
        self._limit = limit
        owner = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._positions = Positions(database, owner=owner, lease_s=lease_s)
        self._renew_s = min(_RENEW_S, lease_s / 3)
        self._targets = Targets(database)
        self._watchers: dict[TargetKey, Watcher] = {}
        self._ending: list[Watcher] = []
        self._renewed_at = float("-inf")
        self._failures = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flowforge-mailboxes", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End all watchers and leave their mailboxes to other processes; takes seconds at most."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
                self._failures = 0
            except Exception as exc:  # the loop must outlive a database that is away, or not migrated yet
                self._failures += 1
                log.warning("Mailboxes wait: %s", exc, exc_info=exc if self._failures == 1 else None)
            self._stopping.wait(min(_LOOK_S * 2 ** min(self._failures, 5), 30.0))
        self._end()

    def _look(self) -> None:
        targets = self._targets.read()
        self._ending = [each for each in self._ending if each.is_alive]
        for key, watcher in list(self._watchers.items()):
            if targets.get(key) != watcher.target or not watcher.is_alive:
                self._drop(key)
        now = time.monotonic()
        if now - self._renewed_at < self._renew_s and self._watchers.keys() >= targets.keys():
            return
        if now - self._renewed_at >= self._renew_s:
            kept = self._positions.renew(self._watchers.keys())
            self._renewed_at = now
            for key in self._watchers.keys() - kept:
                self._drop(key)
            self._positions.forget_others(self._targets.live_seqs(), targets.keys())
        for key in targets.keys() - self._watchers.keys():
            if len(self._watchers) < self._limit:
                self._try(targets[key])

    def _try(self, target: Target) -> None:
        # The old watcher of the same mailbox may be storing a message; its position is read after that.
        if any(each.is_alive and each.target.key == target.key for each in self._ending):
            return
        if self._positions.acquire(target):
            watcher = Watcher(
                target,
                database=self._database,
                positions=self._positions,
                offer=self._offer,
                claim=self._claim,
            )
            self._watchers[target.key] = watcher
            watcher.start()

    def _drop(self, key: TargetKey) -> None:
        watcher = self._watchers.pop(key)
        watcher.stop()
        self._ending.append(watcher)

    def _end(self) -> None:
        keys = list(self._watchers)
        for key in keys:
            self._drop(key)
        until = time.monotonic() + _STOP_S
        for watcher in self._ending:
            watcher.join(max(0.0, until - time.monotonic()))
        try:
            self._positions.release(keys)
        except Exception:  # the leases end by themselves
            log.debug("Leases could not be given back", exc_info=True)
