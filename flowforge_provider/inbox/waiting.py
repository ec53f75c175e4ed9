"""Deliveries that wait in memory for their run: bounded, and each workflow has its turn."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flowforge_provider.inbox.delivery import Delivery

__all__ = ["WaitingRoom"]

# A storm of one workflow leaves room for the others. What finds no room waits in the database.
_PER_WORKFLOW = 200
_TOTAL = 2000
_TOTAL_BYTES = 64 * 1024 * 1024


class WaitingRoom:
    """
    A queue for each workflow, served in turn; any thread may use it.

    Once one delivery to a workflow has found no room, all that follow wait in the database too, until those
    there have been read: the oldest is to come first.
    """

    def __init__(self) -> None:
        self._queues: OrderedDict[str, deque[Delivery]] = OrderedDict()
        self._spilled: set[str] = set()
        # Whether the database holds more than was read, left by a process that has ended.
        self._behind = False
        self._count = 0
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of deliveries that wait here."""
        return self._count

    @property
    def has_spilled(self) -> bool:
        """Whether deliveries wait in the database because there was no room, here or in another process."""
        return bool(self._spilled) or self._behind

    def has_room(self, workflow_id: str, extra: int) -> bool:
        """
        Tell whether one more delivery to a workflow can wait here.

        :param extra: others, to any workflow, that are coming before it
        """
        return (
            workflow_id not in self._spilled
            and len(self._queues.get(workflow_id, ())) + extra < _PER_WORKFLOW
            and self._count + extra < _TOTAL
            and self._bytes < _TOTAL_BYTES
        )

    def offer(self, deliveries: Iterable[Delivery]) -> None:
        """Let deliveries that are also in the database wait here, as far as there is room."""
        with self._lock:
            for each in deliveries:
                if self.has_room(each.workflow_id, 0):
                    self._add(each)
                else:
                    self._spilled.add(each.workflow_id)

    def put_read(self, deliveries: Sequence[Delivery], *, all_read: bool | None = None) -> None:
        """
        Let deliveries wait here that were read from the database.

        :param all_read: there are no more in the database; None when that is not known
        """
        with self._lock:
            for each in deliveries:
                self._add(each)
            if all_read is None:
                return
            self._behind = not all_read
            if all_read:
                self._spilled.clear()

    def take(self, limit: int, *, most_bytes: int = _TOTAL_BYTES) -> list[Delivery]:
        """
        Return the oldest deliveries of the workflow whose turn it is; empty when none wait.

        :param limit: largest number
        :param most_bytes: no more are taken once their bodies have this many bytes
        """
        with self._lock:
            if not self._queues:
                return []
            workflow_id, mine = self._queues.popitem(last=False)
            taken: list[Delivery] = []
            size = 0
            while mine and len(taken) < limit and size < most_bytes:
                taken.append(mine.popleft())
                size += taken[-1].size
            if mine:
                self._queues[workflow_id] = mine
            self._count -= len(taken)
            self._bytes -= size
        return taken

    def _add(self, delivery: Delivery) -> None:
        self._queues.setdefault(delivery.workflow_id, deque()).append(delivery)
        self._count += 1
        self._bytes += delivery.size
