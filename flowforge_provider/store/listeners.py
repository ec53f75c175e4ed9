"""Who listens at test addresses, and what was caught there."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from sqlalchemy import CursorResult, select, update

from flowforge_provider.store.tables import TestListenerRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

__all__ = [
    "LISTEN_FOR",
    "find_listener",
    "list_listening",
    "note_capture",
    "note_refusal",
    "start_listening",
    "stop_listening",
]

LISTEN_FOR = timedelta(minutes=5)
# Of those that did not get in, the last ones help to find out why.
_MOST_REFUSALS = 5


def start_listening(
    *, workflow_id: str, node_id: str, user: str, session: Session, now: datetime | None = None
) -> TestListenerRow:
    """Let the test address of a trigger take its next call; what was caught there before is forgotten."""
    row = find_listener(workflow_id=workflow_id, node_id=node_id, session=session)
    if row is None:
        row = TestListenerRow(workflow_id=workflow_id, node_id=node_id)
        session.add(row)
    row.until = (now or datetime.now(tz=timezone.utc)) + LISTEN_FOR
    row.delivery_id, row.outcome, row.refusals, row.started_by = None, None, [], user
    session.flush()
    return row


def stop_listening(*, workflow_id: str, node_id: str, session: Session) -> None:
    """Take no more calls; what was caught stays to be looked at."""
    row = find_listener(workflow_id=workflow_id, node_id=node_id, session=session)
    if row is not None:
        row.until = min(row.until, datetime.now(tz=timezone.utc))
        session.flush()


def find_listener(*, workflow_id: str, node_id: str, session: Session) -> TestListenerRow | None:
    """Return what is known of a trigger's test address; None when nobody has listened there."""
    return session.get(TestListenerRow, (workflow_id, node_id))


def list_listening(workflow_id: str, *, session: Session) -> Sequence[str]:
    """Return the nodes of a workflow that take a call now."""
    return session.scalars(
        select(TestListenerRow.node_id).where(
            TestListenerRow.workflow_id == workflow_id,
            TestListenerRow.delivery_id.is_(None),
            TestListenerRow.until > datetime.now(tz=timezone.utc),
        )
    ).all()


def note_capture(
    *, workflow_id: str, node_id: str, delivery_id: str, outcome: Mapping[str, Any], session: Session
) -> bool:
    """
    Say what was caught, and take no more.

    :param outcome: what would have become of it at the real address
    :return: False: another call was faster, or nobody listens any more
    """
    result = session.execute(
        update(TestListenerRow)
        .where(
            TestListenerRow.workflow_id == workflow_id,
            TestListenerRow.node_id == node_id,
            TestListenerRow.delivery_id.is_(None),
            TestListenerRow.until > datetime.now(tz=timezone.utc),
        )
        .values(delivery_id=delivery_id, outcome=dict(outcome))
        .execution_options(synchronize_session=False)
    )
    return isinstance(result, CursorResult) and result.rowcount == 1


def note_refusal(
    refusal: Mapping[str, Any], *, workflow_id: str, node_ids: Sequence[str], session: Session
) -> None:
    """Keep why a call did not get in, for whoever listens."""
    rows = session.scalars(
        select(TestListenerRow)
        .where(TestListenerRow.workflow_id == workflow_id, TestListenerRow.node_id.in_(node_ids))
        .with_for_update()
    )
    for row in rows:
        row.refusals = [*row.refusals, dict(refusal)][-_MOST_REFUSALS:]
    session.flush()
