"""Forget old alerts, some at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from flowforge_provider.store.alert_tables import AlertEventRow, AlertMessageRow, AlertNoticeRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

__all__ = ["clean_alerts"]


def clean_alerts(*, older_than: datetime, limit: int, session: Session) -> int:
    """
    Remove events and messages that are old; what waits to be told or sent stays.

    :param limit: largest number of each
    :return: how many rows were removed
    """
    event, notice, message = AlertEventRow, AlertNoticeRow, AlertMessageRow
    pending = select(notice.event_id).where(notice.event_id == event.id, notice.state == "pending").exists()
    events = session.scalars(
        select(event.id)
        .where(event.created_at < older_than, ~pending)
        .order_by(event.created_at)
        .limit(limit)
    ).all()
    messages = session.scalars(
        select(message.id)
        .where(message.created_at < older_than, message.state != "waiting")
        .order_by(message.created_at)
        .limit(limit)
    ).all()
    session.execute(delete(notice).where(notice.event_id.in_(events)))
    session.execute(delete(event).where(event.id.in_(events)))
    session.execute(delete(message).where(message.id.in_(messages)))
    return len(events) + len(messages)
