"""
Which trigger a call is for: the workflow's live publication, found by workflow, path and method.

What was read is remembered, since a storm of deliveries is for few workflows. Nobody is refused on the word
of such a memory: then everything is read anew. And nobody is let in on the word of an outdated publication:
the writer compares ``seq`` in the transaction that accepts.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flowforge_provider.exceptions import ConflictError, NotFoundError
from flowforge_provider.inbox.decisions import Decider
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.handshakes import may_ask
from flowforge_provider.nodes.builtin.webhook import WebhookParameters
from flowforge_provider.runs.published import PublishedTrigger, PublishedWorkflow, read_published

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.runs.database import Database

__all__ = ["Door", "Doors", "check_method", "find_door", "read_doors"]

log = logging.getLogger(__name__)

_MEMORY_SIZE = 1000


@dataclass(frozen=True)
class Door:
    """
    One trigger that calls can start.

    :param parameters: with defaults filled in
    """

    published: PublishedWorkflow
    trigger: PublishedTrigger
    parameters: WebhookParameters

    @classmethod
    def of(cls, published: PublishedWorkflow, trigger: PublishedTrigger) -> Door:
        """Return the door that a webhook node is."""
        return cls(published, trigger, WebhookParameters.model_validate(dict(trigger.parameters)))

    @property
    def methods(self) -> frozenset[str]:
        """Methods that start a run."""
        return frozenset(self.parameters.methods)

    @cached_property
    def decider(self) -> Decider:
        """What decides on its deliveries."""
        return Decider(
            self.parameters,
            workflow_id=self.published.workflow_id,
            node_id=self.trigger.node_id,
            redact=self.published.redact,
        )


class Doors:
    """
    Find doors without blocking the event loop.

    :param database: where workflows are
    :param executor: few threads, which bound how many lookups run at once
    """

    def __init__(self, *, database: Database, executor: Executor) -> None:
        self._database = database
        self._executor = executor
        self._memory: OrderedDict[str, Sequence[Door]] = OrderedDict()
        self._lock = threading.Lock()

    async def find(self, incoming: Incoming, *, fresh: bool = False) -> Door:
        """
        Return the door for a call.

        :param fresh: read the publication anew
        :raises RefusedError: 404 no published workflow has a webhook there, 405 not with this method
        """
        doors = None if fresh else self._memory.get(incoming.workflow_id)
        if doors is not None:
            try:
                return find_door(incoming, doors)
            except RefusedError:
                log.debug("A call to %s is looked up anew", incoming.workflow_id)
        loop = asyncio.get_running_loop()
        doors = await loop.run_in_executor(self._executor, self._read, incoming.workflow_id)
        return find_door(incoming, doors)

    def remembered(self, incoming: Incoming) -> Sequence[Door]:
        """Return the doors at a call's address, whatever their methods, as far as they are in memory."""
        doors = self._memory.get(incoming.workflow_id, ())
        return tuple(door for door in doors if door.parameters.path == incoming.path)

    async def published(self, workflow_id: str) -> PublishedWorkflow | None:
        """Return a workflow's live publication, whatever starts it; None when it has none."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._published, workflow_id)

    def forget(self, workflow_id: str) -> None:
        """Read the workflow's publication anew at its next call."""
        with self._lock:
            self._memory.pop(workflow_id, None)

    def _read(self, workflow_id: str) -> Sequence[Door]:
        self.forget(workflow_id)
        published = self._published(workflow_id)
        if published is None:
            return ()
        doors = read_doors(published)
        with self._lock:
            self._memory[workflow_id] = doors
            while len(self._memory) > _MEMORY_SIZE:
                self._memory.popitem(last=False)
        return doors

    def _published(self, workflow_id: str) -> PublishedWorkflow | None:
        try:
            with self._database.session("read") as session:
                return read_published(workflow_id, session)
        except (NotFoundError, ConflictError) as exc:
            log.debug("A call is refused: %s", exc)
            return None


def read_doors(published: PublishedWorkflow) -> Sequence[Door]:
    """Return the doors of a publication."""
    # An email trigger's door is a door of its own kind.
    from flowforge_provider.inbox.email.resend_door import read_email_door

    doors: list[Door] = []
    for trigger in published.triggers:
        if trigger.type == "webhook":
            doors.append(Door.of(published, trigger))
        elif (door := read_email_door(published, trigger)) is not None:
            doors.append(door)
    return tuple(doors)


def find_door(incoming: Incoming, doors: Sequence[Door]) -> Door:
    """
    Return the door with the call's path and method, or one that answers handshakes by this method.

    :raises RefusedError: 404 or 405
    """
    here = [door for door in doors if door.parameters.path == incoming.path]
    if not here:
        # The same answer for all reasons: strangers need not learn which workflows there are.
        place = "/".join(filter(None, (incoming.workflow_id[:250], incoming.path[:250])))
        raise RefusedError(
            404,
            "webhook-not-found",
            f'No published workflow has a webhook at "{place}". Its workflow must be published, and the '
            "address be the one in its webhook's panel, letter by letter; a test address is another one.",
        )
    for door in here:
        if incoming.method in door.methods:
            return door
    for door in here:
        if may_ask(incoming.method, door.parameters):
            return door
    check_method(incoming, here)
    raise AssertionError("one of the doors takes the method")  # pragma: no cover


def check_method(incoming: Incoming, doors: Sequence[Door]) -> None:
    """
    Refuse a call whose method starts no run.

    :param doors: those with the call's path
    :raises RefusedError: 405
    """
    methods = frozenset[str]().union(*(door.methods for door in doors))
    if incoming.method in methods:
        return
    allowed = ", ".join(sorted(methods))
    raise RefusedError(
        405,
        "webhook-method-not-allowed",
        f"This webhook takes {allowed}, not {incoming.method[:20]}.",
        headers={"Allow": allowed},
    )
