"""
How much one process takes in at once, so that a storm waits for itself and not the api-server for it.

Three bounds: calls that are open, bytes of bodies that are being read, and deliveries that are being written.
For the last ones there is a queue, first come, first served; what is beyond gets 503. A sender that is slow
with its body holds none of those places, only one of the many open calls; and one client has a share of
these alone, so that nobody fills them all by sending slowly.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import TYPE_CHECKING

from flowforge_provider.inbox.addresses import household
from flowforge_provider.inbox.errors import OverloadedError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Admission"]

# Callers that may wait for one of the places, and that may be connected, for each place.
_QUEUE_FOR_EACH = 4
_CALLS_FOR_EACH = 16
# Of those, so many from one client: a few more than are written and wait, so that a storm from one address
# is taken in as fast as one from many.
_CALLS_OF_ONE = 6
_LONGEST_WAIT_S = 10.0
_BODY_BYTES = 64 * 1024 * 1024


class Admission:
    """
    The bounds of one process; used on its event loop only.

    :param at_once: deliveries that are being written at once
    """

    def __init__(self, *, at_once: int, body_bytes: int = _BODY_BYTES) -> None:
        self.at_once = at_once
        self._body_bytes = body_bytes
        self._calls = 0
        self._calls_of: Counter[str | None] = Counter()
        self._active = 0
        self._reserved = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def senders(self) -> int:
        """How many senders wait for their delivery to be written."""
        return self._active + len(self._queue)

    def call(self, client: str | None = None) -> _Call:
        """
        Count an open call for the time of a ``with`` block.

        :param client: whose call it is, as trusted proxies tell; None where nobody can tell one from another
        :raises OverloadedError: there are too many, or too many of this client
        """
        if self._calls >= self.at_once * _CALLS_FOR_EACH:
            raise self._overloaded()
        owner = household(client) if client is not None else None
        if owner is not None and self._calls_of[owner] >= self.at_once * _CALLS_OF_ONE:
            raise OverloadedError(
                f"{self._calls_of[owner]} calls from your address are open. Finish some, and send this one "
                "again shortly."
            )
        return _Call(self, owner)

    def place(self) -> _Place:
        """
        Hold one of the places for the time of an ``async with`` block; wait for it where others came first.

        :raises OverloadedError: too many wait, or it took too long
        """
        return _Place(self)

    async def _enter(self) -> None:
        if self._active < self.at_once and not self._queue:
            self._active += 1
            return
        if len(self._queue) >= self.at_once * _QUEUE_FOR_EACH:
            raise self._overloaded()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = asyncio.get_running_loop().call_later(_LONGEST_WAIT_S, self._give_up, turn)
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            # The sender has gone. Whoever gave the place away at the same moment must get it back.
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._leave()
            else:
                self._forget(turn)
            raise
        finally:
            timer.cancel()

    def _leave(self) -> None:
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                # The place is handed over: nobody who comes now can take it first.
                turn.set_result(None)
                return
        self._active -= 1

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        if not turn.done():
            self._forget(turn)
            turn.set_exception(self._overloaded())

    def _forget(self, turn: asyncio.Future[None]) -> None:
        if turn in self._queue:
            self._queue.remove(turn)

    def _overloaded(self) -> OverloadedError:
        return OverloadedError(
            f"{self.at_once} deliveries are being taken in at once, and too many wait. Send this one again "
            "shortly."
        )


class _Call:
    """One open call, and the bytes of its body."""

    def __init__(self, admission: Admission, owner: str | None) -> None:
        self._admission = admission
        self._owner = owner
        self._reserved = 0

    def __enter__(self) -> _Call:
        self._admission._calls += 1
        self._admission._calls_of[self._owner] += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._admission._calls -= 1
        self._admission._calls_of[self._owner] -= 1
        if not self._admission._calls_of[self._owner]:
            del self._admission._calls_of[self._owner]
        self._admission._reserved -= self._reserved

    def reserve(self, size: int) -> None:
        """
        Count bytes of a body as held until the call ends.

        :raises OverloadedError: all open calls together hold too many
        """
        if self._admission._reserved + size > self._admission._body_bytes:
            raise self._admission._overloaded()
        self._admission._reserved += size
        self._reserved += size


class _Place:
    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    async def __aenter__(self) -> None:
        await self._admission._enter()

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._admission._leave()
