"""Saved states of a workflow."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from flowforge_provider.api.datamodels.workflows import (
    RevisionCollectionResponse,
    RevisionResponse,
    WorkflowResponse,
)
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.etag import ExpectedVersion, etag_of
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.openapi import Responses
from flowforge_provider.api.paging import PageDep
from flowforge_provider.api.path_params import RevisionPath, WorkflowIdPath
from flowforge_provider.api.security import Editor, Reader, user_name
from flowforge_provider.api.services.workflows import detail, summarize_revisions
from flowforge_provider.graph.models import Graph
from flowforge_provider.store import revisions as store
from flowforge_provider.store.transactions import run_in_transaction
from flowforge_provider.store.workflows import get_workflow

router = APIRouter(tags=["workflows"], route_class=JsonRoute)

_NOT_FOUND: Responses = {404: {"description": "There is no such workflow or revision."}}


@router.get(
    "/workflows/{workflow_id}/revisions",
    summary="List revisions",
    operation_id="list_revisions",
    responses=_NOT_FOUND,
)
def list_revisions(
    workflow_id: WorkflowIdPath,
    page: PageDep,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
) -> RevisionCollectionResponse:
    """Return one page of the workflow's revisions, newest first."""
    workflow = get_workflow(workflow_id, session)
    rows, total = store.list_revisions(
        workflow_id=workflow_id, limit=page.limit, offset=page.offset, session=session
    )
    return RevisionCollectionResponse(
        revisions=summarize_revisions(rows, workflow=workflow, session=session), total_entries=total
    )


@router.get(
    "/workflows/{workflow_id}/revisions/{number}",
    summary="Read a revision",
    operation_id="get_revision",
    responses=_NOT_FOUND,
)
def get_revision(
    workflow_id: WorkflowIdPath,
    number: RevisionPath,
    user: Reader,  # noqa: ARG001
    session: SessionDep,
) -> RevisionResponse:
    """Return one revision with its graph."""
    workflow = get_workflow(workflow_id, session)
    row = store.get_revision(workflow_id=workflow_id, number=number, session=session)
    summary = summarize_revisions([row], workflow=workflow, session=session)[0]
    return RevisionResponse(**summary.model_dump(), graph=Graph.model_validate(row.graph))


@router.post(
    "/workflows/{workflow_id}/revisions/{number}/restore",
    summary="Restore a revision to the draft",
    operation_id="restore_revision",
    responses={
        **_NOT_FOUND,
        400: {"description": "The If-Match header is no ETag."},
        412: {"description": "The draft was saved by somebody else since; `current_version` is its version."},
        428: {"description": "The If-Match header is missing."},
    },
)
def restore_revision(
    *,
    workflow_id: WorkflowIdPath,
    number: RevisionPath,
    response: Response,
    expected_version: ExpectedVersion,
    user: Editor,
) -> WorkflowResponse:
    """Make the draft equal to a revision. Publishes nothing."""

    def work(session: Session) -> WorkflowResponse:
        row = store.restore_revision(
            workflow_id=workflow_id,
            number=number,
            expected_version=expected_version,
            user=user_name(user),
            session=session,
        )
        return detail(row, session=session)

    workflow = run_in_transaction(work)
    response.headers["ETag"] = etag_of(workflow.version)
    return workflow
