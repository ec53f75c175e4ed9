"""Store what a message became, and move the mailbox's position on: one transaction."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, union_all

from flowforge_provider.inbox.errors import StalePublicationError
from flowforge_provider.inbox.files import rows_of_files
from flowforge_provider.inbox.hiding import hide_delivery
from flowforge_provider.inbox.mailbox.positions import advance
from flowforge_provider.inbox.writer import make_row
from flowforge_provider.runs.published import read_published
from flowforge_provider.store.tables import DeliveryRow, FileRow, RememberedKeyRow, WorkflowRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.runs.database import Database

__all__ = ["Stored", "store_message"]


class Stored(Enum):
    """What became of a message."""

    NEW = "new"
    DUPLICATE = "duplicate"
    FAILED = "failed"


def store_message(
    delivery: Delivery,
    *,
    seq: int,
    claimed_until: datetime | None,
    owner: str,
    uid_validity: int,
    before: int,
    uid: int,
    database: Database,
    error: str | None = None,
) -> Stored:
    """
    Store a delivery.

    :param seq: the publication that asks for the message
    :param claimed_until: until when this process dispatches it
    :param owner: the process that has the mailbox's lease
    :param before: uid up to which the mailbox is believed to be read
    :param uid: uid of the message
    :param error: why it can never become a run; it is recorded as failed then
    :raises LostLeaseError: another process reads the mailbox; nothing is stored
    :raises StalePublicationError: another publication is live by now; nothing is stored
    :raises DBAPIError: the database failed; nothing is stored
    """

    def work(session: Session) -> Stored:
        live = session.scalar(select(WorkflowRow.published_seq).where(WorkflowRow.id == delivery.workflow_id))
        if live != seq:
            raise StalePublicationError(f'Workflow "{delivery.workflow_id}" has changed. Look again.')
        advance(
            (delivery.workflow_id, delivery.node_id),
            owner=owner,
            uid_validity=uid_validity,
            before=before,
            uid=uid,
            session=session,
        )
        if delivery.dedup_key is not None and _is_known(delivery, session):
            return Stored.DUPLICATE
        rules = read_published(delivery.workflow_id, session).redact
        row = make_row(hide_delivery(delivery, rules), claimed_until=claimed_until)
        if error:
            row.update(state="failed", error=error[:4000], claimed_until=None)
        session.execute(insert(DeliveryRow), [row])
        files = rows_of_files(
            delivery.files,
            workflow_id=delivery.workflow_id,
            delivery_id=delivery.id,
            received_at=delivery.received_at,
        )
        if files:
            session.execute(insert(FileRow), files)
        return Stored.FAILED if error else Stored.NEW

    return database.transaction(work)


def _is_known(delivery: Delivery, session: Session) -> bool:
    """Tell whether the same message was stored before; its key may outlive it."""
    found = (
        select(table.workflow_id).where(
            table.workflow_id == delivery.workflow_id,
            table.node_id == delivery.node_id,
            table.dedup_key == delivery.dedup_key,
            *conditions,
        )
        for table, conditions in (
            (DeliveryRow, ()),
            (RememberedKeyRow, (RememberedKeyRow.remember_until > delivery.received_at,)),
        )
    )
    return session.scalars(union_all(*found)).first() is not None
