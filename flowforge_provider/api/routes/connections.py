"""Airflow connections, for pickers; never their secrets."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from flowforge_provider.api.datamodels.connections import (
    ConnectionCollectionResponse,
    ConnectionResponse,
    WebhookTokenBody,
    WebhookTokenResponse,
)
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.paging import PageDep
from flowforge_provider.api.security import Editor, Reader, authorize_connection
from flowforge_provider.api.services import connections as service

router = APIRouter(tags=["connections"], route_class=JsonRoute)


@router.get("/connections", summary="List connections", operation_id="list_connections")
def list_connections(
    user: Reader,
    session: SessionDep,
    page: PageDep,
    conn_type: Annotated[
        list[str],
        Query(
            max_length=20,
            description="Only connections of these types; repeat the parameter.",
            examples=["postgres"],
        ),
    ] = [],  # noqa: B006 - FastAPI copies it
) -> ConnectionCollectionResponse:
    """
    Return ids, types and descriptions. Needs Airflow's own permission to read connections.

    Connections that live in a secrets backend cannot be listed; their ids can be typed.
    """
    authorize_connection(user=user, method="GET")
    rows, total = service.list_connections(user=user, conn_types=conn_type, page=page, session=session)
    return ConnectionCollectionResponse(
        connections=[
            ConnectionResponse(connection_id=row[0], conn_type=row[1], description=row[2]) for row in rows
        ],
        total_entries=total,
    )


@router.post(
    "/connections/webhook-token",
    status_code=201,
    summary="Create a connection with a webhook token",
    operation_id="create_webhook_token",
    responses={409: {"description": "A connection with this id exists already."}},
)
def create_webhook_token(
    request: Request,
    response: Response,
    user: Editor,
    body: WebhookTokenBody | None = None,
) -> WebhookTokenResponse:
    """
    Make a random token and keep it in a new connection. Needs Airflow's own permission to create connections.

    The token is shown in this answer only.
    """
    wanted = body.connection_id if body else None
    authorize_connection(user=user, method="POST", connection_id=wanted)
    connection_id, token = service.create_webhook_token(connection_id=wanted)
    response.headers["Location"] = service.airflow_path(request, connection_id)
    response.headers["Cache-Control"] = "no-store"
    return WebhookTokenResponse(connection_id=connection_id, token=token)
