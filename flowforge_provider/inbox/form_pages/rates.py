"""
How many forms an address may send.

What is taken in is counted in the database, where all processes count together, in the transaction that
stores it. Before that each process counts what it is sent, in its memory: whoever is to be held off must not
cause bodies to be read and writes to the database.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING

from flowforge_provider.inbox.flow import Flow, Rate, short_key

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Rates", "shared_rate"]

_MEMORY_SIZE = 10_000
_PERIOD_S = 60.0


def shared_rate(key: str, *, per_minute: int) -> Flow:
    """
    Return what has a form counted when it is stored.

    :param key: what is counted together: form and address
    """
    rate = Rate(key=short_key("form", key), limit=per_minute, period=timedelta(seconds=_PERIOD_S))
    return Flow(rate=rate)


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
