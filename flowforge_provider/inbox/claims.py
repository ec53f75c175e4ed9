"""
Take over deliveries that nobody is dispatching: those of a crashed process, of a failed attempt, and of a
storm.

A claim only keeps two processes from doing the same work. That a delivery becomes one run does not rest on
it.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from flowforge_provider.inbox.delivery import Delivery, from_row
from flowforge_provider.store.tables import DeliveryRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session
    from sqlalchemy.sql import ColumnElement

    from flowforge_provider.runs.database import Database

__all__ = ["CLAIM_BYTES", "claim_deliveries"]

CLAIM_BYTES = 16 * 1024 * 1024


def claim_deliveries(*, database: Database, limit: int, claim_s: float) -> list[Delivery]:
    """
    Return pending deliveries that no process holds, oldest first, and hold them.

    :param limit: largest number to take; fewer when their bodies are more than :data:`CLAIM_BYTES`
    :param claim_s: seconds for which other processes leave them alone
    """

    def work(session: Session) -> list[Delivery]:
        now = datetime.now(tz=timezone.utc)
        query = (
            select(DeliveryRow.id, DeliveryRow.size)
            .where(_is_free(now))
            .order_by(DeliveryRow.received_at, DeliveryRow.id)
            .limit(limit)
        )
        # Processes that claim at the same time pass over each other's rows. SQLite knows no row locks, and
        # its transactions come one after another.
        ids = _fitting((row.id, row.size) for row in session.execute(query.with_for_update(skip_locked=True)))
        rows = session.scalars(
            select(DeliveryRow)
            .where(DeliveryRow.id.in_(ids))
            .order_by(DeliveryRow.received_at, DeliveryRow.id)
        ).all()
        for row in rows:
            row.claimed_until = now + timedelta(seconds=claim_s)
        session.flush()
        return [from_row(row) for row in rows]

    if not _has_free(database):
        return []
    return database.transaction(work)


def _fitting(sizes: Iterable[tuple[str, int]]) -> list[str]:
    """Return the first ids whose bodies may be held at once; at least one where there is one."""
    ids: list[str] = []
    total = 0
    for delivery_id, size in sizes:
        total += size
        if ids and total > CLAIM_BYTES:
            break
        ids.append(delivery_id)
    return ids


def _has_free(database: Database) -> bool:
    # Mostly there is nothing, and looking must not take SQLite's write lock.
    with database.session("read") as session:
        query = select(DeliveryRow.id).where(_is_free(datetime.now(tz=timezone.utc))).limit(1)
        return session.scalar(query) is not None


def _is_free(now: datetime) -> ColumnElement[bool]:
    free: ColumnElement[bool] = or_(DeliveryRow.claimed_until.is_(None), DeliveryRow.claimed_until < now)
    return (DeliveryRow.state == "pending") & free
