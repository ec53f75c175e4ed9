"""What was sent, as a list to read on from where it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.store.alert_tables import AlertEventRow, AlertMessageRow, AlertNoticeRow
from flowforge_provider.store.cursors import make_cursor, read_cursor

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from flowforge_provider.alerts.kinds import MessageState

__all__ = [
    "COUNT_LIMIT",
    "MessageFilter",
    "MessagePage",
    "count_held",
    "get_message",
    "list_events",
    "list_messages",
]

#: A list says "more than this many" beyond it.
COUNT_LIMIT = 1000


@dataclass(frozen=True, kw_only=True)
class MessageFilter:
    """
    Which messages are meant; what is None does not matter.

    :param workflow_ids: only about these workflows, for callers that may not see all
    :param kinds: what they tell of
    :param written_from: written at this moment or later
    :param written_to: written before this moment
    """

    workflow_id: str | None = None
    workflow_ids: Collection[str] | None = None
    channel_id: str | None = None
    rule_id: str | None = None
    kinds: Sequence[str] = ()
    states: Sequence[MessageState] = ()
    written_from: datetime | None = None
    written_to: datetime | None = None


@dataclass(frozen=True)
class MessagePage:
    """
    Part of a list, newest first.

    :param next_cursor: where the next page begins; None at the end
    """

    rows: Sequence[AlertMessageRow]
    next_cursor: str | None


def list_messages(
    wanted: MessageFilter, *, limit: int = 50, cursor: str | None = None, session: Session
) -> MessagePage:
    """
    Return one page of messages, newest first.

    :param cursor: ``next_cursor`` of the page before
    :raises StoreError: the cursor is not one that this function has given; code ``invalid-cursor``
    """
    row = AlertMessageRow
    query = select(row)
    for column, value in (
        (row.workflow_id, wanted.workflow_id),
        (row.channel_id, wanted.channel_id),
        (row.rule_id, wanted.rule_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.workflow_ids is not None:
        query = query.where(row.workflow_id.in_(wanted.workflow_ids))
    if wanted.kinds:
        query = query.where(row.kind.in_(wanted.kinds))
    if wanted.states:
        query = query.where(row.state.in_(wanted.states))
    if wanted.written_from is not None:
        query = query.where(row.created_at >= wanted.written_from)
    if wanted.written_to is not None:
        query = query.where(row.created_at < wanted.written_to)
    if cursor is not None:
        moment, last_id = read_cursor(cursor)
        query = query.where(row.created_at <= moment, or_(row.created_at < moment, row.id < last_id))
    rows = session.scalars(query.order_by(row.created_at.desc(), row.id.desc()).limit(limit + 1)).all()
    page = rows[:limit]
    return MessagePage(page, make_cursor(page[-1].created_at, page[-1].id) if len(rows) > limit else None)


def get_message(message_id: str, session: Session) -> AlertMessageRow:
    """
    Return one message.

    :raises NotFoundError: there is none with this id; code ``alert-message-not-found``
    """
    row = session.get(AlertMessageRow, message_id)
    if row is None:
        raise NotFoundError(
            f'There is no alert message "{message_id}". It may have been cleaned up.',
            code="alert-message-not-found",
        )
    return row


def list_events(message_id: str, *, limit: int, session: Session) -> Sequence[AlertEventRow]:
    """Return the events that a message tells of, oldest first."""
    return session.scalars(
        select(AlertEventRow)
        .join(AlertNoticeRow, AlertNoticeRow.event_id == AlertEventRow.id)
        .where(AlertNoticeRow.message_id == message_id)
        .order_by(AlertNoticeRow.event_id)
        .limit(limit)
    ).all()


def count_held(*, workflow_ids: Collection[str] | None, session: Session) -> int:
    """
    Return how many events wait to be told, at most ``COUNT_LIMIT``.

    :param workflow_ids: only of these workflows, for callers that may not see all
    """
    query = select(AlertNoticeRow.event_id).where(AlertNoticeRow.state == "pending")
    if workflow_ids is not None:
        query = query.join(AlertEventRow, AlertEventRow.id == AlertNoticeRow.event_id).where(
            AlertEventRow.workflow_id.in_(workflow_ids)
        )
    few = query.distinct().limit(COUNT_LIMIT).subquery()
    return session.scalar(select(func.count()).select_from(few)) or 0
