"""Read and make Airflow connections."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow.api_fastapi.app import get_auth_manager
from airflow.models.connection import Connection
from sqlalchemy import func, select

from flowforge_provider.api.services.urls import MOUNT_PREFIX
from flowforge_provider.exceptions import ConflictError
from flowforge_provider.store.transactions import run_in_transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from sqlalchemy.orm import Session
    from starlette.requests import Request

    from flowforge_provider.api.paging import Page

# 256 bits: no sender can guess it, however often it tries.
_TOKEN_BYTES = 32
WEBHOOK_CONN_TYPE = "flowforge_webhook"


def list_connections(
    *, user: BaseUser, conn_types: Sequence[str], page: Page, session: Session
) -> tuple[list[tuple[str, str, str | None]], int]:
    """
    Return one page of (id, type, description) by id, and the number of all that the user may see.

    :param conn_types: only these types; all when empty
    """
    allowed = get_auth_manager().get_authorized_connections(user=user, session=session)
    query = select(Connection.conn_id, Connection.conn_type, Connection.description).where(
        Connection.conn_id.in_(allowed)
    )
    if conn_types:
        query = query.where(Connection.conn_type.in_(conn_types))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.execute(query.order_by(Connection.conn_id).limit(page.limit).offset(page.offset))
    return [(conn_id, conn_type, description) for conn_id, conn_type, description in rows], total


def create_webhook_token(*, connection_id: str | None) -> tuple[str, str]:
    """
    Create a connection whose password is a new random token; return its id and the token.

    It is committed before this returns: the token is shown once, so it must be worth something.

    :param connection_id: id of the connection; made up when None
    :raises ConflictError: the id is taken; code ``connection-exists``
    """
    chosen = connection_id or f"webhook_{secrets.token_hex(4)}"
    token = secrets.token_urlsafe(_TOKEN_BYTES)

    def work(session: Session) -> None:
        taken = session.scalar(select(Connection.id).where(Connection.conn_id == chosen))
        if taken is not None:
            raise ConflictError(
                f'A connection with the id "{chosen}" exists already. Choose another id.',
                code="connection-exists",
            )
        session.add(
            Connection(
                conn_id=chosen,
                conn_type=WEBHOOK_CONN_TYPE,
                description="Token of a FlowForge webhook",
                password=token,
            )
        )
        session.flush()

    # Of two that want one id, the later one is repeated, and finds that it is taken.
    run_in_transaction(work)
    return chosen, token


def airflow_path(request: Request, connection_id: str) -> str:
    """Return the path of a connection in Airflow's own API."""
    root: str = request.scope.get("root_path", "")
    return f"{root.removesuffix(MOUNT_PREFIX)}/api/v2/connections/{quote(connection_id, safe='')}"
