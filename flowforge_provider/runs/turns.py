"""
Turns at SQLite's one write lock.

Who waits for the lock looks at it now and then, up to a tenth of a second apart, and there is no queue. A
process that takes it again at once can keep another one out until that gives up: Airflow's scheduler ends
after five seconds without it.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["WriteTurns"]

# A pause follows each transaction: half as long as it took, so that the lock is free a third of the time.
_PAUSE_SHARE = 0.5
_LONGEST_PAUSE_S = 0.05


class WriteTurns:
    """
    Let the threads of this process write one after another, with pauses for other processes.

    :param clock: seconds, growing
    :param sleep: waits for seconds
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.RLock()
        self._next_at = float("-inf")

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for this process's next turn, and hold it for the time of a ``with`` block."""
        with self._lock:
            pause = self._next_at - self._clock()
            if pause > 0:
                self._sleep(pause)
            began = self._clock()
            try:
                yield
            finally:
                ended = self._clock()
                self._next_at = ended + min((ended - began) * _PAUSE_SHARE, _LONGEST_PAUSE_S)
