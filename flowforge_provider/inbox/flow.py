"""
How fast deliveries become runs: the rules of rate limits and of groups, without a database or a clock.

``placing.py`` applies them when a delivery is written, ``releasing.py`` when its time has come.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "MAX_BATCH_BYTES",
    "Flow",
    "Grant",
    "Group",
    "GroupKind",
    "Grouping",
    "Joined",
    "Rate",
    "join",
    "short_key",
    "take",
]

GroupKind = Literal["batch", "debounce"]

# Bytes of the bodies of one batch, which are the configuration of one run.
MAX_BATCH_BYTES = 4 * 1024 * 1024
_MAX_KEY_LENGTH = 250


@dataclass(frozen=True)
class Rate:
    """
    At most ``limit`` deliveries at once, and then one each ``period / limit``.

    :param key: what is counted together; unique among all triggers
    :param spread: deliveries that come too early get a later run instead of a refusal
    """

    key: str
    limit: int
    period: timedelta
    spread: bool = False


@dataclass(frozen=True)
class Grouping:
    """
    Deliveries that become one run together.

    :param key: what is put together; unique among all triggers
    :param wait: debounce: quiet time after which the last delivery becomes the run; batch: time after the
        first delivery at which the batch is closed
    :param longest_wait: debounce: time after the first delivery at which the last one becomes the run anyway
    :param size: batch: number of deliveries at which it is closed
    """

    kind: GroupKind
    key: str
    wait: timedelta
    longest_wait: timedelta | None = None
    size: int = 1


@dataclass(frozen=True)
class Flow:
    """
    What applies to one delivery.

    :param concurrency_key: at most so many unfinished runs of this key as its trigger says; None for no limit
    """

    rate: Rate | None = None
    grouping: Grouping | None = None
    concurrency_key: str | None = None


class Grant(NamedTuple):
    """
    The answer of a rate limit.

    :param start_at: the first moment that the limit allows
    :param arrival_at: how far the limit is used up if the delivery is taken
    """

    start_at: datetime
    arrival_at: datetime


class Group(NamedTuple):
    """A group that deliveries may join until ``due_at``; ``size`` of them have, with ``bytes`` in all."""

    id: str
    created_at: datetime
    due_at: datetime
    size: int
    bytes: int
    is_open: bool = True


class Joined(NamedTuple):
    """
    Where a delivery went.

    :param group: the group as it is now, with the delivery
    :param closed: the group that was open before and takes nothing more
    """

    group: Group
    closed: Group | None = None


def take(rate: Rate, *, arrival_at: datetime | None, now: datetime) -> Grant:
    """
    Return when the limit lets one more delivery pass.

    :param arrival_at: how far it is used up; None for not at all
    :return: with ``start_at`` equal to ``now`` when it passes at once
    Source: the generic cell rate algorithm, ITU-T I.371, as virtual scheduling.
    """
    interval = max(rate.period // rate.limit, timedelta(microseconds=1))
    expected = now if arrival_at is None else max(arrival_at, now)
    used_up = expected + interval
    return Grant(start_at=max(now, used_up - rate.period), arrival_at=used_up)


def join(grouping: Grouping, group: Group | None, *, delivery_id: str, size: int, now: datetime) -> Joined:
    """
    Put a delivery into the open group of its key, or begin the next one with it.

    :param group: the open group of the key, if there is one
    :param size: bytes of the delivery's body
    """
    closed: Group | None = None
    if group is not None and (
        now >= group.due_at or (grouping.kind == "batch" and group.bytes + size > MAX_BATCH_BYTES)
    ):
        closed = group._replace(due_at=min(group.due_at, now), is_open=False)
        group = None
    if group is None:
        group = Group(delivery_id, created_at=now, due_at=now + grouping.wait, size=0, bytes=0)
    group = group._replace(size=group.size + 1, bytes=group.bytes + size)
    if grouping.kind == "debounce":
        due_at = now + grouping.wait
        if grouping.longest_wait is not None:
            due_at = min(due_at, group.created_at + grouping.longest_wait)
        return Joined(group._replace(due_at=due_at), closed)
    if group.size >= grouping.size:
        group = group._replace(due_at=now, is_open=False)
    return Joined(group, closed)


def short_key(*parts: str) -> str:
    """Return the parts as one key that a column can hold; long ones as their digest."""
    key = ":".join(parts)
    if len(key) <= _MAX_KEY_LENGTH and "\x00" not in key:
        return key
    return f"sha256:{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"
