"""Dead letters as the API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from flowforge_provider.api.datamodels.dead_letters import (
    DeadLetter,
    DeadLetterCollectionResponse,
    DeadLetterEntriesResponse,
    DeadLetterGroup,
    DeadLetterState,
    Redrive,
)
from flowforge_provider.api.services.dead_letter_titles import tell_groups
from flowforge_provider.queue.dead_letters import newest_redrives
from flowforge_provider.runs.ids import ExecutionId
from flowforge_provider.runs.reports import tell_message

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowforge_provider.api.services.dead_letter_titles import Told
    from flowforge_provider.nodes.payload.messages import Language
    from flowforge_provider.queue.dead_letters import EntryPage, GroupPage
    from flowforge_provider.store.queue_tables import DeadLetterGroupRow, DeadLetterRow, RedriveRow

__all__ = ["entries", "group_fields", "groups", "redrive_fields"]


def groups(page: GroupPage, *, language: Language, session: Session) -> DeadLetterCollectionResponse:
    """Return one page of the groups."""
    redrives = newest_redrives([row.id for row, _ in page.rows], session)
    told = tell_groups([row for row, _ in page.rows], language=language, session=session)
    return DeadLetterCollectionResponse(
        groups=[
            DeadLetterGroup(**group_fields(row, name=name, told=told[row.id], redrive=redrives.get(row.id)))
            for row, name in page.rows
        ],
        total_open=page.total_open,
        next_cursor=page.next_cursor,
    )


def entries(page: EntryPage, *, code: str, language: Language) -> DeadLetterEntriesResponse:
    """
    Return one page of a group.

    :param code: of the error that all of the group have
    """
    return DeadLetterEntriesResponse(
        entries=[_entry(row, code=code, language=language) for row in page.rows], next_cursor=page.next_cursor
    )


def group_fields(
    row: DeadLetterGroupRow, *, name: str | None, told: Told, redrive: RedriveRow | None
) -> dict[str, Any]:
    """Return the fields of a group."""
    return {
        "id": row.id,
        "workflow_id": row.workflow_id,
        "workflow_name": name or row.workflow_id,
        "source": row.source,
        "node_id": row.node_id,
        "node_name": told.node_name,
        "title": told.title,
        "message": told.message,
        "code": row.code,
        "cause": row.cause,
        "sample": row.sample,
        "sample_execution_id": str(ExecutionId(row.workflow_id, row.sample_run_id))
        if row.sample_run_id
        else None,
        "open": row.open_count,
        "total": row.total_count,
        "first_at": row.first_at,
        "last_at": row.last_at,
        "redrive": Redrive(**redrive_fields(redrive)) if redrive is not None else None,
    }


def redrive_fields(row: RedriveRow) -> dict[str, Any]:
    """Return the fields of a re-drive."""
    return {
        "id": row.id,
        "group_id": row.group_id,
        "state": cast("Literal['running', 'stopped', 'done']", row.state),
        "revision": cast("Literal['latest', 'original']", row.revision),
        "per_minute": row.per_minute,
        "total": row.total,
        "started": row.started,
        "failed": row.failed,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
        "error": row.error,
    }


def _entry(row: DeadLetterRow, *, code: str, language: Language) -> DeadLetter:
    execution_id = str(ExecutionId(row.workflow_id, row.run_id))
    return DeadLetter(
        id=execution_id,
        execution_id=execution_id,
        delivery_id=row.delivery_id,
        failed_at=row.failed_at,
        message=tell_message({"code": code, "message": row.message}, language=language),
        state=cast("DeadLetterState", row.state),
        comment=row.comment,
        settled_at=row.settled_at,
        settled_by=row.settled_by,
        redriven_as=str(ExecutionId(row.workflow_id, row.redriven_as)) if row.redriven_as else None,
    )
