"""Forget old alerts, some at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, func, select

from flowforge_provider.store.alert_tables import AlertEventRow, AlertMessageRow, AlertNoticeRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

__all__ = ["clean_alerts", "count_old_alerts"]


def clean_alerts(*, older_than: datetime, limit: int, session: Session) -> int:
    """
    Remove events and messages that are old; what waits to be told or sent stays.

    :param limit: largest number of each
    :return: how many rows were removed
    """
    event, notice, message = AlertEventRow, AlertNoticeRow, AlertMessageRow
    events = session.scalars(
        select(event.id).where(*_old_events(older_than)).order_by(event.created_at).limit(limit)
    ).all()
    messages = session.scalars(
        select(message.id).where(*_old_messages(older_than)).order_by(message.created_at).limit(limit)
    ).all()
    session.execute(delete(notice).where(notice.event_id.in_(events)))
    session.execute(delete(event).where(event.id.in_(events)))
    session.execute(delete(message).where(message.id.in_(messages)))
    return len(events) + len(messages)


def count_old_alerts(*, older_than: datetime, session: Session) -> int:
    """Return how many rows ``clean_alerts`` would remove in the end."""
    events = session.scalar(select(func.count()).select_from(AlertEventRow).where(*_old_events(older_than)))
    messages = session.scalar(
        select(func.count()).select_from(AlertMessageRow).where(*_old_messages(older_than))
    )
    return (events or 0) + (messages or 0)


def _old_events(older_than: datetime) -> tuple[ColumnElement[bool], ...]:
    event, notice = AlertEventRow, AlertNoticeRow
    pending = select(notice.event_id).where(notice.event_id == event.id, notice.state == "pending").exists()
    return event.created_at < older_than, ~pending


def _old_messages(older_than: datetime) -> tuple[ColumnElement[bool], ...]:
    return AlertMessageRow.created_at < older_than, AlertMessageRow.state != "waiting"
