"""One thread that watches one mailbox."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from flowforge_provider.hooks.imap import ImapSettings, MailboxError, read_settings
from flowforge_provider.inbox.errors import StalePublicationError
from flowforge_provider.inbox.mailbox.box import LONGEST_IDLE_S, Box
from flowforge_provider.inbox.mailbox.positions import LostLeaseError
from flowforge_provider.inbox.mailbox.reader import Reader
from flowforge_provider.inbox.mailbox.refresh_tokens import keep_refresh_token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.inbox.mailbox.positions import Positions
    from flowforge_provider.inbox.mailbox.targets import Target
    from flowforge_provider.runs.database import Database

__all__ = ["Watcher", "find_settings"]

log = logging.getLogger(__name__)

_FIRST_DELAY_S = 1.0
_LONGEST_DELAY_S = 60.0
# Servers lock those out who try a wrong password again and again.
_DELAY_AFTER_REFUSAL_S = 300.0
# A connection that somebody corrects counts within so many seconds.
_LOOK_AT_CONNECTION_S = 5.0
# After something has happened, more may: the server does not announce what it has told in between.
_SHORT_IDLE_S = 2.0


class Watcher:
    """
    Watches a mailbox until told to stop, whatever its server does.

    :param offer: gets each delivery that was stored
    :param claim: workflow id -> until when this process dispatches a new delivery
    :param find: connection id -> settings
    """

    def __init__(
        self,
        target: Target,
        *,
        database: Database,
        positions: Positions,
        offer: Callable[[Sequence[Delivery]], None],
        claim: Callable[[str], datetime | None],
        find: Callable[[str], ImapSettings] | None = None,
    ) -> None:
        self.target = target
        self._database = database
        self._positions = positions
        self._offer = offer
        self._claim = claim
        self._find = find or find_settings
        self._stopping = threading.Event()
        self._box: Box | None = None
        self._was_well = False
        name = f"flowforge-mailbox-{target.workflow_id}-{target.node_id}"
        self._thread = threading.Thread(target=self._run, name=name[:60], daemon=True)

    @property
    def is_alive(self) -> bool:
        """Tell whether it still watches."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread as soon as what it stores is stored; does not wait for it."""
        self._stopping.set()
        box = self._box
        if box is not None:
            box.cut()

    def join(self, timeout_s: float) -> None:
        """Wait until the thread has ended."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._was_well = False
            try:
                self._watch(self._find(self.target.parameters.connection_id))
                failures = 0
            except (LostLeaseError, StalePublicationError):
                # The service decides who goes on, and with what.
                return
            except Exception as exc:  # a thread that ended would be a mailbox that nobody reads
                if self._stopping.is_set():
                    return
                failures = 1 if self._was_well else failures + 1
                self._tell(exc, failures=failures)
                self._wait(exc, failures=failures)

    def _watch(self, settings: ImapSettings) -> None:
        box = Box(
            settings,
            folder=self.target.parameters.folder,
            renewed=lambda token: keep_refresh_token(self._database, settings=settings, token=token),
        )
        self._box = box
        try:
            if self._stopping.is_set():
                return
            reader = Reader(
                self.target,
                box,
                database=self._database,
                positions=self._positions,
                offer=self._offer,
                claim=lambda: self._claim(self.target.workflow_id),
            )
            reader.prepare()
            recent = True
            while not self._stopping.is_set():
                found = reader.look(stopped=self._stopping.is_set)
                self._was_well = True
                box.wait(self._pause(box, busy=found or recent), stopped=self._stopping.is_set)
                recent = found
        finally:
            self._box = None
            box.close()

    def _pause(self, box: Box, *, busy: bool) -> float:
        if not box.has_idle:
            return float(self.target.parameters.interval_s)
        return _SHORT_IDLE_S if busy else LONGEST_IDLE_S

    def _tell(self, exc: Exception, *, failures: int) -> None:
        """Show the error where people look for it."""
        if isinstance(exc, (DBAPIError, PoolTimeoutError)):
            log.warning("Mailbox of %s waits for the database: %s", self.target.key, exc)
            return
        known = isinstance(exc, MailboxError)
        text = (
            f"{exc.message} [{exc.error_code}]"
            if isinstance(exc, MailboxError)
            else f"{type(exc).__name__}: {exc}"
        )
        # One traceback is enough; a server may be away for hours.
        log.warning(
            "Mailbox of %s: %s", self.target.key, text, exc_info=None if known or failures > 1 else exc
        )
        try:
            self._positions.write(self.target.key, error=text[:4000])
        except Exception:  # it will be told at the next failure
            log.debug("The error of %s could not be noted", self.target.key, exc_info=True)

    def _wait(self, exc: Exception, *, failures: int) -> None:
        """Wait longer from failure to failure, but no longer than until the connection is corrected."""
        # As it is now: signing in may have renewed its refresh token, which corrects nothing.
        before = self._present_settings()
        refused = isinstance(exc, MailboxError) and exc.error_code == "mailbox-login"
        longest = _DELAY_AFTER_REFUSAL_S if refused else _LONGEST_DELAY_S
        left = min(longest, (10 * _FIRST_DELAY_S if refused else _FIRST_DELAY_S) * 2 ** min(failures - 1, 10))
        while left > 0 and not self._stopping.wait(min(left, _LOOK_AT_CONNECTION_S)):
            left -= _LOOK_AT_CONNECTION_S
            if left > 0 and self._present_settings() != before:
                return

    def _present_settings(self) -> ImapSettings | None:
        try:
            return self._find(self.target.parameters.connection_id)
        except Exception:  # whatever it is, the next try will tell
            return None


def find_settings(connection_id: str) -> ImapSettings:
    """
    Return how to reach the mailbox that an Airflow connection describes.

    :raises MailboxError: there is no such connection, or something is missing in it
    """
    from airflow.models.connection import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection: Any = Connection.get_connection_from_secrets(connection_id)
    except AirflowNotFoundException as exc:
        raise MailboxError(
            f'There is no connection "{connection_id}". Create it in Airflow, or choose another one.',
            code="missing-connection",
        ) from exc
    return read_settings(connection)
