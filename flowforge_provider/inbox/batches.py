"""Deliveries that become one run together: the first one of a batch stands for all of them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from flowforge_provider.inbox.delivery import Delivery, from_row
from flowforge_provider.store.tables import DeliveryRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

__all__ = ["batch_trigger", "fail_batch", "take_batch"]


def take_batch(first: Delivery, session: Session) -> list[Delivery]:
    """
    Mark the other deliveries of a batch as dispatched, and return all of them in their order.

    :param first: the delivery that stands for them
    :param session: the transaction that creates their run
    """
    rows = session.scalars(
        select(DeliveryRow)
        .where(
            DeliveryRow.group_id == first.group_id, DeliveryRow.id != first.id, DeliveryRow.state == "held"
        )
        .order_by(DeliveryRow.id)
    ).all()
    for row in rows:
        row.state = "dispatched"
        row.dispatched_at = datetime.now(tz=timezone.utc)
        row.attempts += 1
    session.flush()
    return [first, *map(from_row, rows)]


def batch_trigger(deliveries: Sequence[Delivery]) -> dict[str, Any]:
    """Return ``trigger`` as expressions see it: bodies, headers and queries as lists in the same order."""
    return {
        **deliveries[0].trigger(),
        "body": [each.body for each in deliveries],
        "headers": [dict(each.headers) for each in deliveries],
        "query": [dict(each.query) for each in deliveries],
        "deliveries": [each.id for each in deliveries],
    }


def fail_batch(first: DeliveryRow, session: Session) -> None:
    """Give up the other deliveries of a batch with the one that stands for them."""
    if first.grouping == "batch":
        session.execute(
            update(DeliveryRow)
            .where(
                DeliveryRow.group_id == first.group_id,
                DeliveryRow.id != first.id,
                DeliveryRow.state == "held",
            )
            .values(state="failed", error=first.error)
            .execution_options(synchronize_session=False)
        )
