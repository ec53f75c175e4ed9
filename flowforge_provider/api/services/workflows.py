"""Rows of the store as the API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from flowforge_provider.api import security
from flowforge_provider.api.datamodels.workflows import (
    LastRun,
    RevisionSummary,
    WorkflowResponse,
    WorkflowSummary,
)
from flowforge_provider.api.services.findings import count_issues, find_issues
from flowforge_provider.api.services.run_times import read_last_runs, read_next_runs
from flowforge_provider.graph.models import Graph
from flowforge_provider.nodes.registry import get_registry
from flowforge_provider.publishing import is_runnable
from flowforge_provider.store.tables import PublicationRow, RevisionRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from sqlalchemy.orm import Session

# No workflow can have this id. Who may read it may read them all.
_PROBE = "flowforge.probe"


def readable_ids(*, user: BaseUser, session: Session) -> set[str] | None:
    """Return the ids of the workflows that a user may see; ``None`` when that is all of them."""
    if security.readable_workflow_ids(user=user, workflow_ids={_PROBE}):
        return None
    ids = set(session.scalars(select(WorkflowRow.id)))
    return security.readable_workflow_ids(user=user, workflow_ids=ids)


def allowed_ids(*, user: BaseUser, action: security.Action, session: Session) -> set[str] | None:
    """Return the ids of the workflows to which a user may do something; ``None`` for all of them."""
    if security.is_allowed(user=user, action=action):
        return None
    ids = set(session.scalars(select(WorkflowRow.id)))
    return {
        workflow_id
        # Who may not even see a workflow may do nothing to it, and most of them fall out here at once.
        for workflow_id in security.readable_workflow_ids(user=user, workflow_ids=ids)
        if security.is_allowed(user=user, action=action, workflow_id=workflow_id)
    }


def summarize(rows: Sequence[WorkflowRow], *, session: Session) -> list[WorkflowSummary]:
    """
    Return lines of the list of workflows.

    :param rows: one page; their drafts are not read
    """
    ids = [row.id for row in rows]
    last_runs = read_last_runs(workflow_ids=ids, session=session) if ids else {}
    next_runs = read_next_runs(workflow_ids=ids, session=session) if ids else {}
    issue_counts = count_issues(rows, session=session) if ids else {}
    return [
        WorkflowSummary(
            **_fields(row, last_run=last_runs.get(row.id), next_run_at=next_runs.get(row.id)),
            issue_count=issue_counts[row.id],
        )
        for row in rows
    ]


def detail(row: WorkflowRow, *, session: Session) -> WorkflowResponse:
    """Return a workflow with its draft and the findings about it."""
    graph = Graph.model_validate(row.draft)
    issues = find_issues(row.draft, session=session)
    last_runs = read_last_runs(workflow_ids=[row.id], session=session)
    next_runs = read_next_runs(workflow_ids=[row.id], session=session)
    fields = _fields(row, last_run=last_runs.get(row.id), next_run_at=next_runs.get(row.id))
    return WorkflowResponse(
        **fields,
        issue_count=len(issues),
        graph=graph,
        issues=issues,
        runnable=is_runnable(row, session),
    )


def summarize_revisions(
    rows: Sequence[RevisionRow], *, workflow: WorkflowRow, session: Session
) -> list[RevisionSummary]:
    """Return lines of the list of revisions of one workflow."""
    published = set(
        session.scalars(
            select(PublicationRow.revision_number).where(
                PublicationRow.workflow_id == workflow.id,
                PublicationRow.revision_number.in_([row.number for row in rows]),
            )
        )
    )
    return [
        RevisionSummary(
            number=row.number,
            message=row.message,
            created_at=row.created_at,
            created_by=row.created_by,
            published=row.number in published,
            live=row.number == workflow.published_revision,
        )
        for row in rows
    ]


def _fields(row: WorkflowRow, *, last_run: LastRun | None, next_run_at: datetime | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "tags": row.tags,
        "state": row.state,
        "version": row.version,
        "trigger_type": row.trigger_type,
        "trigger_types": _trigger_types(row),
        "schedule_active": row.schedule_active,
        "node_types": row.node_types,
        "created_at": row.created_at,
        "created_by": row.created_by,
        "updated_at": row.updated_at,
        "updated_by": row.updated_by,
        "published_at": row.published_at,
        "published_seq": row.published_seq,
        "published_revision": row.published_revision,
        "last_run": last_run,
        "next_run_at": next_run_at,
    }


def _trigger_types(row: WorkflowRow) -> list[str]:
    registry = get_registry()
    types = ((name, registry.find(name)) for name in row.node_types)
    return [name for name, node_type in types if node_type is not None and node_type.kind == "trigger"]
