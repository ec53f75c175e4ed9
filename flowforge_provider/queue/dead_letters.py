"""Read dead letters, and mark them as dealt with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, insert, literal, or_, select, update

from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.runs.ids import parse_execution_id
from flowforge_provider.store.cursors import make_cursor, read_cursor
from flowforge_provider.store.queue_tables import DeadLetterGroupRow, DeadLetterRow, RedriveRow
from flowforge_provider.store.tables import HandledRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

__all__ = [
    "EntryPage",
    "GroupPage",
    "discard",
    "get_group",
    "list_entries",
    "list_groups",
    "newest_redrives",
    "selected",
]


@dataclass(frozen=True)
class GroupPage:
    """
    Part of the groups, those that failed last first.

    :param rows: groups with the names of their workflows
    """

    rows: Sequence[tuple[DeadLetterGroupRow, str | None]]
    total_open: int
    next_cursor: str | None


@dataclass(frozen=True)
class EntryPage:
    """Part of a group, newest first."""

    rows: Sequence[DeadLetterRow]
    next_cursor: str | None


def list_groups(
    *,
    workflow_id: str | None = None,
    workflow_ids: Collection[str] | None = None,
    only_open: bool = True,
    limit: int = 50,
    cursor: str | None = None,
    session: Session,
) -> GroupPage:
    """
    Return one page of the groups.

    :param workflow_ids: only these workflows', for callers that may not see all
    :param only_open: leave groups out that have been dealt with
    :raises StoreError: the cursor is not one that this function has given; code ``invalid-cursor``
    """
    group = DeadLetterGroupRow
    conditions: list[ColumnElement[bool]] = []
    if workflow_id is not None:
        conditions.append(group.workflow_id == workflow_id)
    if workflow_ids is not None:
        conditions.append(group.workflow_id.in_(workflow_ids))
    if only_open:
        conditions.append(group.open_count > 0)
    query = (
        select(group, WorkflowRow.name)
        .join(WorkflowRow, WorkflowRow.id == group.workflow_id, isouter=True)
        .where(*conditions)
    )
    if cursor is not None:
        moment, last_id = read_cursor(cursor)
        query = query.where(or_(group.last_at < moment, and_(group.last_at == moment, group.id < last_id)))
    rows = session.execute(query.order_by(group.last_at.desc(), group.id.desc()).limit(limit + 1)).all()
    total = session.scalar(select(func.sum(group.open_count)).where(*conditions)) or 0
    more = len(rows) > limit
    page = [(row[0], row[1]) for row in rows[:limit]]
    return GroupPage(page, int(total), make_cursor(page[-1][0].last_at, page[-1][0].id) if more else None)


def get_group(group_id: str, session: Session, *, for_update: bool = False) -> DeadLetterGroupRow:
    """
    Return one group.

    :raises NotFoundError: there is none with this id; code ``dead-letters-not-found``
    """
    row = session.get(DeadLetterGroupRow, group_id, with_for_update=for_update or None)
    if row is None:
        raise NotFoundError(
            f'There is no group of dead letters with the id "{group_id}".', code="dead-letters-not-found"
        )
    return row


def list_entries(
    group_id: str,
    *,
    only_open: bool = False,
    limit: int = 50,
    cursor: str | None = None,
    session: Session,
) -> EntryPage:
    """
    Return one page of a group.

    :raises StoreError: the cursor is not one that this function has given; code ``invalid-cursor``
    """
    letter = DeadLetterRow
    query = select(letter).where(letter.group_id == group_id)
    if only_open:
        query = query.where(letter.state == "open")
    if cursor is not None:
        moment, last_id = read_cursor(cursor)
        query = query.where(
            or_(letter.failed_at < moment, and_(letter.failed_at == moment, letter.run_id < last_id))
        )
    rows = session.scalars(
        query.order_by(letter.failed_at.desc(), letter.run_id.desc()).limit(limit + 1)
    ).all()
    page = rows[:limit]
    more = len(rows) > limit
    return EntryPage(page, make_cursor(page[-1].failed_at, page[-1].run_id) if more else None)


def newest_redrives(group_ids: Collection[str], session: Session) -> Mapping[str, RedriveRow]:
    """Return the newest re-drive of each group that has one."""
    if not group_ids:
        return {}
    rows = session.scalars(
        select(RedriveRow).where(RedriveRow.group_id.in_(group_ids)).order_by(RedriveRow.created_at)
    )
    return {row.group_id: row for row in rows}


def selected(group: DeadLetterGroupRow, ids: Collection[str] | None) -> ColumnElement[bool]:
    """
    Return the condition for the open letters of a group that are meant and on no way already.

    :param ids: execution ids; all when None
    """
    letter = DeadLetterRow
    conditions = [
        letter.group_id == group.id,
        letter.workflow_id == group.workflow_id,
        letter.state == "open",
        letter.redrive_id.is_(None),
    ]
    if ids is not None:
        conditions.append(letter.run_id.in_([parse_execution_id(each).run_id for each in ids]))
    return and_(*conditions)


def discard(group_id: str, *, ids: Collection[str] | None, comment: str, user: str, session: Session) -> int:
    """
    Mark open letters of a group as dealt with; return how many.

    :param ids: execution ids; all when None
    :param user: who has dealt with them
    :raises NotFoundError: there is no such group; code ``dead-letters-not-found``
    """
    group = get_group(group_id, session, for_update=True)
    now = datetime.now(tz=timezone.utc)
    _mark_executions(selected(group, ids), comment=comment, user=user, now=now, session=session)
    result = session.execute(
        update(DeadLetterRow)
        .where(selected(group, ids))
        .values(state="handled", comment=comment, settled_at=now, settled_by=user)
        .execution_options(synchronize_session=False)
    )
    number = int(getattr(result, "rowcount", 0))
    group.open_count -= number
    session.flush()
    return number


def _mark_executions(
    letters: ColumnElement[bool], *, comment: str, user: str, now: datetime, session: Session
) -> None:
    """Mark the executions of letters as handled, so that their list says so too; earlier marks stay."""
    marked = select(HandledRow.run_id).where(
        HandledRow.workflow_id == DeadLetterRow.workflow_id, HandledRow.run_id == DeadLetterRow.run_id
    )
    made = select(
        DeadLetterRow.workflow_id,
        DeadLetterRow.run_id,
        literal(now, type_=HandledRow.handled_at.type),
        literal(user),
        literal(comment),
        literal(f"{comment}\n{user}".casefold()),
    ).where(letters, DeadLetterRow.delivery_id.is_(None), ~marked.exists())
    columns = ["workflow_id", "run_id", "handled_at", "handled_by", "comment", "search_text"]
    session.execute(insert(HandledRow).from_select(columns, made))
