"""
Start dead letters again, so many a minute.

What is to be started is written down at once. The loop of the queue starts what is due, each with the mark on
its letter in one transaction: a crash loses none and starts none twice, and stopping takes effect at once.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import uuid6
from sqlalchemy import select, update

from flowforge_provider.exceptions import ConflictError, FlowForgeError, NotFoundError
from flowforge_provider.inbox.redelivery import redeliver
from flowforge_provider.queue.dead_letters import get_group, selected
from flowforge_provider.runs.database import is_transient
from flowforge_provider.runs.ids import ExecutionId, webhook_run_id
from flowforge_provider.runs.rerun import rerun, rerun_run_id
from flowforge_provider.store.queue_tables import DeadLetterGroupRow, DeadLetterRow, RedriveRow
from flowforge_provider.store.tables import DeliveryRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from flowforge_provider.runs.database import Database

__all__ = ["begin_redrive", "drive", "has_due", "stop_redrive"]

log = logging.getLogger(__name__)

# Letters that are started in one go, so that a slow start of one re-drive does not keep others waiting.
_AT_ONCE = 20


def begin_redrive(
    group_id: str,
    *,
    ids: Collection[str] | None,
    revision: str,
    per_minute: int,
    user: str,
    session: Session,
) -> RedriveRow:
    """
    Put open letters of a group on their way.

    :param ids: execution ids; all when None
    :param revision: latest or original
    :param per_minute: most that start in a minute
    :raises NotFoundError: there is no such group; code ``dead-letters-not-found``
    :raises ConflictError: none of them is open; code ``nothing-to-redrive``
    """
    group = get_group(group_id, session, for_update=True)
    now = datetime.now(tz=timezone.utc)
    row = RedriveRow(
        id=uuid6.uuid7().hex,
        group_id=group.id,
        workflow_id=group.workflow_id,
        state="running",
        revision=revision,
        per_minute=per_minute,
        total=0,
        started=0,
        failed=0,
        next_at=now,
        created_by=user,
        created_at=now,
    )
    result = session.execute(
        update(DeadLetterRow)
        .where(selected(group, ids))
        .values(redrive_id=row.id)
        .execution_options(synchronize_session=False)
    )
    row.total = int(getattr(result, "rowcount", 0))
    if not row.total:
        raise ConflictError(
            "None of these dead letters is open: they were started again or discarded, or are on their way.",
            code="nothing-to-redrive",
        )
    session.add(row)
    session.flush()
    return row


def stop_redrive(redrive_id: str, session: Session) -> RedriveRow:
    """
    Start no more of a re-drive; what was started goes on. A stopped or finished one stays what it is.

    :raises NotFoundError: there is no such re-drive; code ``redrive-not-found``
    """
    row = session.get(RedriveRow, redrive_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f'There is no re-drive with the id "{redrive_id}".', code="redrive-not-found")
    if row.state == "running":
        _finish(row, "stopped", session)
    return row


def has_due(session: Session) -> bool:
    """Tell whether something of a re-drive is due."""
    now = datetime.now(tz=timezone.utc)
    query = select(RedriveRow.id).where(RedriveRow.state == "running", RedriveRow.next_at <= now)
    return session.scalar(query.limit(1)) is not None


def drive(database: Database) -> int:
    """Start what is due of all re-drives; return how many were started."""
    started = 0
    with database.session("read") as session:
        ids = session.scalars(
            select(RedriveRow.id).where(RedriveRow.state == "running").order_by(RedriveRow.next_at)
        ).all()
    for redrive_id in ids:
        for _ in range(_AT_ONCE):
            if not _start_next(redrive_id, database):
                break
            started += 1
    return started


def _start_next(redrive_id: str, database: Database) -> bool:
    """Start the next letter of a re-drive if it is due; return whether it is worth trying another."""
    tried: list[tuple[str, str]] = []

    def work(session: Session) -> bool:
        tried.clear()
        row = session.get(RedriveRow, redrive_id, with_for_update=True)
        now = datetime.now(tz=timezone.utc)
        if row is None or row.state != "running" or row.next_at > now:
            return False
        letter = session.scalar(
            select(DeadLetterRow)
            .where(DeadLetterRow.redrive_id == redrive_id, DeadLetterRow.state == "open")
            .order_by(DeadLetterRow.failed_at, DeadLetterRow.run_id)
            .limit(1)
            .with_for_update()
        )
        if letter is None:
            _finish(row, "done", session)
            return False
        tried.append((letter.workflow_id, letter.run_id))
        new_run = _start(letter, row, session)
        letter.state, letter.redriven_as = "redriven", new_run
        letter.settled_at, letter.settled_by = now, row.created_by
        row.started += 1
        row.next_at = _next_at(row, now)
        group = session.get(DeadLetterGroupRow, letter.group_id, with_for_update=True)
        if group is not None:
            group.open_count -= 1
        session.flush()
        _finish_if_done(row, session)
        return True

    try:
        # A run is made from one state of the database, see flowforge_provider.runs.start.
        return database.transaction(work)
    except Exception as exc:  # one that cannot be started keeps no other from it
        if is_transient(exc) or not tried:
            raise
        for key in tried:
            _give_up(redrive_id, key, exc, database)
        return True


def _start(letter: DeadLetterRow, row: RedriveRow, session: Session) -> str:
    """Start one letter again; return the id of the run that this makes."""
    if letter.delivery_id is not None:
        delivery = session.get(DeliveryRow, letter.delivery_id)
        if delivery is None:
            raise NotFoundError(f'Delivery "{letter.delivery_id}" was cleaned up.', code="delivery-not-found")
        return webhook_run_id(redeliver(delivery, session))
    repeated = rerun(
        ExecutionId(letter.workflow_id, letter.run_id),
        run_id=rerun_run_id(),
        latest=row.revision == "latest",
        user=row.created_by,
        session=session,
    )
    return repeated.run_id


def _give_up(redrive_id: str, key: tuple[str, str], exc: Exception, database: Database) -> None:
    """Leave a letter that cannot be started among the open ones, and go on with the next."""
    log.warning("Dead letter %s.%s cannot be started again: %s", *key, exc)

    def work(session: Session) -> None:
        row = session.get(RedriveRow, redrive_id, with_for_update=True)
        letter = session.get(DeadLetterRow, key, with_for_update=True)
        if row is None or letter is None or letter.redrive_id != redrive_id:
            return
        letter.redrive_id = None
        row.failed += 1
        told = f"{exc.message} [{exc.error_code}]" if isinstance(exc, FlowForgeError) else repr(exc)
        row.error = told[:2000]
        row.next_at = _next_at(row, datetime.now(tz=timezone.utc))
        session.flush()
        _finish_if_done(row, session)

    database.transaction(work)


def _next_at(row: RedriveRow, now: datetime) -> datetime:
    # From the moment that was planned, so that a rate above one a look is kept; not from long ago, so that a
    # pause is not made up for all at once.
    planned = max(row.next_at, now - timedelta(seconds=5))
    return planned + timedelta(seconds=60 / row.per_minute)


def _finish_if_done(row: RedriveRow, session: Session) -> None:
    left = select(DeadLetterRow.run_id).where(
        DeadLetterRow.redrive_id == row.id, DeadLetterRow.state == "open"
    )
    if session.scalar(left.limit(1)) is None:
        _finish(row, "done", session)


def _finish(row: RedriveRow, state: str, session: Session) -> None:
    row.state, row.finished_at = state, datetime.now(tz=timezone.utc)
    session.execute(
        update(DeadLetterRow)
        .where(DeadLetterRow.redrive_id == row.id, DeadLetterRow.state == "open")
        .values(redrive_id=None)
        .execution_options(synchronize_session=False)
    )
    session.flush()
