"""Pin sample data to nodes of a draft."""

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from flowforge_provider.api.datamodels.pins import PinBody
from flowforge_provider.api.datamodels.workflows import WorkflowResponse
from flowforge_provider.api.etag import OptionalVersion, etag_of
from flowforge_provider.api.execution_params import NodeIdPath
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.openapi import Responses
from flowforge_provider.api.path_params import WorkflowIdPath
from flowforge_provider.api.security import Editor, user_name
from flowforge_provider.api.services.pins import output_of_execution, with_pin
from flowforge_provider.api.services.workflows import detail
from flowforge_provider.store import workflows as store
from flowforge_provider.store.transactions import run_in_transaction

router = APIRouter(tags=["workflows"], route_class=JsonRoute)

_RESPONSES: Responses = {
    400: {"description": "The If-Match header is no ETag."},
    404: {"description": "There is no such workflow, node, execution or step."},
    412: {"description": "The draft was saved by somebody else since; `current_version` is its version."},
}


@router.put(
    "/workflows/{workflow_id}/steps/{node_id}/pin",
    summary="Pin sample data to a node",
    operation_id="pin_node",
    responses={**_RESPONSES, 409: {"description": "The step has no output in that execution."}},
)
def pin_node(
    *,
    workflow_id: WorkflowIdPath,
    node_id: NodeIdPath,
    body: PinBody,
    response: Response,
    expected_version: OptionalVersion,
    user: Editor,
) -> WorkflowResponse:
    """
    Keep sample data with the draft: tests and previews take it for the node's output, runs never see it.

    An output of an execution is taken as it is shown, with secrets masked.
    """

    def work(session: Session) -> WorkflowResponse:
        pin: dict[str, Any] = {"output": body.output}
        if body.execution_id is not None:
            output = output_of_execution(
                workflow_id, node_id, body.execution_id, item=body.item, session=session
            )
            pin = {"output": output, "execution_id": body.execution_id}
        return _save(
            workflow_id, node_id, pin, version=expected_version, user=user_name(user), session=session
        )

    return _answer(run_in_transaction(work), response)


@router.delete(
    "/workflows/{workflow_id}/steps/{node_id}/pin",
    summary="Take pinned data away from a node",
    operation_id="unpin_node",
    responses=_RESPONSES,
)
def unpin_node(
    *,
    workflow_id: WorkflowIdPath,
    node_id: NodeIdPath,
    response: Response,
    expected_version: OptionalVersion,
    user: Editor,
) -> WorkflowResponse:
    """Forget what is pinned to a node; nothing happens when nothing is."""

    def work(session: Session) -> WorkflowResponse:
        return _save(
            workflow_id, node_id, None, version=expected_version, user=user_name(user), session=session
        )

    return _answer(run_in_transaction(work), response)


def _save(
    workflow_id: str,
    node_id: str,
    pin: dict[str, Any] | None,
    *,
    version: int | None,
    user: str,
    session: Session,
) -> WorkflowResponse:
    draft = store.get_workflow(workflow_id, session).draft
    row = store.update_draft(
        workflow_id=workflow_id,
        graph=with_pin(draft, node_id, pin),
        expected_version=version,
        user=user,
        session=session,
    )
    return detail(row, session=session)


def _answer(workflow: WorkflowResponse, response: Response) -> WorkflowResponse:
    response.headers["ETag"] = etag_of(workflow.version)
    return workflow
