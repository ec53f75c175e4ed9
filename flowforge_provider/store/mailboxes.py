"""Mailboxes that workflows watch, as a list to read; the inbox writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from flowforge_provider.store.tables import MailboxRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

__all__ = ["count_unread_mailboxes", "list_mailboxes"]


def list_mailboxes(*, workflow_id: str, session: Session) -> Sequence[MailboxRow]:
    """Return the mailboxes of a workflow, by their triggers."""
    query = select(MailboxRow).where(MailboxRow.workflow_id == workflow_id).order_by(MailboxRow.node_id)
    return session.scalars(query).all()


def count_unread_mailboxes(*, before: datetime, session: Session) -> tuple[int, int]:
    """
    Return how many mailboxes fail, and how many nobody watches.

    :param before: a process that has been gone since is taken to be gone for good
    """
    failing = session.scalar(
        select(func.count()).select_from(MailboxRow).where(MailboxRow.error.is_not(None))
    )
    unwatched = session.scalar(
        select(func.count())
        .select_from(MailboxRow)
        .where(or_(MailboxRow.owned_until.is_(None), MailboxRow.owned_until < before))
    )
    return failing or 0, unwatched or 0
