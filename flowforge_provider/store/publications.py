"""
Publications: which source of which workflow is live since which ``seq``.

``seq`` is one growing sequence over all workflows. "The workflow at version V" is its newest publication with
seq <= V, which is how Airflow's bundle version names one file of one workflow for ever.
"""

from __future__ import annotations

import hashlib
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from flowforge_provider.store.tables import PublicationRow, RevisionRow, SequenceRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "add_publication",
    "add_withdrawal",
    "allocate_seq",
    "at",
    "current",
    "digest_of_source",
    "iter_by_seq",
    "latest_seq",
    "live_seqs",
    "lock_sequence",
    "seqs_at",
]

_SEQUENCE_ID = 1
# Sources read at once.
_CHUNK = 200


def current(workflow_id: str, session: Session) -> PublicationRow | None:
    """Return the live publication of a workflow with its source; None when it is not published."""
    return session.scalar(
        select(PublicationRow)
        .join(WorkflowRow, WorkflowRow.published_seq == PublicationRow.seq)
        .where(WorkflowRow.id == workflow_id)
        .options(undefer(PublicationRow.source))
    )


def at(workflow_id: str, seq: int, session: Session) -> PublicationRow | None:
    """
    Return the newest publication of a workflow that is not newer than ``seq``, with its source.

    A withdrawal hides nothing here: runs that began before it still need their file.

    :param seq: a bundle version
    """
    return session.scalar(
        select(PublicationRow)
        .where(
            PublicationRow.workflow_id == workflow_id,
            PublicationRow.seq <= seq,
            PublicationRow.action == "publish",
        )
        .order_by(PublicationRow.seq.desc())
        .limit(1)
        .options(undefer(PublicationRow.source))
    )


def seqs_at(seq: int, session: Session) -> dict[str, int]:
    """Return what was live at a bundle version: workflow id -> seq of its publication."""
    newest = (
        select(func.max(PublicationRow.seq).label("seq"))
        .where(PublicationRow.seq <= seq)
        .group_by(PublicationRow.workflow_id)
        .subquery()
    )
    query = (
        select(PublicationRow.workflow_id, PublicationRow.seq)
        .join(newest, newest.c.seq == PublicationRow.seq)
        .where(PublicationRow.action == "publish")
    )
    return dict(session.execute(query).all())


def live_seqs(session: Session) -> dict[str, int]:
    """Return the live publication of each published workflow: workflow id -> seq."""
    query = select(WorkflowRow.id, WorkflowRow.published_seq).where(WorkflowRow.published_seq.is_not(None))
    return {workflow_id: seq for workflow_id, seq in session.execute(query) if seq is not None}


def iter_by_seq(seqs: Sequence[int], session: Session) -> Iterator[PublicationRow]:
    """Yield publications with their sources, in no order."""
    for start in range(0, len(seqs), _CHUNK):
        yield from session.scalars(
            select(PublicationRow)
            .where(PublicationRow.seq.in_(seqs[start : start + _CHUNK]))
            .options(undefer(PublicationRow.source))
        )


def latest_seq(session: Session) -> int:
    """Return the newest seq that is committed, 0 before the first publication."""
    return session.scalar(select(SequenceRow.value).where(SequenceRow.id == _SEQUENCE_ID)) or 0


def allocate_seq(session: Session) -> int:
    """
    Return the next seq and keep the sequence locked until the transaction ends.

    The lock makes publications commit in the order of their seqs, without which a reader of version V could
    miss a publication below V that commits later.

    A seq is never smaller than the time in seconds. Workers keep files by seq for good: were a database
    reset, or restored from a backup, and its seqs given out a second time, they would run files of the lost.
    """
    now = int(time.time())
    next_value = (
        update(SequenceRow)
        .where(SequenceRow.id == _SEQUENCE_ID)
        .values(value=case((SequenceRow.value < now, now), else_=SequenceRow.value + 1))
        .execution_options(synchronize_session=False)
    )
    for _ in range(2):
        result = session.execute(next_value)
        if isinstance(result, CursorResult) and result.rowcount == 1:
            return session.scalars(select(SequenceRow.value).where(SequenceRow.id == _SEQUENCE_ID)).one()
        try:
            with session.begin_nested():
                # Not below what is there, should somebody have emptied the table.
                highest = session.scalar(select(func.max(PublicationRow.seq))) or 0
                session.add(SequenceRow(id=_SEQUENCE_ID, value=highest))
        except IntegrityError:
            # Another process has made the row in the meantime.
            pass
    raise RuntimeError("The table flowforge_sequence cannot be written to.")


def lock_sequence(session: Session) -> None:
    """Keep everybody else from publishing, or changing what it looks at, until the transaction ends."""
    locked = select(SequenceRow.id).where(SequenceRow.id == _SEQUENCE_ID).with_for_update()
    if session.scalar(locked) is None:
        # Nothing was ever published; this makes the row.
        allocate_seq(session)


def add_publication(
    *, workflow: WorkflowRow, revision: RevisionRow, source: str, message: str, user: str, session: Session
) -> PublicationRow:
    """
    Make a revision live under a new seq.

    :param workflow: locked by the caller
    :param source: the compiled Dag file
    """
    row = PublicationRow(
        seq=allocate_seq(session),
        workflow_id=workflow.id,
        revision_number=revision.number,
        action="publish",
        source=source,
        source_digest=digest_of_source(source),
        message=message,
        created_at=datetime.now(tz=timezone.utc),
        created_by=user,
    )
    session.add(row)
    workflow.published_seq = row.seq
    workflow.published_revision = revision.number
    workflow.published_digest = revision.digest
    workflow.published_at = row.created_at
    workflow.published_priority = _priority(revision.graph)
    workflow.published_keep_days = _keep_days(revision.graph)
    session.flush()
    return row


def add_withdrawal(*, workflow: WorkflowRow, message: str, user: str, session: Session) -> PublicationRow:
    """
    Take a workflow offline under a new seq.

    :param workflow: locked by the caller
    """
    row = PublicationRow(
        seq=allocate_seq(session),
        workflow_id=workflow.id,
        action="unpublish",
        message=message,
        created_at=datetime.now(tz=timezone.utc),
        created_by=user,
    )
    session.add(row)
    workflow.published_seq = None
    workflow.published_revision = None
    workflow.published_digest = None
    workflow.published_at = None
    session.flush()
    return row


def _priority(graph: Mapping[str, Any]) -> int:
    settings = graph.get("settings")
    value = settings.get("priority", 0) if isinstance(settings, dict) else 0
    return value if isinstance(value, int) else 0


def _keep_days(graph: Mapping[str, Any]) -> int | None:
    settings = graph.get("settings")
    value = settings.get("keep_days") if isinstance(settings, dict) else None
    return value if isinstance(value, int) else None


def digest_of_source(source: str) -> str:
    """Return the SHA-256 of a Dag file, hexadecimal."""
    return hashlib.sha256(source.encode()).hexdigest()
