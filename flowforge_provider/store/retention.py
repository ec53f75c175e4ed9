"""
How long deliveries are kept.

What waits for its run is never removed, however old it is: its sender was promised one. And a key that its
trigger is to recognise for longer stays behind when its delivery goes.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import ColumnElement, CursorResult, and_, delete, func, insert, or_, select, text, tuple_

from flowforge_provider.store.deliveries import SETTLED_STATES
from flowforge_provider.store.files import delete_files
from flowforge_provider.store.tables import (
    DeliveryGroupRow,
    DeliveryRow,
    FileRow,
    RateRow,
    RememberedKeyRow,
    TestListenerRow,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Executable
    from sqlalchemy.orm import Session

__all__ = ["KEEP_CAPTURED", "Counts", "clean_batch", "count_old", "old_delivery_bytes", "table_bytes"]

#: What was caught at a test address serves for building, and is of no use later.
KEEP_CAPTURED = timedelta(days=7)
_TABLES = (DeliveryRow, FileRow, DeliveryGroupRow, RateRow, RememberedKeyRow, TestListenerRow)


class Counts(NamedTuple):
    """
    Rows that are old enough to go, or have gone.

    :param deliveries: with their files
    :param files: those without a delivery, which a crash may leave
    :param listeners: ends of listening at test addresses
    """

    deliveries: int
    files: int
    listeners: int

    def __bool__(self) -> bool:
        return any(self)


def clean_batch(
    *,
    older_than: datetime,
    limit: int = 500,
    workflow_id: str | None = None,
    now: datetime | None = None,
    session: Session,
) -> Counts:
    """
    Remove some of what is old. Several processes may do so at once; each takes other rows.

    :param older_than: deliveries that were received before this moment
    :param limit: largest number of rows of a kind
    :param workflow_id: only deliveries to this one
    :return: what has gone; nothing at the end
    """
    moment = now or datetime.now(tz=timezone.utc)
    ids: list[str] = []
    # One after the other, because each has an index and both together have none.
    for old in _old(older_than, moment):
        ids += session.scalars(
            select(DeliveryRow.id)
            .where(old, *_of_workflow(workflow_id))
            .order_by(DeliveryRow.received_at)
            .limit(limit - len(ids))
            .with_for_update(skip_locked=True)
        )
    if ids:
        _keep_keys(ids, moment, session)
        delete_files(ids, session)
    if workflow_id is not None:
        return Counts(_count(delete(DeliveryRow).where(DeliveryRow.id.in_(ids)), session) if ids else 0, 0, 0)
    orphans = session.scalars(select(FileRow.id).where(_is_orphan(older_than)).limit(limit)).all()
    return Counts(
        _count(delete(DeliveryRow).where(DeliveryRow.id.in_(ids)), session) if ids else 0,
        _count(delete(FileRow).where(FileRow.id.in_(orphans)), session) if orphans else 0,
        _count(delete(TestListenerRow).where(TestListenerRow.until < moment - KEEP_CAPTURED), session),
    )


def count_old(
    *,
    older_than: datetime,
    workflow_id: str | None = None,
    now: datetime | None = None,
    session: Session,
) -> Counts:
    """Return how much ``clean_batch`` would remove in the end."""
    moment = now or datetime.now(tz=timezone.utc)
    wanted = (or_(*_old(older_than, moment)), *_of_workflow(workflow_id))
    deliveries = session.scalar(select(func.count()).select_from(DeliveryRow).where(*wanted)) or 0
    if workflow_id is not None:
        return Counts(deliveries, 0, 0)
    return Counts(
        deliveries,
        session.scalar(select(func.count()).select_from(FileRow).where(_is_orphan(older_than))) or 0,
        session.scalar(
            select(func.count())
            .select_from(TestListenerRow)
            .where(TestListenerRow.until < moment - KEEP_CAPTURED)
        )
        or 0,
    )


def old_delivery_bytes(*, older_than: datetime, workflow_id: str | None = None, session: Session) -> int:
    """Return how large the deliveries that ``clean_batch`` would remove came in."""
    wanted = (or_(*_old(older_than, datetime.now(tz=timezone.utc))), *_of_workflow(workflow_id))
    return int(session.scalar(select(func.coalesce(func.sum(DeliveryRow.size), 0)).where(*wanted)) or 0)


def table_bytes(session: Session) -> int | None:
    """Return how much of the disk the front door's tables take; None where the database does not tell."""
    if session.get_bind().dialect.name != "postgresql":
        return None
    names = [table.__tablename__ for table in _TABLES]
    total = "SELECT sum(pg_total_relation_size(to_regclass(name))) FROM unnest(:names) AS name"
    found = session.scalar(text(total), {"names": names})
    return int(found) if found is not None else None


def _keep_keys(ids: Sequence[str], now: datetime, session: Session) -> None:
    """Keep the keys of deliveries that go while they are to be recognised; drop those whose time is over."""
    wanted = and_(
        DeliveryRow.id.in_(ids), DeliveryRow.dedup_key.is_not(None), DeliveryRow.remember_until > now
    )
    key = [RememberedKeyRow.workflow_id, RememberedKeyRow.node_id, RememberedKeyRow.dedup_key]
    same = select(DeliveryRow.workflow_id, DeliveryRow.node_id, DeliveryRow.dedup_key).where(wanted)
    # A key that was given to another delivery since is that one's.
    for old in (RememberedKeyRow.remember_until <= now, tuple_(*key).in_(same)):
        session.execute(delete(RememberedKeyRow).where(old).execution_options(synchronize_session=False))
    names = [column.name for column in RememberedKeyRow.__table__.columns]
    values = (DeliveryRow.id if name == "delivery_id" else getattr(DeliveryRow, name) for name in names)
    session.execute(insert(RememberedKeyRow).from_select(names, select(*values).where(wanted)))


def _old(older_than: datetime, now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (
        and_(DeliveryRow.state.in_(SETTLED_STATES), DeliveryRow.received_at < older_than),
        and_(DeliveryRow.state == "captured", DeliveryRow.received_at < now - KEEP_CAPTURED),
    )


def _of_workflow(workflow_id: str | None) -> tuple[ColumnElement[bool], ...]:
    return (DeliveryRow.workflow_id == workflow_id,) if workflow_id is not None else ()


def _is_orphan(older_than: datetime) -> ColumnElement[bool]:
    has_delivery = select(DeliveryRow.id).where(DeliveryRow.id == FileRow.delivery_id).exists()
    return and_(FileRow.created_at < older_than, ~has_delivery)


def _count(statement: Executable, session: Session) -> int:
    result = session.execute(statement.execution_options(synchronize_session=False))
    return result.rowcount if isinstance(result, CursorResult) else 0
