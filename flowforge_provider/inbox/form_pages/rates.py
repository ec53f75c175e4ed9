"""
How many forms an address may send.

Kept in this process's memory: whoever is to be held off must not cause writes to the database. Several
api-server processes each allow as many.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Rates"]

_MEMORY_SIZE = 10_000
_PERIOD_S = 60.0


class Rates:
    """
    Generic cell rate algorithm: each address has the moment at which its next form would come in time.

    :param clock: seconds
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._arrivals: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str, *, per_minute: int) -> int | None:
        """
        Count one form.

        :return: None when it may pass; else the seconds after which one may
        """
        interval = _PERIOD_S / per_minute
        now = self._clock()
        with self._lock:
            arrival = max(self._arrivals.get(key, 0.0), now)
            wait = arrival + interval - _PERIOD_S - now
            if wait > 0:
                return math.ceil(wait)
            self._arrivals[key] = arrival + interval
            self._arrivals.move_to_end(key)
            while len(self._arrivals) > _MEMORY_SIZE:
                self._arrivals.popitem(last=False)
        return None
