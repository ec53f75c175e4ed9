"""Public form pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from flowforge_provider.api.security import PUBLIC
from flowforge_provider.api.services.webhooks import make_incoming, to_response
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.form_pages.service import receive_form, refusal_page, show_form
from flowforge_provider.inbox.service import get_inbox

router = APIRouter(tags=["forms"])

WorkflowPath = Annotated[str, Path(description="Id of a published workflow.", examples=["feedback"])]
FormPath = Annotated[str, Path(description="Path of the form node.", examples=["problem"])]

_PAGE: dict[str, Any] = {
    "content": {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>…"}}
}
_SHOWN: dict[int | str, dict[str, Any]] = {
    200: {"description": "The page.", **_PAGE},
    401: {"description": "A page: the form asks for a name and a password.", **_PAGE},
    404: {"description": "A page: no published workflow has a form here.", **_PAGE},
    503: {"description": "A page: overloaded, stopping, or the database is away.", **_PAGE},
}
_TAKEN: dict[int | str, dict[str, Any]] = {
    **_SHOWN,
    200: {"description": "A page of thanks: the form is stored and becomes one execution.", **_PAGE},
    303: {"description": "The same; the form leads to another page."},
    400: {"description": "A page: the form is damaged.", **_PAGE},
    403: {"description": "A page: the form asks for a password, and was sent from another site.", **_PAGE},
    408: {"description": "A page: the form did not arrive in time.", **_PAGE},
    413: {"description": "A page: the form or a file is too large.", **_PAGE},
    415: {"description": "A page: this is not sent as browsers send forms.", **_PAGE},
    422: {"description": "The form again, with what is wrong at its fields.", **_PAGE},
    429: {"description": "A page: this address has sent too many forms.", **_PAGE},
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The form, as browsers send it: each field by its name after `f.`, and the `token`.",
        "content": {
            kind: {
                "schema": {"type": "object"},
                "example": {"token": "0198c0de7b7c7a6e8f0a1b2c3d4e5f60", "f.email": "ann@example.com"},
            }
            for kind in ("multipart/form-data", "application/x-www-form-urlencoded")
        },
    }
}


@router.get(
    "/forms/{workflow_id}",
    summary="Show a form",
    operation_id="show_form",
    dependencies=[PUBLIC],
    response_class=Response,
    responses=_SHOWN,
)
async def show(workflow_id: WorkflowPath, request: Request) -> Response:
    """Return the page of a workflow's form, for people; it needs no JavaScript."""
    return await _answer(request, workflow_id=workflow_id)


@router.get(
    "/forms/{workflow_id}/{path:path}",
    summary="Show one of several forms",
    operation_id="show_form_at_path",
    dependencies=[PUBLIC],
    response_class=Response,
    responses=_SHOWN,
)
async def show_at_path(workflow_id: WorkflowPath, path: FormPath, request: Request) -> Response:
    """Return the page of one of a workflow's forms."""
    return await _answer(request, workflow_id=workflow_id, path=path)


@router.post(
    "/forms/{workflow_id}",
    summary="Send a form",
    operation_id="send_form",
    dependencies=[PUBLIC],
    response_class=Response,
    responses=_TAKEN,
    openapi_extra=_BODY,
)
async def send(workflow_id: WorkflowPath, request: Request) -> Response:
    """
    Take in a form that was filled in. A 2xx or 303 means that it is stored and becomes exactly one execution.

    The same `token` twice is the same form: it starts nothing anew.
    """
    return await _answer(request, workflow_id=workflow_id)


@router.post(
    "/forms/{workflow_id}/{path:path}",
    summary="Send one of several forms",
    operation_id="send_form_at_path",
    dependencies=[PUBLIC],
    response_class=Response,
    responses=_TAKEN,
    openapi_extra=_BODY,
)
async def send_at_path(workflow_id: WorkflowPath, path: FormPath, request: Request) -> Response:
    """Take in one of a workflow's forms. Everything else is as without a path."""
    return await _answer(request, workflow_id=workflow_id, path=path)


async def _answer(request: Request, *, workflow_id: str, path: str = "") -> Response:
    incoming = make_incoming(request, workflow_id=workflow_id, path=path)
    try:
        inbox = get_inbox()
        if request.method == "POST":
            answer = await receive_form(inbox, incoming, stream=request.stream())
        else:
            answer = await show_form(inbox, incoming)
    except RefusedError as error:
        answer = refusal_page(incoming, error)
    except (DBAPIError, PoolTimeoutError):
        away = RefusedError(
            503, "database-unavailable", "The database is away.", headers={"Retry-After": "2"}
        )
        answer = refusal_page(incoming, away)
    return to_response(request, answer)
