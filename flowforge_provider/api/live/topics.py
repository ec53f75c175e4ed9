"""
Topics: something that is looked at again and again on behalf of everybody who watches it.

However many watch, a topic is polled once in its interval, in a thread; when the last one leaves, it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from anyio import CapacityLimiter, to_thread

from flowforge_provider import settings
from flowforge_provider.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Hashable, Sequence

    from pydantic import BaseModel
    from sqlalchemy.orm import Session

__all__ = ["Event", "Hub", "Shared", "Source", "Topic", "hub"]

log = logging.getLogger(__name__)

# Events that a topic remembers, for viewers that are slow or come back.
_REMEMBERED = 1_000
# Polls of a process at the same time: they share the database with everything else.
_MOST_POLLS = 4
_LONGEST_PAUSE_S = 30.0
# Of the places of a process, so much for one user.
_SHARE_OF_ONE = 0.2


@dataclass(frozen=True)
class Event:
    """
    Something to tell.

    :param name: kind of event
    :param key: a newer event of the same name and key takes this one's place; empty: none does
    :param content: what it is about; a stream makes JSON of it
    """

    name: str
    key: str
    content: Any


class Shared:
    """
    A model that many are told, made JSON once for all who may see the same of it.

    :param model: the whole
    """

    def __init__(self, model: BaseModel) -> None:
        self.model: Any = model
        self._texts: dict[Hashable, str] = {}

    def text(self, view: Hashable = None, change: Callable[[Any], BaseModel] | None = None) -> str:
        """
        Return the model as JSON.

        :param view: names what is seen of it
        :param change: makes that of the whole
        """
        if view not in self._texts:
            shown = change(self.model) if change is not None else self.model
            self._texts[view] = shown.model_dump_json()
        return self._texts[view]


class Source(Protocol):
    """What a topic is about."""

    interval_s: float
    #: Whether nothing will happen any more.
    is_over: bool

    def poll(self, session: Session) -> Sequence[Event]:
        """Return what has happened since the last call; runs in a thread, never twice at once."""


class Topic:
    """
    A source with its viewers.

    ``seq`` numbers the events; together with the topic's ``epoch`` it tells where a viewer is.
    """

    def __init__(self, source: Source, *, limiter: CapacityLimiter) -> None:
        self.source = source
        self.epoch = secrets.token_hex(4)
        self.seq = 0
        self.viewers = 0
        self.polls = 0
        self._limiter = limiter
        self._events: deque[tuple[int, Event]] = deque(maxlen=_REMEMBERED)
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to poll."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Poll no more."""
        if self._task is not None:
            self._task.cancel()

    def since(self, seq: int) -> list[tuple[int, Event]] | None:
        """Return the events after one, of several with one key the last; None when some are forgotten."""
        if seq < self.seq - len(self._events):
            return None
        found: dict[Any, tuple[int, Event]] = {}
        for number, event in self._events:
            if number > seq:
                place = (event.name, event.key) if event.key else number
                found.pop(place, None)
                found[place] = (number, event)
        return list(found.values())

    async def ready(self, *, timeout_s: float) -> None:
        """Return when the source was polled for the first time, or after a while."""
        if self.polls == 0:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._changed.wait(), timeout_s)

    async def wait(self, seq: int, *, timeout_s: float) -> None:
        """Return when there is an event after one, when the source is over, or after a while."""
        if self.seq > seq or self.source.is_over:
            return
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._changed.wait(), timeout_s)

    async def _run(self) -> None:
        pause_s = self.source.interval_s
        while True:
            try:
                events = await to_thread.run_sync(self._poll, limiter=self._limiter)
            except Exception:
                # The database may be away; viewers keep what they have until it is back.
                log.warning("Live updates could not be read", exc_info=True)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            else:
                pause_s = self.source.interval_s
                self._tell(events)
            if self.source.is_over:
                return
            await asyncio.sleep(pause_s)

    def _poll(self) -> Sequence[Event]:
        from airflow.utils.session import create_session

        with create_session(scoped=False) as session:
            return self.source.poll(session)

    def _tell(self, events: Sequence[Event]) -> None:
        self.polls += 1
        for event in events:
            self.seq += 1
            self._events.append((self.seq, event))
        if events or self.source.is_over or self.polls == 1:
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()


class Hub:
    """The topics of a process that somebody watches."""

    def __init__(self) -> None:
        self._topics: dict[Hashable, Topic] = {}
        self._limiter: CapacityLimiter | None = None
        self._viewers_of: Counter[str] = Counter()
        self.viewers = 0

    @contextlib.asynccontextmanager
    async def watching(
        self, key: Hashable, make: Callable[[], Source], *, owner: str = ""
    ) -> AsyncGenerator[Topic, None]:
        """
        Watch a topic for the time of a ``with`` block.

        :param key: names the topic; all who name the same one share it
        :param make: makes its source, if nobody watches it yet
        :param owner: who watches; nobody takes more than a share of the places
        :raises ApiError: 503 as many watch already as this process bears, or this one as many as one may
        """
        most = settings.live_max_viewers()
        if self.viewers >= most or self._viewers_of[owner] >= max(1, int(most * _SHARE_OF_ONE)):
            raise ApiError(
                503,
                "too-many-viewers",
                "As many live views are open as this process bears. Read the page again now and then "
                "instead, or raise [flowforge] live_max_viewers.",
                headers={"Retry-After": "15"},
            )
        if not self._topics:
            # A limiter belongs to one event loop, as tasks do; tests have several, one after the other.
            self._limiter = CapacityLimiter(_MOST_POLLS)
        topic = self._topics.get(key)
        if topic is None:
            assert self._limiter is not None  # noqa: S101 - made with the first topic
            topic = self._topics[key] = Topic(make(), limiter=self._limiter)
            topic.start()
        topic.viewers += 1
        self.viewers += 1
        self._viewers_of[owner] += 1
        try:
            yield topic
        finally:
            self.viewers -= 1
            self._viewers_of[owner] -= 1
            if not self._viewers_of[owner]:
                del self._viewers_of[owner]
            topic.viewers -= 1
            if topic.viewers == 0:
                topic.stop()
                if self._topics.get(key) is topic:
                    del self._topics[key]


#: This process's.
hub = Hub()
