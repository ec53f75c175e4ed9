"""The inbox of one process: what takes deliveries in, and its life beside the api-server."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypeVar

from flowforge_provider import settings
from flowforge_provider.alerts.service import Alerts
from flowforge_provider.inbox.admission import Admission
from flowforge_provider.inbox.collection import spare_loaded_objects
from flowforge_provider.inbox.dispatcher import Dispatcher
from flowforge_provider.inbox.doors import Doors
from flowforge_provider.inbox.email.fetcher import EmailFetcher
from flowforge_provider.inbox.email.resend_door import FETCH
from flowforge_provider.inbox.errors import InboxClosedError
from flowforge_provider.inbox.housekeeping import Housekeeper
from flowforge_provider.inbox.mailbox.service import Mailboxes
from flowforge_provider.inbox.mailbox.turns import OneAtATime
from flowforge_provider.inbox.responses import Responses
from flowforge_provider.inbox.secrets import Secrets
from flowforge_provider.inbox.writer import DeliveryWriter
from flowforge_provider.queue.keeper import QueueKeeper
from flowforge_provider.runs.database import Database, close_database, get_database

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from flowforge_provider.inbox.delivery import Accepted, Delivery

__all__ = ["Inbox", "get_inbox", "lifespan", "running_inbox"]

T = TypeVar("T")

# Threads that look up publications and secrets. With the writer and the dispatcher they stay within the pool.
_LOOKUP_THREADS = 2
# Seconds until a process that is used has loaded what it needs.
_WARM_S = 30.0


class Inbox:
    """
    Takes deliveries in and dispatches them.

    :param database: where deliveries and runs are
    :param max_concurrency: deliveries written at once; some more wait, and others are refused
    :param claim_s: seconds until other processes take over what this one has left
    :param dispatch: also turn deliveries into runs; else another process does
    """

    def __init__(
        self, *, database: Database, max_concurrency: int, claim_s: float, dispatch: bool = True
    ) -> None:
        self._dispatches = dispatch
        self.database = database
        self.admission = Admission(at_once=max_concurrency)
        self.dispatcher = Dispatcher(
            database=database, claim_s=claim_s, count_senders=lambda: self.admission.senders
        )
        self._writer = DeliveryWriter(
            database=database,
            on_written=self._hand_on,
            claim_s=claim_s,
            may_claim=self.dispatcher.has_room if dispatch else _never,
        )
        self._housekeeper = Housekeeper(database=database)
        self._queue = QueueKeeper(database=database)
        self._claim = timedelta(seconds=claim_s)
        # All that deals with emails and alerts uses one connection at a time: senders come first.
        quiet = OneAtATime(database)
        self._fetcher = EmailFetcher(database=quiet, offer=self._offer, claim=self._claim_until)
        self._mailboxes = Mailboxes(
            database=quiet,
            offer=self._offer,
            claim=self._claim_until,
            limit=settings.mailbox_max_watched(),
        )
        self._alerts = Alerts(database=quiet)
        self.lookups = ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="flowforge-inbox-lookup")
        self.doors = Doors(database=database, executor=self.lookups)
        self.secrets = Secrets(executor=self.lookups)
        self.responses = Responses(database=database, most=settings.inbox_max_waiting())
        self.max_body_bytes = settings.max_body_bytes()

    def start(self) -> None:
        """Start taking in and dispatching."""
        self._writer.start()
        if self._dispatches:
            self.dispatcher.start()
            self._housekeeper.start()
            self._alerts.start()
            self._queue.start()
        self._fetcher.start()
        self._mailboxes.start()

    def stop(self) -> None:
        """Write what was taken in, finish the run that is being created, and end; takes seconds at most."""
        self._mailboxes.stop()
        self._fetcher.stop()
        self._writer.stop()
        if self._dispatches:
            self._alerts.stop()
            self._queue.stop()
            self._housekeeper.stop()
            self.dispatcher.stop()
        self.responses.stop()
        self.lookups.shutdown(wait=True, cancel_futures=True)

    async def accept(self, delivery: Delivery, *, seq: int) -> Accepted:
        """
        Write a delivery and return when it is committed; it is dispatched afterwards.

        :param seq: the publication by which its sender was verified
        :raises StalePublicationError: another publication is live by now; nothing is written
        :raises InboxClosedError: the process is stopping
        :raises DBAPIError: the database failed; nothing is written
        """
        return await asyncio.wrap_future(self._writer.write(delivery, seq=seq))

    def _hand_on(self, deliveries: Sequence[Delivery]) -> None:
        """Hand what was written to those who go on with it; does not block."""
        self._offer(deliveries)
        if any(each.reason == FETCH for each in deliveries):
            self._fetcher.wake()

    def _offer(self, deliveries: Sequence[Delivery]) -> None:
        # What this process does not dispatch is not claimed in the database, hence any dispatcher's.
        if self._dispatches:
            self.dispatcher.offer(deliveries)

    def _claim_until(self, workflow_id: str) -> datetime | None:
        """Return until when this process dispatches a new delivery; None when it has no room."""
        room = self._dispatches and self.dispatcher.has_room(workflow_id, 0)
        return datetime.now(tz=timezone.utc) + self._claim if room else None

    async def look_up(self, work: Callable[[Session], T]) -> T:
        """Read something from the database, off the event loop and with few others at once."""

        def read() -> T:
            with self.database.session("read") as session:
                return work(session)

        return await asyncio.get_running_loop().run_in_executor(self.lookups, read)

    async def write(self, work: Callable[[Session], T]) -> T:
        """
        Write something that is no accepted delivery, off the event loop and with few others at once.

        :param work: gets the session; must be safe to repeat after a rollback
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.lookups, self.database.transaction, work)


def _never(workflow_id: str, extra: int) -> bool:  # noqa: ARG001 - as the dispatcher's own
    return False


_inbox: Inbox | None = None


def get_inbox() -> Inbox:
    """
    Return the inbox of this process.

    :raises InboxClosedError: the process is starting or stopping
    """
    if _inbox is None:
        raise InboxClosedError("The front door of this process is closed. Send the delivery again shortly.")
    return _inbox


@contextmanager
def running_inbox(*, dispatch: bool = True) -> Iterator[Inbox]:
    """
    Run the inbox of this process for the time of a ``with`` block.

    :param dispatch: also turn deliveries into runs; else another process does
    """
    global _inbox  # noqa: PLW0603 - one inbox a process is the point
    inbox = Inbox(
        database=get_database(),
        max_concurrency=settings.inbox_max_concurrency(),
        claim_s=settings.inbox_claim_timeout_s(),
        dispatch=dispatch,
    )
    inbox.start()
    _inbox = inbox
    try:
        yield inbox
    finally:
        _inbox = None
        inbox.stop()
        close_database()


@asynccontextmanager
async def lifespan() -> AsyncGenerator[None, None]:
    """Run the inbox for as long as the api-server process serves."""
    async with run_inbox(dispatch=settings.dispatch_in_api_server()):
        yield


@asynccontextmanager
async def run_inbox(*, dispatch: bool) -> AsyncGenerator[None, None]:
    """Run the inbox without blocking the event loop; see :func:`running_inbox`."""
    inbox = running_inbox(dispatch=dispatch)
    await asyncio.to_thread(inbox.__enter__)
    spare_loaded_objects()
    # Airflow, and what the first deliveries need, load a good part only when it is asked for.
    again = asyncio.get_running_loop().call_later(_WARM_S, spare_loaded_objects)
    try:
        yield
    finally:
        again.cancel()
        await asyncio.to_thread(inbox.__exit__, None, None, None)
