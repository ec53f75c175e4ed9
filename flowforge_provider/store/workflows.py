"""
Workflows and their drafts.

Functions write into the caller's session and leave the commit to the caller.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from flowforge_provider.exceptions import ConflictError, NotFoundError, StaleVersionError, StoreError
from flowforge_provider.store.alert_tables import AlertRuleRow
from flowforge_provider.store.documents import Document, digest_of, empty_graph, pins_of, read_document
from flowforge_provider.store.tables import RevisionRow, WorkflowRow, WorkflowState, WorkflowTagRow
from flowforge_provider.store.transactions import begin_write
from flowforge_provider.store.workflow_ids import choose_workflow_id

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.sql import ColumnElement, Select

    from flowforge_provider.graph.models import Graph

__all__ = [
    "ORDER_BY",
    "check_version",
    "create_workflow",
    "delete_workflow",
    "duplicate_workflow",
    "get_workflow",
    "list_tags",
    "list_workflows",
    "update_draft",
]

MAX_NAME_LENGTH = 200
# Two callers that create workflows of one name at once choose the same id; the later one chooses again.
_CREATE_TRIES = 10

ORDER_BY: dict[str, ColumnElement[Any]] = {
    "id": WorkflowRow.__table__.c.id,
    "name": func.lower(WorkflowRow.__table__.c.name),
    "created_at": WorkflowRow.__table__.c.created_at,
    "updated_at": WorkflowRow.__table__.c.updated_at,
    "published_at": WorkflowRow.__table__.c.published_at,
}


def create_workflow(
    *,
    name: str,
    graph: Mapping[str, Any] | Graph | None = None,
    user: str,
    workflow_id: str | None = None,
    session: Session,
) -> WorkflowRow:
    """
    Create a workflow with its first draft.

    :param name: what people call it; its transliterated slug becomes the id, with -2, -3 when taken, unless
        the graph brings an id that is free
    :param graph: the draft; an empty one when omitted
    :param user: who creates it
    :param workflow_id: an id to use instead of the slug
    :raises StoreError: the name is empty or too long, or the wanted id is not a slug
    :raises ConflictError: the wanted id is taken; code ``workflow-id-taken``
    :raises GraphFormatError: the graph is no document of a known format
    :raises GraphValidationError: the graph is not well-formed
    """
    name = _check_name(name)
    begin_write(session)
    for _ in range(_CREATE_TRIES):
        chosen = choose_workflow_id(name=name, wanted=workflow_id, preferred=_id_of(graph), session=session)
        document = read_document(graph if graph is not None else empty_graph(), workflow_id=chosen, name=name)
        now = datetime.now(tz=timezone.utc)
        row = WorkflowRow(
            id=chosen,
            version=1,
            last_revision=0,
            created_at=now,
            created_by=user,
            updated_at=now,
            updated_by=user,
        )
        _put_document(row, document, name=name)
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            continue
        return row
    raise ConflictError(
        f'No free id was found for a workflow named "{name}". Try again.', code="workflow-id-taken"
    )


def get_workflow(workflow_id: str, session: Session, *, for_update: bool = False) -> WorkflowRow:
    """
    Return a workflow with its draft.

    :param for_update: lock the row until the transaction ends (no effect on SQLite)
    :raises NotFoundError: there is none with this id; code ``workflow-not-found``
    """
    query = select(WorkflowRow).where(WorkflowRow.id == workflow_id).options(undefer(WorkflowRow.draft))
    if for_update:
        # populate_existing: the session may hold the row as it was before another transaction's commit.
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise _not_found(workflow_id)
    return row


def list_workflows(
    *,
    search: str | None = None,
    tags: Collection[str] = (),
    state: WorkflowState | None = None,
    order_by: str = "-updated_at",
    limit: int = 50,
    offset: int = 0,
    ids: Collection[str] | None = None,
    session: Session,
) -> tuple[Sequence[WorkflowRow], int]:
    """
    Return one page of workflows, without their drafts, and the number of all that match.

    :param search: words that must all occur in name, id, description or tags; case is ignored
    :param tags: tags that a workflow must all have
    :param state: ``draft`` (not published), ``published`` (draft equals it), ``changed`` (draft differs)
    :param order_by: a key of :data:`ORDER_BY`, with ``-`` in front for descending order
    :param limit: rows on the page
    :param offset: rows before the page
    :param ids: only these workflows, for callers that may not see all
    :raises StoreError: ``order_by`` names no known column; code ``order-by``
    """
    query = select(WorkflowRow)
    for word in (search or "").casefold().split():
        query = query.where(WorkflowRow.search_text.contains(word, autoescape=True))
    for tag in tags:
        query = query.where(WorkflowRow.tag_rows.any(WorkflowTagRow.tag == tag))
    if ids is not None:
        query = query.where(WorkflowRow.id.in_(ids))
    query = _with_state(query, state)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(query.order_by(*_order(order_by)).limit(limit).offset(offset)).all()
    return rows, total


def list_tags(*, session: Session) -> Sequence[str]:
    """Return the tags of all drafts, each once, in alphabetical order."""
    return session.scalars(select(WorkflowTagRow.tag).distinct().order_by(WorkflowTagRow.tag)).all()


def update_draft(
    *,
    workflow_id: str,
    name: str | None = None,
    graph: Mapping[str, Any] | Graph | None = None,
    expected_version: int | None,
    user: str,
    session: Session,
) -> WorkflowRow:
    """
    Save a draft, or rename its workflow, or both. A save that changes nothing leaves the version as it is.

    :param expected_version: the version that the caller has read; None saves over whatever is there
    :raises NotFoundError: there is no such workflow
    :raises StaleVersionError: somebody saved since; nothing is written; carries ``current_version``
    :raises GraphFormatError: the graph is no document of a known format
    :raises GraphValidationError: the graph is not well-formed
    """
    begin_write(session)
    row = get_workflow(workflow_id, session, for_update=True)
    check_version(row, expected_version)
    new_name = row.name if name is None else _check_name(name)
    document = read_document(row.draft if graph is None else graph, workflow_id=row.id, name=new_name)
    pins = pins_of(row.draft)
    if document.digest == row.draft_digest and document.pins_digest == (digest_of(pins) if pins else ""):
        return row
    # SQLite has no row locks: the version in the condition is what keeps a save from being overwritten.
    claimed = session.execute(
        update(WorkflowRow)
        .where(WorkflowRow.id == row.id, WorkflowRow.version == row.version)
        .values(version=WorkflowRow.version + 1)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(claimed, CursorResult)  # noqa: S101 - an UPDATE always gives one
    if claimed.rowcount != 1:
        session.refresh(row)
        raise _stale(row)
    session.refresh(row, ["version"])
    _put_document(row, document, name=new_name)
    row.updated_at = datetime.now(tz=timezone.utc)
    row.updated_by = user
    session.flush()
    return row


def duplicate_workflow(
    *, workflow_id: str, name: str | None = None, user: str, session: Session
) -> WorkflowRow:
    """
    Create a workflow from another one's draft.

    :param name: name of the copy; "<name> (copy)" when omitted
    :raises NotFoundError: there is no such workflow
    """
    original = get_workflow(workflow_id, session)
    suffix = " (copy)"
    new_name = name or original.name[: MAX_NAME_LENGTH - len(suffix)] + suffix
    return create_workflow(name=new_name, graph=original.draft, user=user, session=session)


def delete_workflow(*, workflow_id: str, session: Session) -> None:
    """
    Delete a workflow that is not published, with its draft and revisions. Publications stay: runs that are in
    progress need their files. :func:`flowforge_provider.publishing.delete_workflow` unpublishes first.

    :raises NotFoundError: there is no such workflow
    :raises ConflictError: it is published; code ``workflow-published``
    """
    begin_write(session)
    row = get_workflow(workflow_id, session, for_update=True)
    if row.published_seq is not None:
        raise ConflictError(
            f'Workflow "{row.name}" is published. Unpublish it first, or delete it with force.',
            code="workflow-published",
        )
    # Said outright, not left to ON DELETE CASCADE, which SQLite obeys only with a pragma.
    session.query(RevisionRow).filter(RevisionRow.workflow_id == row.id).delete(synchronize_session=False)
    # Another workflow may get its id some day.
    session.query(AlertRuleRow).filter(AlertRuleRow.workflow_id == row.id).delete(synchronize_session=False)
    session.delete(row)
    session.flush()


def _id_of(graph: Mapping[str, Any] | Graph | None) -> str | None:
    from flowforge_provider.graph.models import Graph

    found = graph.id if isinstance(graph, Graph) else (graph or {}).get("id")
    return found if isinstance(found, str) and found != Graph.model_fields["id"].default else None


def _put_document(row: WorkflowRow, document: Document, *, name: str) -> None:
    row.name = name
    row.draft = document.data
    row.draft_digest = document.digest
    row.description = document.graph.settings.description
    row.trigger_type = document.trigger_type
    row.node_types = list(document.node_types)
    row.search_text = document.search_text
    present = {tag_row.tag: tag_row for tag_row in row.tag_rows}
    tag_rows = []
    for position, tag in enumerate(document.tags):
        tag_row = present.get(tag) or WorkflowTagRow(tag=tag)
        tag_row.position = position
        tag_rows.append(tag_row)
    row.tag_rows = tag_rows


def _check_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise StoreError("The workflow's name is empty. Give it a name.", code="workflow-name")
    if len(name) > MAX_NAME_LENGTH:
        raise StoreError(
            f"The workflow's name has {len(name)} characters; {MAX_NAME_LENGTH} are allowed. Shorten it.",
            code="workflow-name",
        )
    return name


def check_version(row: WorkflowRow, expected_version: int | None) -> None:
    """
    Refuse a change by somebody who has read an older draft.

    :raises StaleVersionError: carries ``current_version``
    """
    if expected_version is not None and row.version != expected_version:
        raise _stale(row)


def _stale(row: WorkflowRow) -> StaleVersionError:
    return StaleVersionError(
        f'Workflow "{row.name}" was saved by {row.updated_by} since you opened it. Reload it, then repeat '
        "your change.",
        current_version=row.version,
    )


def _not_found(workflow_id: str) -> NotFoundError:
    return NotFoundError(
        f'There is no workflow with the id "{workflow_id}". It may have been deleted.',
        code="workflow-not-found",
    )


def _with_state(
    query: Select[WorkflowRow], state: Literal["draft", "published", "changed"] | None
) -> Select[WorkflowRow]:
    if state is None:
        return query
    if state == "draft":
        return query.where(WorkflowRow.published_seq.is_(None))
    query = query.where(WorkflowRow.published_seq.is_not(None))
    if state == "published":
        return query.where(WorkflowRow.draft_digest == WorkflowRow.published_digest)
    return query.where(WorkflowRow.draft_digest != WorkflowRow.published_digest)


def _order(order_by: str) -> list[ColumnElement[Any]]:
    descending = order_by.startswith("-")
    column = ORDER_BY.get(order_by.removeprefix("-"))
    if column is None:
        raise StoreError(
            f'Workflows cannot be sorted by "{order_by}". Use one of {", ".join(ORDER_BY)}, with - in front '
            "for descending order.",
            code="order-by",
        )
    # The id makes the order total, so that pages neither repeat nor skip a row.
    by_id = WorkflowRow.__table__.c.id
    ordered = column.desc() if descending else column.asc()
    # Workflows that were never published go last in either direction, on every database.
    return [column.is_(None), ordered, by_id.desc() if descending else by_id.asc()]
