"""
How far mailboxes have been read, and which process reads them.

A lease only keeps two processes from doing the same work. That a message starts one run rests on the
position: it moves on in the transaction that stores the delivery, and only from where the reader believes it
to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import CursorResult

from flowforge_provider.store.tables import MailboxRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.orm import Session
    from sqlalchemy.sql import ColumnElement

    from flowforge_provider.inbox.mailbox.targets import Target, TargetKey
    from flowforge_provider.runs.database import Database

__all__ = ["LostLeaseError", "Position", "Positions", "advance"]


class LostLeaseError(Exception):
    """Another process reads the mailbox by now."""


@dataclass(frozen=True)
class Position:
    """
    How far a mailbox has been read; see :class:`flowforge_provider.store.tables.MailboxRow`.

    :param uid_validity: None before the first look
    """

    since: datetime
    uid_validity: int | None
    unseen_until: int
    last_uid: int
    settled_uid: int
    checked_at: datetime | None


class Positions:
    """
    The positions and leases of one process.

    :param owner: names the process
    :param lease_s: seconds until others take over what this process has left
    """

    def __init__(self, database: Database, *, owner: str, lease_s: float) -> None:
        self._database = database
        self.owner = owner
        self._lease = timedelta(seconds=lease_s)

    def acquire(self, target: Target) -> bool:
        """Take the lease of a mailbox, and make its row when there is none; tell whether it is ours now."""
        now = datetime.now(tz=timezone.utc)

        def work(session: Session) -> bool:
            row = session.scalar(select(MailboxRow).where(*_is(target.key)).with_for_update())
            if row is None:
                session.execute(insert(MailboxRow), [self._new_row(target, now)])
                return True
            if row.owner not in {None, self.owner} and row.owned_until is not None and row.owned_until >= now:
                return False
            row.owner, row.owned_until = self.owner, now + self._lease
            parameters = target.parameters
            moved = (row.connection_id, row.folder) != (parameters.connection_id, parameters.folder)
            if moved or row.since < target.live_since:
                for name, value in self._new_row(target, now).items():
                    setattr(row, name, value)
            session.flush()
            return True

        return self._database.transaction(work)

    def renew(self, keys: Collection[TargetKey]) -> set[TargetKey]:
        """Keep leases for another while; return those that are still ours."""

        def work(session: Session) -> set[TargetKey]:
            rows = session.scalars(
                select(MailboxRow).where(MailboxRow.owner == self.owner).with_for_update()
            ).all()
            until = datetime.now(tz=timezone.utc) + self._lease
            kept = {(row.workflow_id, row.node_id): row for row in rows}
            for key, row in kept.items():
                if key in keys:
                    row.owned_until = until
            session.flush()
            return set(kept) & set(keys)

        return self._database.transaction(work) if keys else set()

    def release(self, keys: Collection[TargetKey]) -> None:
        """Leave mailboxes to other processes at once."""

        def work(session: Session) -> None:
            for key in keys:
                session.execute(
                    update(MailboxRow)
                    .where(*_is(key), MailboxRow.owner == self.owner)
                    .values(owner=None, owned_until=None)
                )

        if keys:
            self._database.transaction(work)

    def forget_others(self, live: Mapping[str, int], targets: Collection[TargetKey]) -> None:
        """
        Delete the rows of what is watched no more.

        :param live: workflow -> publication that the targets were read from
        :param targets: everything that is watched
        """
        with self._database.session("read") as session:
            rows = [
                (row[0], row[1])
                for row in session.execute(select(MailboxRow.workflow_id, MailboxRow.node_id))
            ]
        stale = [key for key in rows if key not in targets]
        if not stale:
            return

        def work(session: Session) -> None:
            for key in stale:
                seq = session.scalar(select(WorkflowRow.published_seq).where(WorkflowRow.id == key[0]))
                # Somebody may have published since; then the next look decides.
                if seq is None or seq == live.get(key[0], seq):
                    session.execute(delete(MailboxRow).where(*_is(key)))

        self._database.transaction(work)

    def read(self, key: TargetKey) -> Position:
        """
        Return the position of a mailbox.

        :raises LostLeaseError: another process reads it
        """
        with self._database.session("read") as session:
            row = session.scalar(select(MailboxRow).where(*self._mine(key)))
        if row is None:
            raise LostLeaseError
        return Position(
            since=row.since,
            uid_validity=row.uid_validity,
            unseen_until=row.unseen_until,
            last_uid=row.last_uid,
            settled_uid=row.settled_uid,
            checked_at=row.checked_at,
        )

    def write(self, key: TargetKey, **values: Any) -> None:
        """
        Change columns of a mailbox's row.

        :raises LostLeaseError: another process reads it
        """

        def work(session: Session) -> bool:
            return _changed(session.execute(update(MailboxRow).where(*self._mine(key)).values(**values)))

        if not self._database.transaction(work):
            raise LostLeaseError

    def _mine(self, key: TargetKey) -> tuple[ColumnElement[bool], ...]:
        return (*_is(key), MailboxRow.owner == self.owner)

    def _new_row(self, target: Target, now: datetime) -> dict[str, Any]:
        return {
            "workflow_id": target.workflow_id,
            "node_id": target.node_id,
            "connection_id": target.parameters.connection_id,
            "folder": target.parameters.folder,
            "since": target.published_at,
            "owner": self.owner,
            "owned_until": now + self._lease,
            "uid_validity": None,
            "unseen_until": 0,
            "last_uid": 0,
            "settled_uid": 0,
            "pushes": None,
            "checked_at": None,
            "error": None,
        }


def advance(
    key: TargetKey, *, owner: str, uid_validity: int, before: int, uid: int, session: Session
) -> None:
    """
    Move a position on, in the transaction that stores the delivery of the message.

    :param before: where the position is believed to be
    :param uid: of the message that is dealt with then
    :raises LostLeaseError: another process has the lease, or was faster; nothing must be stored then
    """
    moved = session.execute(
        update(MailboxRow)
        .where(
            *_is(key),
            MailboxRow.owner == owner,
            MailboxRow.uid_validity == uid_validity,
            MailboxRow.last_uid == before,
        )
        .values(last_uid=uid)
        .execution_options(synchronize_session=False)
    )
    if not _changed(moved):
        raise LostLeaseError


def _is(key: TargetKey) -> tuple[ColumnElement[bool], ...]:
    return MailboxRow.workflow_id == key[0], MailboxRow.node_id == key[1]


def _changed(result: Any) -> bool:
    return isinstance(result, CursorResult) and result.rowcount == 1
