"""The public address for QStash."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from flowforge_provider.api.datamodels.webhooks import WebhookAcceptedResponse
from flowforge_provider.api.routes.webhooks import answer_call
from flowforge_provider.api.security import PUBLIC
from flowforge_provider.inbox.qstash import receive_qstash

router = APIRouter(tags=["webhooks"])

_HEADER = {"in": "header", "schema": {"type": "string"}}
_DOCUMENTATION: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "description": "A JSON object with `workflowId`, and `payload` or `data`, which becomes "
        "`trigger.body`; or any body, when the address names the workflow: `?workflowId=orders`.",
        "content": {
            "application/json": {
                "schema": {},
                "example": {"workflowId": "orders", "payload": {"id": 7, "quantity": 2}},
            }
        },
    },
    "parameters": [
        {
            **_HEADER,
            "name": "Upstash-Signature",
            "required": True,
            "description": "QStash's JSON Web Token over this address and the body.",
        },
        {
            **_HEADER,
            "name": "Upstash-Message-Id",
            "required": False,
            "description": "A message that comes again, under the same id, is answered like the first one.",
        },
        {
            "name": "workflowId",
            "in": "query",
            "required": False,
            "schema": {"type": "string"},
            "description": "Id of the workflow to start, where the body does not name it.",
        },
    ],
}


@router.post(
    "/qstash/webhook",
    status_code=202,
    dependencies=[PUBLIC],
    summary="Start a workflow by a message of QStash",
    operation_id="receive_qstash",
    responses={
        200: {"model": WebhookAcceptedResponse, "description": "A message with this id is stored."},
        202: {"model": WebhookAcceptedResponse, "description": "The delivery is stored."},
        400: {"description": "The sender went away before its body had arrived."},
        401: {"description": "The signature is missing, wrong, too old, or made for another address."},
        403: {"description": "The workflow's webhook takes no calls from this address."},
        404: {"description": "The named workflow is not published, or does not take QStash."},
        408: {"description": "The body did not arrive in time."},
        413: {"description": "The body is too large."},
        415: {"description": "The body is of a kind that is not taken."},
        422: {"description": "The body names no workflow, or holds what cannot be stored."},
        503: {"description": "Overloaded, without signing keys, or the database is away."},
    },
    openapi_extra=_DOCUMENTATION,
)
async def start_by_qstash(request: Request) -> Response:
    """
    Take a message of QStash in and start the workflow that it names: at its webhook with the authentication
    QStash, else at its schedule, else at its manual trigger. A 2xx means that the message is stored and
    becomes exactly one execution; QStash sends again what is answered otherwise.
    """
    return await answer_call(request, receive_qstash)
