"""The public front door."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from flowforge_provider.api.datamodels.webhooks import WebhookAcceptedResponse
from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.security import PUBLIC
from flowforge_provider.api.services import webhooks as reading
from flowforge_provider.api.services.urls import api_path
from flowforge_provider.inbox.delivery import Accepted, Delivery
from flowforge_provider.inbox.errors import (
    InboxClosedError,
    OverloadedError,
    StalePublicationError,
    WebhookTokenError,
)
from flowforge_provider.inbox.service import get_inbox
from flowforge_provider.runs.ids import new_delivery_id

if TYPE_CHECKING:
    from flowforge_provider.inbox.service import Inbox
    from flowforge_provider.inbox.verification import Verified

router = APIRouter(tags=["webhooks"])

WebhookWorkflowPath = Annotated[str, Path(description="Id of a published workflow.", examples=["orders"])]

# A workflow that is published again at the very moment of a delivery makes it start over.
_TRIES = 3
_RETRY_AFTER_S = 2


@router.post(
    "/webhooks/{workflow_id}",
    summary="Deliver a webhook",
    operation_id="receive_webhook",
    dependencies=[PUBLIC],
    status_code=202,
    responses={
        200: {
            "model": WebhookAcceptedResponse,
            "description": "A delivery with this Idempotency-Key is stored.",
        },
        202: {"model": WebhookAcceptedResponse, "description": "The delivery is stored."},
        400: {"description": "The sender went away before its body had arrived."},
        401: {"description": "The token is missing or wrong."},
        404: {"description": "No published workflow of this id has a webhook."},
        408: {"description": "The body did not arrive in time."},
        413: {"description": "The body is too large."},
        415: {"description": "The body is not JSON."},
        422: {"description": "The body is not valid JSON, or holds what cannot be stored."},
        503: {"description": "Overloaded, or the database is away; send it again after Retry-After seconds."},
    },
    openapi_extra={
        "requestBody": {
            "required": False,
            "description": "Any JSON, up to [flowforge] max_body_bytes; `trigger.body` in expressions.",
            "content": {"application/json": {"schema": {}, "example": {"id": 7, "quantity": 2}}},
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
)
async def receive_webhook(workflow_id: WebhookWorkflowPath, request: Request) -> Response:
    """
    Take a delivery in. A 2xx means that it is stored and becomes exactly one execution, whatever
    crashes next.

    The sender proves itself by a token in a header, as the published webhook node says.
    """
    try:
        inbox = get_inbox()
        with inbox.slot():
            accepted = await _take_in(inbox, workflow_id, request)
    except (OverloadedError, InboxClosedError) as exc:
        raise ApiError(
            503, exc.error_code, exc.message, headers={"Retry-After": str(_RETRY_AFTER_S)}
        ) from exc
    except WebhookTokenError as exc:
        # The connection's id is for those who own the workflow; the api-server's log has it.
        raise ApiError(
            503,
            exc.error_code,
            f'Workflow "{workflow_id[:250]}" cannot verify senders at present. Tell its owner.',
            headers={"Retry-After": "60"},
        ) from exc
    except (DBAPIError, PoolTimeoutError) as exc:
        raise ApiError(
            503,
            "database-unavailable",
            "The delivery could not be stored. Send it again.",
            headers={"Retry-After": str(_RETRY_AFTER_S)},
        ) from exc
    return JSONResponse(
        {"delivery_id": accepted.delivery_id, "execution_id": accepted.execution_id},
        status_code=200 if accepted.duplicate else 202,
        headers={
            "Location": api_path(request, f"/executions/{accepted.execution_id}"),
            "Cache-Control": "no-store",
        },
    )


async def _take_in(inbox: Inbox, workflow_id: str, request: Request) -> Accepted:
    received_at = datetime.now(tz=timezone.utc)
    token_headers = dict(request.scope["headers"])
    # Before anything of the body is read: a stranger is to cost little.
    verified = await _verify(inbox, workflow_id, token_headers, fresh=False)
    reading.check_content_type(request)
    dedup_key = reading.read_idempotency_key(request)
    query = reading.read_query(request)
    body = await reading.read_body(request)
    for attempt in range(_TRIES):
        if attempt:
            verified = await _verify(inbox, workflow_id, token_headers, fresh=True)
        delivery = Delivery(
            id=new_delivery_id(),
            workflow_id=workflow_id,
            node_id=verified.published.trigger_node_id,
            kind="webhook",
            method=request.method,
            headers=reading.read_headers(request, token_header=verified.token_header),
            query=query,
            body=body,
            received_at=received_at,
            dedup_key=dedup_key,
        )
        try:
            return await inbox.accept(delivery, seq=verified.published.seq)
        except StalePublicationError:
            continue
    raise OverloadedError("The workflow is being published again and again. Send the delivery again shortly.")


async def _verify(inbox: Inbox, workflow_id: str, headers: dict[bytes, bytes], *, fresh: bool) -> Verified:
    verified = await inbox.verifier.verify(workflow_id, headers, fresh=fresh)
    if verified is None:
        raise ApiError(
            401,
            "webhook-token-wrong",
            "The token is missing or wrong. Send it in the header that the workflow's webhook node names.",
            headers={"WWW-Authenticate": "FlowForge-Token"},
        )
    return verified
