"""The test address of webhooks, and who listens there."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from flowforge_provider.api.datamodels.test_addresses import CapturedResponse, TestListenerResponse
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.openapi import Responses
from flowforge_provider.api.path_params import WorkflowIdPath
from flowforge_provider.api.routes.webhooks import METHODS, answer_call, answer_question
from flowforge_provider.api.security import PUBLIC, Editor, Reader, user_name
from flowforge_provider.api.services import test_addresses as service
from flowforge_provider.inbox.capture import capture, find_listening, list_listening_doors
from flowforge_provider.store import listeners as store
from flowforge_provider.store.transactions import run_in_transaction

router = APIRouter(tags=["webhooks"])
_listeners = APIRouter(route_class=JsonRoute)

NodeIdPath = Annotated[
    str,
    Path(min_length=1, max_length=63, description="Id of a webhook node of the draft.", examples=["hook"]),
]
_PATH = "/workflows/{workflow_id}/triggers/{node_id}/listen"
_NOT_FOUND: Responses = {404: {"description": "There is no such workflow, or its draft has no such webhook."}}
_DOCUMENTATION: dict[str, Any] = {
    "dependencies": [PUBLIC],
    "responses": {
        200: {"model": CapturedResponse, "description": "The call was caught. It starts no run."},
        400: {"description": "The sender went away before its body had arrived."},
        401: {"description": "The sender did not prove who it is."},
        404: {"description": "Nobody listens here."},
        405: {"description": "The webhook does not take this method."},
        408: {"description": "The body did not arrive in time."},
        413: {"description": "The body is too large."},
        415: {"description": "The body is of a kind that the webhook does not take."},
        422: {"description": "The body is not what its type says."},
        503: {"description": "Overloaded, or the database is away."},
    },
    "openapi_extra": {
        "requestBody": {
            "required": False,
            "description": "As at the real address.",
            "content": {"application/json": {"schema": {}, "example": {"id": 7, "quantity": 2}}},
        }
    },
}


@_listeners.post(
    _PATH, summary="Listen for a test delivery", operation_id="start_listening", responses=_NOT_FOUND
)
def start_listening(
    workflow_id: WorkflowIdPath, node_id: NodeIdPath, request: Request, user: Editor
) -> TestListenerResponse:
    """
    Let the test address of a draft's webhook catch its next call, within five minutes. It starts no run.

    What was caught there before is forgotten. Listening again starts the time anew.
    """

    def work(session: SessionDep) -> TestListenerResponse:
        service.check_webhook(workflow_id, node_id, session=session)
        store.start_listening(workflow_id=workflow_id, node_id=node_id, user=user_name(user), session=session)
        return service.describe(workflow_id, node_id, request=request, session=session)

    return run_in_transaction(work)


@_listeners.get(
    _PATH, summary="Read what a test address has caught", operation_id="get_listening", responses=_NOT_FOUND
)
def get_listening(
    workflow_id: WorkflowIdPath,
    node_id: NodeIdPath,
    request: Request,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
) -> TestListenerResponse:
    """
    Return the addresses of a draft's webhook, whether somebody listens, the call that was caught last, and
    why others did not get in. Made to be polled while somebody listens.
    """
    service.check_webhook(workflow_id, node_id, session=session)
    return service.describe(workflow_id, node_id, request=request, session=session)


@_listeners.delete(
    _PATH, status_code=204, summary="Stop listening", operation_id="stop_listening", responses=_NOT_FOUND
)
def stop_listening(workflow_id: WorkflowIdPath, node_id: NodeIdPath, user: Editor) -> None:  # noqa: ARG001
    """Catch no more calls. What was caught stays to be looked at."""
    run_in_transaction(
        lambda session: store.stop_listening(workflow_id=workflow_id, node_id=node_id, session=session)
    )


async def catch_webhook(workflow_id: WorkflowIdPath, request: Request) -> Response:
    """
    Catch a call for whoever draws the workflow. It meets the draft, is checked and read as at the real
    address, and starts no run.
    """
    return await receive_call(request, workflow_id=workflow_id)


async def catch_webhook_at_path(
    workflow_id: WorkflowIdPath,
    path: Annotated[str, Path(description="Path of the webhook node.", examples=["orders/new"])],
    request: Request,
) -> Response:
    """
    Catch a call at one of several webhooks of a workflow. Everything else is as without a path.
    """
    return await receive_call(request, workflow_id=workflow_id, path=path)


async def receive_call(request: Request, *, workflow_id: str, path: str = "") -> Response:
    """
    Catch a call, whichever way it was routed here.

    :raises ApiError: it is refused
    """
    return await answer_call(
        request, capture, workflow_id=workflow_id, path=path, find_doors=list_listening_doors
    )


async def ask_for_permission(request: Request, workflow_id: str, path: str = "") -> Response:
    """Tell a browser which pages may call the test address."""
    return await answer_question(request, find_listening, workflow_id=workflow_id, path=path)


def _add_routes() -> None:
    for method in METHODS:
        prefix = "catch_" if method == "POST" else f"catch_{method.lower()}_"
        for path, endpoint in (
            ("/webhooks-test/{workflow_id}", catch_webhook),
            ("/webhooks-test/{workflow_id}/{path:path}", catch_webhook_at_path),
        ):
            router.add_api_route(
                path,
                endpoint,
                methods=[method],
                summary=f"Send a test delivery by {method}",
                operation_id=prefix + endpoint.__name__.removeprefix("catch_"),
                **_DOCUMENTATION,
            )
    for path in ("/webhooks-test/{workflow_id}", "/webhooks-test/{workflow_id}/{path:path}"):
        router.add_api_route(
            path, ask_for_permission, methods=["OPTIONS"], include_in_schema=False, dependencies=[PUBLIC]
        )


_add_routes()
router.include_router(_listeners)
