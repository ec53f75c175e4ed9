"""Revisions: the immutable saved graphs of a workflow, numbered from 1."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.store.documents import pins_of, with_pins, without_pins
from flowforge_provider.store.tables import RevisionRow, WorkflowRow
from flowforge_provider.store.workflows import get_workflow, update_draft

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["add_revision", "get_revision", "list_revisions", "restore_revision"]


def list_revisions(
    *, workflow_id: str, limit: int = 50, offset: int = 0, session: Session
) -> tuple[Sequence[RevisionRow], int]:
    """
    Return one page of a workflow's revisions, newest first, without their graphs, and the number of all.

    :raises NotFoundError: there is no such workflow
    """
    get_workflow(workflow_id, session)
    query = select(RevisionRow).where(RevisionRow.workflow_id == workflow_id)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(query.order_by(RevisionRow.number.desc()).limit(limit).offset(offset)).all()
    return rows, total


def get_revision(*, workflow_id: str, number: int, session: Session) -> RevisionRow:
    """
    Return one revision with its graph.

    :raises NotFoundError: there is no such revision; code ``revision-not-found``
    """
    row = session.scalar(
        select(RevisionRow)
        .where(RevisionRow.workflow_id == workflow_id, RevisionRow.number == number)
        .options(undefer(RevisionRow.graph))
    )
    if row is None:
        raise NotFoundError(
            f'Workflow "{workflow_id}" has no revision {number}. Choose one from its list of revisions.',
            code="revision-not-found",
        )
    return row


def restore_revision(
    *, workflow_id: str, number: int, expected_version: int | None, user: str, session: Session
) -> WorkflowRow:
    """
    Make the draft equal to a revision, but for the workflow's present name and what is pinned to its nodes.
    Publishes nothing.

    :param expected_version: the version of the draft that the caller has read; None overwrites any
    :raises NotFoundError: there is no such workflow or revision
    :raises StaleVersionError: somebody saved the draft since
    """
    revision = get_revision(workflow_id=workflow_id, number=number, session=session)
    return update_draft(
        workflow_id=workflow_id,
        graph=with_pins(revision.graph, pins_of(get_workflow(workflow_id, session).draft)),
        expected_version=expected_version,
        user=user,
        session=session,
    )


def add_revision(*, workflow: WorkflowRow, message: str, user: str, session: Session) -> RevisionRow:
    """
    Keep the draft as a revision; when the newest revision is the same graph, return that one.

    :param workflow: locked by the caller, so that no two revisions get one number
    """
    newest = session.scalar(
        select(RevisionRow)
        .where(RevisionRow.workflow_id == workflow.id)
        .order_by(RevisionRow.number.desc())
        .limit(1)
    )
    if newest is not None and newest.digest == workflow.draft_digest:
        return newest
    row = RevisionRow(
        workflow_id=workflow.id,
        number=workflow.last_revision + 1,
        graph=without_pins(workflow.draft),
        digest=workflow.draft_digest,
        message=message,
        created_at=datetime.now(tz=timezone.utc),
        created_by=user,
    )
    workflow.last_revision = row.number
    session.add(row)
    session.flush()
    return row
