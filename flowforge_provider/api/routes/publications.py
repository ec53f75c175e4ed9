"""Make workflows live, and take them offline."""

from typing import TYPE_CHECKING

from airflow.utils.session import create_session
from fastapi import APIRouter

from flowforge_provider import publishing
from flowforge_provider.api.datamodels.workflows import PublishBody, PublishResponse, UnpublishResponse
from flowforge_provider.api.etag import OptionalVersion
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.path_params import WorkflowIdPath
from flowforge_provider.api.security import Publisher, user_name
from flowforge_provider.api.services.findings import find_surroundings_issues
from flowforge_provider.api.services.targets import authorize_targets

if TYPE_CHECKING:
    from flowforge_provider.graph.issues import Issue
    from flowforge_provider.graph.models import Graph

router = APIRouter(tags=["workflows"], route_class=JsonRoute)


@router.post(
    "/workflows/{workflow_id}/publish",
    summary="Publish a workflow",
    operation_id="publish_workflow",
    responses={
        400: {"description": "The If-Match header is no ETag."},
        404: {"description": "There is no such workflow."},
        412: {
            "description": "The draft is not the one that If-Match names; `current_version` is its version."
        },
    },
)
def publish(
    workflow_id: WorkflowIdPath,
    user: Publisher,
    expected_version: OptionalVersion,
    body: PublishBody | None = None,
) -> PublishResponse:
    """
    Make the draft live: check it, compile it and register the Dag, in one transaction.

    Runs that are in progress finish on the revision that they started with. Whoever publishes a workflow that
    runs other ones needs the right to run those.
    """
    warnings: list[Issue] = []

    def approve(graph: "Graph") -> None:
        authorize_targets(graph, user=user)
        # A session of its own, closed before anything is written: SQLite has one writer.
        with create_session(scoped=False) as session:
            warnings[:] = find_surroundings_issues(graph, session=session)

    result = publishing.publish(
        workflow_id=workflow_id,
        message=body.message if body else "",
        user=user_name(user),
        expected_version=expected_version,
        approve=approve,
    )
    answer = PublishResponse.model_validate(result)
    return answer.model_copy(update={"issues": [*answer.issues, *warnings]})


@router.post(
    "/workflows/{workflow_id}/unpublish",
    summary="Unpublish a workflow",
    operation_id="unpublish_workflow",
    responses={
        404: {"description": "There is no such workflow."},
        409: {"description": "It is not published."},
    },
)
def unpublish(workflow_id: WorkflowIdPath, user: Publisher) -> UnpublishResponse:
    """Take the workflow offline: nothing starts it any more. Its draft and revisions stay."""
    result = publishing.unpublish(workflow_id=workflow_id, user=user_name(user))
    return UnpublishResponse(seq=result.seq, state="unpublished")
