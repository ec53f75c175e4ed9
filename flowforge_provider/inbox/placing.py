"""
Decide in the transaction that writes deliveries where each of them goes: at once, later, into a group, to the
end of its queue, or nowhere.

The rows of rates and groups are locked until the commit, always in the order of their keys, so that the
processes that take deliveries in decide one after another.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.flow import Group, join, take
from flowforge_provider.store.tables import DeliveryGroupRow, RateRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from flowforge_provider.inbox.delivery import Delivery

__all__ = ["Placer"]


class Placer:
    """
    Places the deliveries of one transaction, in their order.

    :param deliveries: all that may be placed
    :param session: the transaction
    :param now: the moment at which all of them arrive
    """

    def __init__(self, deliveries: Sequence[Delivery], *, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now
        flows = [each.flow for each in deliveries if each.flow is not None]
        self._rates = self._read_rates({flow.rate.key for flow in flows if flow.rate is not None})
        self._groups = self._read_groups({flow.grouping.key for flow in flows if flow.grouping is not None})
        self._known_rates = frozenset(self._rates)
        self._known_groups = frozenset(group.id for group in self._groups.values())
        self._changed_rates: set[str] = set()
        # Group id -> the group as it is to be, its open key and its first delivery.
        self._changed_groups: dict[str, tuple[Group, str, Delivery]] = {}

    def place(self, delivery: Delivery) -> Delivery:
        """
        Return the delivery as it is to be written.

        :raises RefusedError: 429 its rate limit is used up
        """
        flow = delivery.flow
        if flow is None or delivery.state != "pending":
            return delivery
        if flow.rate is not None:
            grant = take(flow.rate, arrival_at=self._rates.get(flow.rate.key), now=self._now)
            if grant.start_at > self._now:
                if not flow.rate.spread:
                    raise _too_many((grant.start_at - self._now).total_seconds())
                delivery = replace(delivery, run_after=grant.start_at)
            self._rates[flow.rate.key] = grant.arrival_at
            self._changed_rates.add(flow.rate.key)
        if flow.concurrency_key is not None:
            delivery = replace(
                delivery, concurrency_key=flow.concurrency_key, state="held", reason="concurrency"
            )
        if flow.grouping is not None:
            key = flow.grouping.key
            group, closed = join(
                flow.grouping,
                self._groups.pop(key, None),
                delivery_id=delivery.id,
                size=delivery.size,
                now=self._now,
            )
            if closed is not None:
                self._change(closed, key, delivery)
            self._change(group, key, delivery)
            if group.is_open:
                self._groups[key] = group
            delivery = replace(
                delivery, state="held", reason=None, group_id=group.id, grouping=flow.grouping.kind
            )
        return delivery

    def flush(self) -> None:
        """Write what has changed; an IntegrityError when another process has begun the same key just now."""
        for key in sorted(self._changed_rates):
            values = {"arrival_at": self._rates[key]}
            if key in self._known_rates:
                self._session.execute(update(RateRow).where(RateRow.key == key).values(values))
            else:
                self._session.execute(insert(RateRow).values(key=key, **values))
        # A group that is closed gives its key to the one after it, so it comes first.
        for group, key, first in sorted(self._changed_groups.values(), key=lambda each: each[0].is_open):
            values_of_group = {
                "open_key": key if group.is_open else None,
                "size": group.size,
                "bytes": group.bytes,
                "due_at": group.due_at,
            }
            if group.id in self._known_groups:
                self._session.execute(
                    update(DeliveryGroupRow)
                    .where(DeliveryGroupRow.id == group.id)
                    .values(values_of_group)
                    .execution_options(synchronize_session=False)
                )
            else:
                self._session.execute(
                    insert(DeliveryGroupRow).values(
                        id=group.id,
                        workflow_id=first.workflow_id,
                        node_id=first.node_id,
                        kind=first.flow.grouping.kind if first.flow and first.flow.grouping else "batch",
                        created_at=group.created_at,
                        **values_of_group,
                    )
                )

    def _change(self, group: Group, key: str, delivery: Delivery) -> None:
        known = self._changed_groups.get(group.id)
        self._changed_groups[group.id] = (group, key, known[2] if known is not None else delivery)

    def _read_rates(self, keys: set[str]) -> dict[str, datetime]:
        if not keys:
            return {}
        query = select(RateRow.key, RateRow.arrival_at).where(RateRow.key.in_(keys)).order_by(RateRow.key)
        return {row.key: row.arrival_at for row in self._session.execute(query.with_for_update())}

    def _read_groups(self, keys: set[str]) -> dict[str, Group]:
        if not keys:
            return {}
        query = (
            select(DeliveryGroupRow)
            .where(DeliveryGroupRow.open_key.in_(keys))
            .order_by(DeliveryGroupRow.open_key)
            .with_for_update()
        )
        return {
            str(row.open_key): Group(row.id, row.created_at, row.due_at, row.size, row.bytes)
            for row in self._session.scalars(query)
        }


def _too_many(wait_s: float) -> RefusedError:
    seconds = max(1, math.ceil(wait_s))
    return RefusedError(
        429,
        "rate-limited",
        f"Too many deliveries for this webhook. Send this one again in {seconds} s.",
        headers={"Retry-After": str(seconds)},
    )
