"""Who is signed in."""

from fastapi import APIRouter, Request

from flowforge_provider import __version__, settings
from flowforge_provider.api.datamodels.session import (
    SessionPermissions,
    SessionProblem,
    SessionResponse,
    SessionUser,
)
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.security import SignedInUser, is_allowed
from flowforge_provider.api.services.health import check_installation
from flowforge_provider.api.services.queue import find_pause
from flowforge_provider.api.services.urls import airflow_base_url, webhook_base_url

router = APIRouter(tags=["session"])


@router.get("/session", summary="Read who is signed in and what they may do", operation_id="get_session")
def get_session(request: Request, user: SignedInUser, session: SessionDep) -> SessionResponse:
    """
    Return the user, their general permissions, addresses and what is wrong with the installation.

    Problems are shown to users who may publish; others could do nothing about them.
    """
    permissions = SessionPermissions(
        read=is_allowed(user=user, action="read"),
        edit=is_allowed(user=user, action="edit"),
        publish=is_allowed(user=user, action="publish"),
        run=is_allowed(user=user, action="run"),
        answer=is_allowed(user=user, action="answer"),
        operate=is_allowed(user=user, action="operate"),
        delete=is_allowed(user=user, action="delete"),
    )
    problems = check_installation().problems if permissions.publish else []
    return SessionResponse(
        user=SessionUser(id=str(user.get_id()), name=user.get_name()),
        permissions=permissions,
        dev=settings.dev_mode(),
        webhook_base_url=webhook_base_url(request),
        airflow_base_url=airflow_base_url(request),
        queue_pause=find_pause(session) if permissions.read else None,
        problems=[SessionProblem(code=code, message=message) for code, message in problems],
        version=__version__,
    )
