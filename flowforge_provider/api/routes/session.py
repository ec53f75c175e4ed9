"""Who is signed in."""

from typing import Annotated

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import APIRouter, Query, Request

from flowforge_provider import __version__, settings
from flowforge_provider.api.datamodels.session import (
    AllowedWorkflowsResponse,
    SessionPermissions,
    SessionProblem,
    SessionResponse,
    SessionUser,
)
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.path_params import WorkflowIdPath
from flowforge_provider.api.security import GRANTS, Action, Reader, SignedInUser, is_allowed
from flowforge_provider.api.services.health import check_installation
from flowforge_provider.api.services.queue import find_pause
from flowforge_provider.api.services.urls import airflow_base_url, webhook_base_url
from flowforge_provider.api.services.workflows import allowed_ids

router = APIRouter(tags=["session"])


@router.get("/session", summary="Read who is signed in and what they may do", operation_id="get_session")
def get_session(request: Request, user: SignedInUser, session: SessionDep) -> SessionResponse:
    """
    Return the user, their general permissions, addresses and what is wrong with the installation.

    Problems are shown to users who may publish; others could do nothing about them.
    """
    permissions = _permissions(user)
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


@router.get(
    "/workflows/{workflow_id}/permissions",
    summary="Read what the user may do with a workflow",
    operation_id="get_workflow_permissions",
)
def get_workflow_permissions(workflow_id: WorkflowIdPath, user: Reader) -> SessionPermissions:
    """
    Return the user's permissions for one workflow, which Airflow's rights on single Dags may widen.

    Whether there is such a workflow is not told.
    """
    return _permissions(user, workflow_id=workflow_id)


@router.get(
    "/session/workflows",
    summary="List the workflows to which the user may do something",
    operation_id="list_allowed_workflows",
)
def list_allowed_workflows(
    user: SignedInUser,
    session: SessionDep,
    action: Annotated[Action, Query(description="What is to be done, as in the permissions of the session.")],
) -> AllowedWorkflowsResponse:
    """Return in one answer what the permissions of each workflow say about one action; for lists."""
    ids = allowed_ids(user=user, action=action, session=session)
    return AllowedWorkflowsResponse(action=action, all=ids is None, workflow_ids=sorted(ids or ()))


def _permissions(user: BaseUser, *, workflow_id: str | None = None) -> SessionPermissions:
    return SessionPermissions(
        **{action: is_allowed(user=user, action=action, workflow_id=workflow_id) for action in GRANTS}
    )
