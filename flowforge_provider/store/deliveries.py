"""
Deliveries as a list to read; the inbox writes them.

A list is read page by page from where the last one ended, never by counting off rows, so that the last page
of a million costs as much as the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import defer

from flowforge_provider.exceptions import ConflictError, NotFoundError
from flowforge_provider.store.cursors import make_cursor, read_cursor
from flowforge_provider.store.files import delete_files
from flowforge_provider.store.tables import DeliveryRow, FileRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

__all__ = [
    "COUNT_LIMIT",
    "SETTLED_STATES",
    "WITHOUT_CONTENT",
    "DeliveryFilter",
    "DeliveryPage",
    "DeliveryState",
    "count_deliveries",
    "delete_delivery",
    "find_chain",
    "get_delivery",
    "list_deliveries",
    "list_files",
]

DeliveryState = Literal["pending", "held", "dispatched", "failed", "skipped", "captured"]
#: What is over and done with: only these may be removed or sent again.
SETTLED_STATES: tuple[DeliveryState, ...] = ("dispatched", "failed", "skipped", "captured")
#: A list says "more than this many" beyond it: counting a million rows takes longer than reading a page.
COUNT_LIMIT = 1000
#: For queries of many: the content of each may have megabytes.
WITHOUT_CONTENT = (defer(DeliveryRow.headers), defer(DeliveryRow.query), defer(DeliveryRow.body))

_HEX = re.compile(r"^[0-9a-f]{6,32}$")
_MOST_FOUND = 500
_CHAIN_LENGTH = 50


@dataclass(frozen=True, kw_only=True)
class DeliveryFilter:
    """
    Which deliveries are meant; what is None does not matter.

    :param workflow_ids: only these workflows', for callers that may not see all
    :param node_id: of the trigger
    :param kind: node type of the trigger
    :param received_from: received at this moment or later
    :param received_to: received before this moment
    :param search: the beginning of a delivery's id, or the whole of its execution's id or its group's id;
        where there is none, its idempotency key
    """

    workflow_id: str | None = None
    workflow_ids: Collection[str] | None = None
    node_id: str | None = None
    kind: str | None = None
    states: Sequence[DeliveryState] = ()
    reason: str | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    search: str | None = None


@dataclass(frozen=True)
class DeliveryPage:
    """
    Part of a list, newest first.

    :param next_cursor: where the next page begins; None at the end
    """

    rows: Sequence[DeliveryRow]
    next_cursor: str | None


def get_delivery(delivery_id: str, session: Session) -> DeliveryRow:
    """
    Return one delivery.

    :raises NotFoundError: there is none with this id; code ``delivery-not-found``
    """
    row = session.get(DeliveryRow, delivery_id)
    if row is None:
        raise NotFoundError(
            f'There is no delivery with the id "{delivery_id}". It may have been cleaned up.',
            code="delivery-not-found",
        )
    return row


def list_deliveries(
    wanted: DeliveryFilter, *, limit: int = 50, cursor: str | None = None, session: Session
) -> DeliveryPage:
    """
    Return one page of deliveries, newest first. Headers, query and body are not read.

    :param limit: largest number of rows
    :param cursor: ``next_cursor`` of the page before
    :raises StoreError: the cursor is not one that this function has given; code ``invalid-cursor``
    """
    query = _matching(wanted, session)
    if cursor is not None:
        moment, last_id = read_cursor(cursor)
        query = query.where(
            DeliveryRow.received_at <= moment, or_(DeliveryRow.received_at < moment, DeliveryRow.id < last_id)
        )
    rows = session.scalars(
        query.options(*WITHOUT_CONTENT)
        .order_by(DeliveryRow.received_at.desc(), DeliveryRow.id.desc())
        .limit(limit + 1)
    ).all()
    page = rows[:limit]
    return DeliveryPage(page, make_cursor(page[-1].received_at, page[-1].id) if len(rows) > limit else None)


def count_deliveries(wanted: DeliveryFilter, *, session: Session) -> int:
    """Return how many deliveries match, at most ``COUNT_LIMIT`` + 1."""
    few = _matching(wanted, session).with_only_columns(DeliveryRow.id).limit(COUNT_LIMIT + 1).subquery()
    return session.scalar(select(func.count()).select_from(few)) or 0


def list_files(delivery_id: str, session: Session) -> Sequence[FileRow]:
    """Return the files that came in with a delivery, without their content."""
    query = select(FileRow).where(FileRow.delivery_id == delivery_id).order_by(FileRow.id)
    return session.scalars(query).all()


def find_chain(row: DeliveryRow, session: Session) -> list[tuple[str, datetime]]:
    """
    Return what a delivery was sent again from, and what was sent again from it: ids and when they came,
    oldest first, the delivery itself among them; a lone delivery has an empty chain.
    """
    first = row
    for _ in range(_CHAIN_LENGTH):
        before = session.get(DeliveryRow, first.redelivery_of) if first.redelivery_of else None
        if before is None:
            break
        first = before
    found = {first.id: first.received_at}
    newest = [first.id]
    while newest and len(found) < _CHAIN_LENGTH:
        query = (
            select(DeliveryRow.id, DeliveryRow.received_at)
            .where(DeliveryRow.redelivery_of.in_(newest))
            .order_by(DeliveryRow.id)
            .limit(_CHAIN_LENGTH)
        )
        later = {item.id: item.received_at for item in session.execute(query)}
        newest = [delivery_id for delivery_id in later if delivery_id not in found]
        found.update(later)
    found[row.id] = row.received_at
    return sorted(found.items(), key=lambda item: item[1]) if len(found) > 1 else []


def delete_delivery(row: DeliveryRow, session: Session) -> None:
    """
    Remove a delivery with its files.

    :raises ConflictError: it has not become a run yet; code ``delivery-waits``
    """
    if row.state not in SETTLED_STATES:
        raise ConflictError(
            f'Delivery "{row.id}" waits for its run and cannot be removed: its sender was promised one.',
            code="delivery-waits",
        )
    delete_files([row.id], session)
    session.delete(row)
    session.flush()


def _matching(wanted: DeliveryFilter, session: Session) -> Select[DeliveryRow]:
    query = select(DeliveryRow)
    if wanted.workflow_id is not None:
        query = query.where(DeliveryRow.workflow_id == wanted.workflow_id)
    if wanted.workflow_ids is not None:
        query = query.where(DeliveryRow.workflow_id.in_(wanted.workflow_ids))
    if wanted.node_id is not None:
        query = query.where(DeliveryRow.node_id == wanted.node_id)
    if wanted.kind is not None:
        query = query.where(DeliveryRow.kind == wanted.kind)
    if wanted.states and set(wanted.states) != set(get_args(DeliveryState)):
        query = query.where(DeliveryRow.state.in_(wanted.states))
    if wanted.reason is not None:
        query = query.where(DeliveryRow.reason == wanted.reason)
    if wanted.received_from is not None:
        query = query.where(DeliveryRow.received_at >= wanted.received_from)
    if wanted.received_to is not None:
        query = query.where(DeliveryRow.received_at < wanted.received_to)
    if wanted.search:
        # Looked up first: each of the few ways has an index, all of them together have none.
        query = query.where(DeliveryRow.id.in_(_find_ids(wanted.search, session)))
    return query


def _find_ids(search: str, session: Session) -> list[str]:
    text = search.strip()
    named = text.rpartition("__")[2].lower()
    ways = [DeliveryRow.group_id == named, DeliveryRow.redelivery_of == named]
    if _HEX.match(named):
        # "g" follows the last hexadecimal digit.
        ways.append(and_(DeliveryRow.id >= named, DeliveryRow.id < f"{named}g"))
    found = _first_ids(ways, session)
    if found:
        return found
    # Only now, since it looks through the keys of every trigger.
    return _first_ids(
        [and_(DeliveryRow.workflow_id.in_(select(WorkflowRow.id)), DeliveryRow.dedup_key == text)], session
    )


def _first_ids(ways: Sequence[ColumnElement[bool]], session: Session) -> list[str]:
    found: dict[str, None] = {}
    for way in ways:
        query = select(DeliveryRow.id).where(way).order_by(DeliveryRow.id.desc()).limit(_MOST_FOUND)
        found.update(dict.fromkeys(session.scalars(query)))
    return list(found)
