"""Deliveries as a list to read; the inbox writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sqlalchemy import func, select

from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.store.tables import DeliveryRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

__all__ = ["DeliveryState", "get_delivery", "list_deliveries"]

DeliveryState = Literal["pending", "dispatched", "failed"]


def get_delivery(delivery_id: str, session: Session) -> DeliveryRow:
    """
    Return one delivery.

    :raises NotFoundError: there is none with this id; code ``delivery-not-found``
    """
    row = session.get(DeliveryRow, delivery_id)
    if row is None:
        raise NotFoundError(
            f'There is no delivery with the id "{delivery_id}". It may have been cleaned up.',
            code="delivery-not-found",
        )
    return row


def list_deliveries(
    *,
    workflow_id: str | None = None,
    workflow_ids: Collection[str] | None = None,
    state: DeliveryState | None = None,
    limit: int = 50,
    offset: int = 0,
    session: Session,
) -> tuple[Sequence[DeliveryRow], int]:
    """
    Return one page of deliveries, newest first, and the number of all that match.

    :param workflow_ids: only these workflows', for callers that may not see all
    """
    query = select(DeliveryRow)
    if workflow_id is not None:
        query = query.where(DeliveryRow.workflow_id == workflow_id)
    if workflow_ids is not None:
        query = query.where(DeliveryRow.workflow_id.in_(workflow_ids))
    if state is not None:
        query = query.where(DeliveryRow.state == state)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    # Delivery ids are UUIDs of version 7, so their order is the order of arrival.
    rows = session.scalars(query.order_by(DeliveryRow.id.desc()).limit(limit).offset(offset)).all()
    return rows, total
