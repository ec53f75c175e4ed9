"""
Callers that wait for what their delivery comes to.

A waiting caller costs a future and a line of a query: one loop in each process asks the database for all of
them at once, a few times a second, and only while somebody waits.
"""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from flowforge_provider.inbox.outcomes import Outcome, find_outcomes
from flowforge_provider.runs.ids import ExecutionId

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from flowforge_provider.inbox.incoming import Wait
    from flowforge_provider.runs.database import Database

__all__ = ["Responses"]

log = logging.getLogger(__name__)

# Seconds between two questions: short while a caller came lately, since most runs are.
_PAUSE_S = 0.1
_LONG_PAUSE_S = 0.5
_LATELY_S = 5.0

_Key = tuple[ExecutionId, bool]


class Responses:
    """
    The waiting callers of one process; used on its event loop only.

    :param database: where runs are
    :param most: callers that may wait at once
    """

    def __init__(self, *, database: Database, most: int) -> None:
        self._database = database
        self._most = most
        self._waiting: dict[_Key, set[asyncio.Future[Outcome | None]]] = {}
        self._count = 0
        self._latest = 0.0
        self._poller: asyncio.Task[None] | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="flowforge-inbox-responses")

    @property
    def waiting(self) -> int:
        """How many callers wait."""
        return self._count

    def stop(self) -> None:
        """End the thread; whoever still waits is answered without an outcome."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    async def wait(self, wait: Wait, *, gone: Callable[[], Awaitable[None]]) -> Outcome | None:
        """
        Return what the run comes to; None when that takes too long, or too many wait already.

        :param gone: returns when the caller goes away, which frees its place
        """
        if self._count >= self._most:
            return None
        key = (wait.execution, wait.for_step)
        outcome: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()
        leaving: asyncio.Future[None] = asyncio.ensure_future(gone())
        self._waiting.setdefault(key, set()).add(outcome)
        self._count += 1
        self._latest = time.monotonic()
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        try:
            first: tuple[asyncio.Future[Any], ...] = (outcome, leaving)
            await asyncio.wait(first, timeout=wait.limit_s, return_when=asyncio.FIRST_COMPLETED)
            return outcome.result() if outcome.done() else None
        finally:
            leaving.cancel()
            outcome.cancel()
            self._count -= 1
            others = self._waiting.get(key, set())
            others.discard(outcome)
            if not others:
                self._waiting.pop(key, None)

    async def _poll(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            lately = time.monotonic() - self._latest < _LATELY_S
            await asyncio.sleep(_PAUSE_S if lately else _LONG_PAUSE_S)
            keys = list(self._waiting)
            try:
                found = await loop.run_in_executor(self._executor, self._look, keys)
            except RuntimeError:  # the process is stopping
                self._tell(dict.fromkeys(self._waiting))
                return
            except Exception:  # the database may be away; the callers' time runs on
                log.warning("What runs have come to cannot be read", exc_info=True)
                await asyncio.sleep(_LONG_PAUSE_S)
                continue
            self._tell(dict(found))

    def _look(self, keys: list[_Key]) -> dict[_Key, Outcome | None]:
        finished = {execution for execution, for_step in keys if not for_step}
        answered = {execution for execution, for_step in keys if for_step}
        found: dict[_Key, Outcome | None] = {}
        with self._database.session("read") as session:
            # One execution may be waited for in both ways: the end counts for either.
            for execution, outcome in find_outcomes(finished - answered, answered, session):
                found[execution, True] = outcome
                if outcome.kind != "answered":
                    found[execution, False] = outcome
        return found

    def _tell(self, found: dict[_Key, Outcome | None]) -> None:
        for key, outcome in found.items():
            for future in self._waiting.pop(key, set()):
                if not future.done():
                    future.set_result(outcome)
