"""Marks of people on runs that they have looked after."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from flowforge_provider.store.tables import HandledRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["find_handled", "mark_handled", "unmark_handled"]


def mark_handled(*, workflow_id: str, run_id: str, user: str, comment: str, session: Session) -> HandledRow:
    """Mark a run, or change the mark that it has: the newest comment counts."""
    row = session.get(HandledRow, (workflow_id, run_id))
    if row is None:
        row = HandledRow(workflow_id=workflow_id, run_id=run_id)
        session.add(row)
    row.handled_at = datetime.now(tz=timezone.utc)
    row.handled_by = user
    row.comment = comment
    row.search_text = f"{comment}\n{user}".casefold()
    session.flush()
    return row


def unmark_handled(*, workflow_id: str, run_id: str, session: Session) -> None:
    """Take the mark away, if there is one."""
    session.execute(
        delete(HandledRow).where(HandledRow.workflow_id == workflow_id, HandledRow.run_id == run_id)
    )


def find_handled(*, since: datetime, limit: int, session: Session) -> list[tuple[str, str]]:
    """
    Return the runs that were marked at a moment or later, oldest first, as (workflow id, run id).

    :param limit: largest number of them
    """
    rows = session.execute(
        select(HandledRow.workflow_id, HandledRow.run_id)
        .where(HandledRow.handled_at >= since)
        .order_by(HandledRow.handled_at)
        .limit(limit)
    )
    return [(workflow_id, run_id) for workflow_id, run_id in rows]
