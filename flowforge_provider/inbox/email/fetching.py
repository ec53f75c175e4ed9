"""Deliveries whose email is still to be fetched: take them, and note what became of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from sqlalchemy import insert, or_, select, update
from sqlalchemy.engine import CursorResult

from flowforge_provider.inbox.delivery import from_row
from flowforge_provider.inbox.email.resend_door import FETCH
from flowforge_provider.inbox.files import rows_of_files
from flowforge_provider.inbox.hiding import hide_delivery
from flowforge_provider.store.tables import DeliveryRow, FileRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session
    from sqlalchemy.sql import ColumnElement

    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.inbox.email.content import EmailContent
    from flowforge_provider.runs.database import Database

__all__ = ["claim_unfetched", "note_failure", "store_fetched"]

_LONGEST_DELAY_S = 300
# With the delays between them: about a day, after which Resend's own tries have ended, too.
_ATTEMPTS = 290
_ATTEMPTS_REFUSED = 6


def claim_unfetched(*, database: Database, limit: int, claim_s: float) -> list[Delivery]:
    """
    Return deliveries whose email nobody is fetching, oldest first, and hold them.

    :param limit: largest number to take
    :param claim_s: seconds for which other processes leave them alone
    """
    now = datetime.now(tz=timezone.utc)
    free = (*_waits(), or_(DeliveryRow.claimed_until.is_(None), DeliveryRow.claimed_until < now))

    def work(session: Session) -> list[Delivery]:
        query = select(DeliveryRow).where(*free).order_by(DeliveryRow.id).limit(limit)
        rows = session.scalars(query.with_for_update(skip_locked=True)).all()
        for row in rows:
            row.claimed_until = now + timedelta(seconds=claim_s)
        session.flush()
        return [from_row(row) for row in rows]

    # Mostly there is nothing, and looking must not take SQLite's write lock.
    with database.session("read") as session:
        if session.scalar(select(DeliveryRow.id).where(*free).limit(1)) is None:
            return []
    return database.transaction(work)


def store_fetched(
    delivery: Delivery,
    content: EmailContent,
    *,
    rules: Sequence[str] = (),
    claimed_until: datetime | None,
    database: Database,
) -> Delivery | None:
    """
    Put the email into its delivery, which can become a run then.

    :param rules: the workflow's redaction rules
    :param claimed_until: until when this process dispatches it; None when another one is to do it
    :return: the delivery; None when another process was faster
    """

    hidden = hide_delivery(replace(delivery, body=content.body), rules)

    def work(session: Session) -> bool:
        marked = session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery.id, *_waits())
            .values(
                body=hidden.body,
                state="pending",
                reason=None,
                error=None,
                attempts=0,
                claimed_until=claimed_until,
            )
            .execution_options(synchronize_session=False)
        )
        if not isinstance(marked, CursorResult) or marked.rowcount != 1:
            return False
        files = rows_of_files(
            content.files,
            workflow_id=delivery.workflow_id,
            delivery_id=delivery.id,
            received_at=delivery.received_at,
        )
        if files:
            session.execute(insert(FileRow), files)
        return True

    if not database.transaction(work):
        return None
    return replace(hidden, state="pending", reason=None)


def note_failure(
    delivery: Delivery, message: str, *, retryable: bool, database: Database, skipped: str | None = None
) -> None:
    """
    Note why an email was not fetched, and when to try again.

    :param retryable: whether later tries may succeed
    :param skipped: it was fetched and is to start no run, for this reason
    """

    def work(session: Session) -> None:
        query = select(DeliveryRow).where(DeliveryRow.id == delivery.id, *_waits()).with_for_update()
        row = session.scalar(query)
        if row is None:
            return
        row.attempts += 1
        row.error = message[:4000] or None
        row.claimed_until = None
        if skipped is not None:
            row.state, row.reason = "skipped", skipped
        elif row.attempts >= (_ATTEMPTS if retryable else _ATTEMPTS_REFUSED):
            row.state, row.reason = "failed", None
        else:
            delay = min(_LONGEST_DELAY_S, 2 ** min(row.attempts - 1, 10))
            row.claimed_until = datetime.now(tz=timezone.utc) + timedelta(seconds=delay)
        session.flush()

    database.transaction(work)


def _waits() -> tuple[ColumnElement[bool], ...]:
    return DeliveryRow.state == "held", DeliveryRow.reason == FETCH
