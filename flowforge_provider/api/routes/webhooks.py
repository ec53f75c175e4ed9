"""The public front door."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from flowforge_provider.api.datamodels.webhooks import WebhookAcceptedResponse
from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.security import PUBLIC
from flowforge_provider.api.services.webhook_answers import wait_for_answer
from flowforge_provider.api.services.webhooks import make_incoming, read_raw, to_response
from flowforge_provider.inbox.cors import answer_preflight, cors_headers
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.intake import receive
from flowforge_provider.inbox.service import get_inbox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from flowforge_provider.inbox.doors import Door
    from flowforge_provider.inbox.incoming import Answer, Incoming
    from flowforge_provider.inbox.service import Inbox

router = APIRouter(tags=["webhooks"])

WebhookWorkflowPath = Annotated[str, Path(description="Id of a published workflow.", examples=["orders"])]

_RETRY_AFTER_S = 2
METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE")
_DOCUMENTATION: dict[str, Any] = {
    "dependencies": [PUBLIC],
    "status_code": 202,
    "responses": {
        200: {
            "model": WebhookAcceptedResponse,
            "description": "It was stored before, is stored as skipped, or its execution has ended. Where a "
            "Respond step answers, everything is as that step says.",
        },
        202: {"model": WebhookAcceptedResponse, "description": "The delivery is stored."},
        400: {"description": "The sender went away before its body had arrived."},
        401: {"description": "Token, password or signature is missing, wrong or too old."},
        403: {"description": "The webhook takes no calls from this address, or refuses the handshake."},
        404: {"description": "No published workflow of this id has a webhook."},
        405: {"description": "The webhook does not take this method; Allow names those it takes."},
        408: {"description": "The body did not arrive in time."},
        413: {"description": "The body is too large."},
        415: {"description": "The body is compressed, or in a character set, that is unknown."},
        422: {
            "description": "The body is not what its type says, does not match the schema, or holds what "
            "cannot be stored."
        },
        429: {"description": "The rate limit is used up; send it again after Retry-After seconds."},
        500: {"description": "The answer waits for the execution, which failed or was cancelled."},
        503: {"description": "Overloaded, or the database is away; send it again after Retry-After seconds."},
    },
    "openapi_extra": {
        "requestBody": {
            "required": False,
            "description": "JSON, a form, XML, text or any bytes; `trigger.body` in expressions. At most "
            "[flowforge] max_body_bytes.",
            "content": {
                "application/json": {"schema": {}, "example": {"id": 7, "quantity": 2}},
                "application/x-www-form-urlencoded": {"schema": {}, "example": "id=7&quantity=2"},
                "application/xml": {"schema": {}, "example": "<order id='7'/>"},
                "text/plain": {"schema": {}, "example": "order 7"},
            },
        },
        "parameters": [
            {
                "name": "X-FlowForge-Token",
                "in": "header",
                "required": False,
                "schema": {"type": "string"},
                "description": "The workflow's token; the webhook node can name another header.",
            },
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "maxLength": 250},
                "description": "A second delivery with the same key is answered like the first one, not run.",
            },
        ],
    },
}


async def receive_webhook(workflow_id: WebhookWorkflowPath, request: Request) -> Response:
    """
    Take a delivery in. A 2xx means that it is stored and becomes exactly one execution, whatever
    crashes next.

    The sender proves itself as the published webhook node says, which also names the methods that it takes.
    """
    return await receive_call(request, workflow_id=workflow_id)


async def receive_webhook_at_path(
    workflow_id: WebhookWorkflowPath,
    path: Annotated[str, Path(description="Path of the webhook node.", examples=["orders/new"])],
    request: Request,
) -> Response:
    """
    Take a delivery in, at one of several webhooks of a workflow. Everything else is as without a path.
    """
    return await receive_call(request, workflow_id=workflow_id, path=path)


async def receive_call(request: Request, *, workflow_id: str, path: str = "") -> Response:
    """
    Take a call in, whichever way it was routed here.

    :param path: what follows the workflow's id
    :raises ApiError: it is refused
    """
    return await answer_call(request, receive, workflow_id=workflow_id, path=path)


async def answer_call(
    request: Request,
    intake: Callable[..., Awaitable[Answer]],
    *,
    workflow_id: str = "",
    path: str = "",
    find_doors: Callable[[Inbox, Incoming], Awaitable[Sequence[Door]]] | None = None,
) -> Response:
    """
    Have a call taken in, and return the answer.

    :param intake: gets the inbox, the call without its body, and what reads it
    :param find_doors: finds the doors at the call's address, which say what pages may read the answer; when
        omitted, those that the intake has found
    :raises ApiError: it is refused
    """
    incoming = make_incoming(request, workflow_id=workflow_id, path=path)
    with _as_problems():
        inbox = get_inbox()
    doors: Sequence[Door] = ()
    try:
        with _as_problems(), inbox.admission.call(incoming.client) as call:
            if find_doors is not None and "origin" in incoming.headers:
                doors = await find_doors(inbox, incoming)
            answer = await intake(
                inbox, incoming, read_body=lambda limit: read_raw(request, limit, call.reserve)
            )
        if answer.wait is not None:
            with _as_problems():
                answer = await wait_for_answer(request, answer, inbox.responses)
    except ApiError as exc:
        if find_doors is None:
            doors = inbox.doors.remembered(incoming)
        # Pages are to learn why, too.
        exc.headers = {**cors_headers(incoming, doors), **(exc.headers or {})}
        raise
    response = to_response(request, answer)
    if find_doors is None:
        doors = inbox.doors.remembered(incoming)
    response.headers.update(cors_headers(incoming, doors))
    return response


async def ask_for_permission(request: Request, workflow_id: str, path: str = "") -> Response:
    """Tell a browser which pages may call the webhook."""
    return await answer_question(request, _find_asked, workflow_id=workflow_id, path=path)


async def _find_asked(inbox: Inbox, incoming: Incoming) -> Door:
    door = await inbox.doors.find(incoming)
    if "Access-Control-Allow-Origin" in cors_headers(incoming, (door,)):
        return door
    # The page may have been allowed since the door was remembered.
    return await inbox.doors.find(incoming, fresh=True)


async def answer_question(
    request: Request,
    find_door: Callable[[Inbox, Incoming], Awaitable[Door]],
    *,
    workflow_id: str,
    path: str,
) -> Response:
    """
    Answer a browser that asks whether a page may make a call.

    :param find_door: finds the door for the call that is asked for
    :raises ApiError: there is none
    """
    incoming = make_incoming(request, workflow_id=workflow_id, path=path)
    incoming = replace(incoming, method=incoming.headers.get("access-control-request-method", ""))
    with _as_problems():
        inbox = get_inbox()
        with inbox.admission.call(incoming.client):
            return to_response(request, answer_preflight(incoming, await find_door(inbox, incoming)))


@contextmanager
def _as_problems() -> Iterator[None]:
    """Turn what the inbox raises into answers."""
    try:
        yield
    except RefusedError as exc:
        raise ApiError(
            exc.status, exc.error_code, exc.message, headers=exc.headers, issues=exc.issues
        ) from exc
    except (DBAPIError, PoolTimeoutError) as exc:
        raise ApiError(
            503,
            "database-unavailable",
            "The delivery could not be stored. Send it again.",
            headers={"Retry-After": str(_RETRY_AFTER_S)},
        ) from exc


def _add_routes() -> None:
    for method in METHODS:
        prefix = "receive_" if method == "POST" else f"receive_{method.lower()}_"
        for path, endpoint in (
            ("/webhooks/{workflow_id}", receive_webhook),
            ("/webhooks/{workflow_id}/{path:path}", receive_webhook_at_path),
        ):
            router.add_api_route(
                path,
                endpoint,
                methods=[method],
                summary=f"Deliver a webhook by {method}",
                operation_id=prefix + endpoint.__name__.removeprefix("receive_"),
                **_DOCUMENTATION,
            )
    for path in ("/webhooks/{workflow_id}", "/webhooks/{workflow_id}/{path:path}"):
        router.add_api_route(
            path, ask_for_permission, methods=["OPTIONS"], include_in_schema=False, dependencies=[PUBLIC]
        )


_add_routes()
