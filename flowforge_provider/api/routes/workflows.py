"""Workflows and their drafts."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from flowforge_provider.api.audit import record_change
from flowforge_provider.api.datamodels.workflows import (
    WorkflowBody,
    WorkflowCollectionResponse,
    WorkflowDuplicateBody,
    WorkflowImportBody,
    WorkflowPatchBody,
    WorkflowResponse,
)
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.etag import ExpectedVersion, etag_of
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.openapi import Responses
from flowforge_provider.api.paging import PageDep
from flowforge_provider.api.path_params import WorkflowIdPath
from flowforge_provider.api.security import Deleter, Editor, Reader, authorize, user_name
from flowforge_provider.api.services.imports import import_workflow
from flowforge_provider.api.services.urls import api_path
from flowforge_provider.api.services.workflows import detail, readable_ids, summarize
from flowforge_provider.graph.issues import Issue
from flowforge_provider.publishing import delete_workflow as delete_and_unpublish
from flowforge_provider.store import workflows as store
from flowforge_provider.store.transactions import run_in_transaction

router = APIRouter(tags=["workflows"], route_class=JsonRoute)

OrderBy = Literal[
    "-updated_at",
    "updated_at",
    "-created_at",
    "created_at",
    "-published_at",
    "published_at",
    "name",
    "-name",
    "id",
    "-id",
]
_NOT_FOUND: Responses = {404: {"description": "There is no such workflow."}}
_SAVED: Responses = {
    **_NOT_FOUND,
    400: {"description": "The If-Match header is no ETag."},
    412: {"description": "The draft was saved by somebody else since; `current_version` is its version."},
    428: {"description": "The If-Match header is missing."},
}


@router.get("/workflows", summary="List workflows", operation_id="list_workflows")
def list_workflows(
    *,
    user: Reader,
    session: SessionDep,
    page: PageDep,
    search: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Words that all occur in name, id, description or tags.",
            examples=["order"],
        ),
    ] = None,
    tags: Annotated[
        list[str],
        Query(max_length=50, description="Tags that a workflow must all have; repeat the parameter."),
    ] = [],  # noqa: B006 - FastAPI copies it
    state: Annotated[
        Literal["draft", "published", "changed"] | None, Query(description="Only workflows in this state.")
    ] = None,
    order_by: Annotated[OrderBy, Query(description="Sort key; - in front sorts downwards.")] = "-updated_at",
) -> WorkflowCollectionResponse:
    """Return one page of the workflows that the user may see, with their newest and next execution."""
    rows, total = store.list_workflows(
        search=search,
        tags=tags,
        state=state,
        order_by=order_by,
        limit=page.limit,
        offset=page.offset,
        ids=readable_ids(user=user, session=session),
        session=session,
    )
    return WorkflowCollectionResponse(workflows=summarize(rows, session=session), total_entries=total)


@router.post("/workflows", status_code=201, summary="Create a workflow", operation_id="create_workflow")
def create_workflow(
    body: WorkflowBody, request: Request, response: Response, user: Editor
) -> WorkflowResponse:
    """
    Create a workflow with its first draft.

    Its id, which never changes, is the graph's own when that is free, else made from the name.
    """

    def work(session: Session) -> WorkflowResponse:
        row = store.create_workflow(name=body.name, graph=body.graph, user=user_name(user), session=session)
        return detail(row, session=session)

    return _created(run_in_transaction(work), request=request, response=response)


@router.post(
    "/workflows/import", status_code=201, summary="Import a workflow", operation_id="import_workflow"
)
def import_document(
    body: WorkflowImportBody, request: Request, response: Response, user: Editor
) -> WorkflowResponse:
    """Create a workflow from an exported document. It keeps the document's id when that is free."""
    document = body.graph if body.graph is not None else body.document
    if document is None:
        issue = Issue(code="missing-field", message='Field "graph" is required.', field="graph")
        raise ApiError(422, "request-invalid", "The document to import is missing.", issues=[issue])

    def work(session: Session) -> WorkflowResponse:
        row = import_workflow(document=document, name=body.name, user=user_name(user), session=session)
        return detail(row, session=session)

    return _created(run_in_transaction(work), request=request, response=response)


@router.get(
    "/workflows/{workflow_id}",
    summary="Read a workflow with its draft",
    operation_id="get_workflow",
    responses=_NOT_FOUND,
)
def get_workflow(
    workflow_id: WorkflowIdPath,
    response: Response,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
) -> WorkflowResponse:
    """Return the workflow, its draft and all findings about the draft. The ETag is needed to save it."""
    return _answer(detail(store.get_workflow(workflow_id, session), session=session), response=response)


@router.patch(
    "/workflows/{workflow_id}",
    summary="Save a draft",
    operation_id="update_workflow",
    responses=_SAVED,
)
@router.put(
    "/workflows/{workflow_id}",
    summary="Save a draft",
    operation_id="put_workflow",
    responses=_SAVED,
)
def update_workflow(
    *,
    workflow_id: WorkflowIdPath,
    body: WorkflowPatchBody,
    response: Response,
    expected_version: ExpectedVersion,
    user: Editor,
) -> WorkflowResponse:
    """Save the draft, rename the workflow, or both. A draft may be unfinished, but not malformed."""

    def work(session: Session) -> WorkflowResponse:
        row = store.update_draft(
            workflow_id=workflow_id,
            name=body.name,
            graph=body.graph,
            expected_version=expected_version,
            user=user_name(user),
            session=session,
        )
        return detail(row, session=session)

    return _answer(run_in_transaction(work), response=response)


@router.delete(
    "/workflows/{workflow_id}",
    status_code=204,
    summary="Delete a workflow",
    operation_id="delete_workflow",
    responses={**_NOT_FOUND, 409: {"description": "It is published, and `force` is not set."}},
)
def delete_workflow(
    workflow_id: WorkflowIdPath,
    user: Deleter,
    force: Annotated[bool, Query(description="Unpublish it first when it is published.")] = False,
) -> None:
    """Delete the workflow with its draft and revisions. Executions stay in Airflow."""
    delete_and_unpublish(workflow_id=workflow_id, force=force, user=user_name(user))


@router.post(
    "/workflows/{workflow_id}/duplicate",
    status_code=201,
    summary="Duplicate a workflow",
    operation_id="duplicate_workflow",
    responses=_NOT_FOUND,
)
def duplicate_workflow(
    *,
    workflow_id: WorkflowIdPath,
    request: Request,
    response: Response,
    user: Reader,
    body: WorkflowDuplicateBody | None = None,
) -> WorkflowResponse:
    """Create a workflow from the draft of another one."""
    authorize(user=user, action="edit")
    record_change(request, user=user)

    def work(session: Session) -> WorkflowResponse:
        row = store.duplicate_workflow(
            workflow_id=workflow_id,
            name=body.name if body else None,
            user=user_name(user),
            session=session,
        )
        return detail(row, session=session)

    return _created(run_in_transaction(work), request=request, response=response)


def _created(workflow: WorkflowResponse, *, request: Request, response: Response) -> WorkflowResponse:
    response.headers["Location"] = api_path(request, f"/workflows/{workflow.id}")
    return _answer(workflow, response=response)


def _answer(workflow: WorkflowResponse, *, response: Response) -> WorkflowResponse:
    response.headers["ETag"] = etag_of(workflow.version)
    return workflow
