"""
Who may do what, as dependencies that each route names next to its path.

FlowForge has a view of its own ("FlowForge") in the auth manager, and every action also needs the matching
Airflow permission on Dags, with the workflow's own dag id where the path names one. Both are checked,
because SimpleAuthManager's view check ignores the method.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.base_auth_manager import BaseAuthManager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import (
    ConnectionDetails,
    DagAccessEntity,
    DagDetails,
)
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends
from fastapi.params import Depends as DependsMarker
from starlette.requests import Request

from flowforge_provider.api.audit import record_change
from flowforge_provider.api.errors import ApiError

Action = Literal["read", "edit", "publish", "run", "answer", "operate", "delete"]
RESOURCE_NAME = "FlowForge"
# A view of its own: "can edit on FlowForge" is drawing, and who operates need not draw.
OPERATIONS_RESOURCE_NAME = "FlowForge Operations"


class _Grant(NamedTuple):
    """What an action needs: a method on one of FlowForge's views, and a method on Dags or their runs."""

    view_method: Literal["GET", "POST", "PUT", "DELETE"]
    dag_method: Literal["GET", "POST", "PUT", "DELETE"]
    entity: DagAccessEntity | None = None
    view: str = RESOURCE_NAME


GRANTS: dict[Action, _Grant] = {
    "read": _Grant("GET", "GET"),
    "edit": _Grant("PUT", "PUT"),
    # Publishing makes a Dag: "can create on FlowForge" tells those who may from those who may only draw.
    "publish": _Grant("POST", "PUT"),
    "run": _Grant("GET", "POST", DagAccessEntity.RUN),
    # As Airflow's own page of required actions asks for it.
    "answer": _Grant("GET", "PUT", DagAccessEntity.HITL_DETAIL),
    # The queue, alerts, and the repair of what others have drawn.
    "operate": _Grant("PUT", "POST", DagAccessEntity.RUN, view=OPERATIONS_RESOURCE_NAME),
    "delete": _Grant("DELETE", "DELETE"),
}


def is_allowed(*, user: BaseUser, action: Action, workflow_id: str | None = None) -> bool:
    """
    Tell whether a user may do something, in general or to one workflow.

    :param user: the signed-in user
    :param action: what is to be done
    :param workflow_id: the workflow it is done to; its dag id carries per-Dag permissions
    """
    manager = get_auth_manager()
    grant = GRANTS[action]
    details = DagDetails(id=workflow_id) if workflow_id else None
    return (
        manager.is_authorized_custom_view(method=grant.view_method, resource_name=grant.view, user=user)
        and manager.is_authorized_dag(
            method=grant.dag_method, access_entity=grant.entity, details=details, user=user
        )
        and (action != "operate" or _may_operate(user, workflow_id=workflow_id, manager=manager))
    )


def _may_operate(user: BaseUser, *, workflow_id: str | None, manager: BaseAuthManager[BaseUser]) -> bool:
    """Ask what the general question leaves open."""
    # FabAuthManager asks for no Dag where none is named, and pausing everything is no right on one Dag.
    if workflow_id is None and not manager.is_authorized_dag(method="PUT", user=user):
        return False
    # Where all views are the same: pools, the like of our queue, are for the role "op".
    is_simple = isinstance(manager, SimpleAuthManager)
    return not is_simple or manager.is_authorized_pool(method="PUT", user=user)


def may_see(user: BaseUser) -> Callable[[str], bool]:
    """Return a function that tells whether a user may see a workflow; each workflow is asked about once."""
    known: dict[str, bool] = {}

    def ask(workflow_id: str) -> bool:
        if workflow_id not in known:
            known[workflow_id] = is_allowed(user=user, action="read", workflow_id=workflow_id)
        return known[workflow_id]

    return ask


def authorize(*, user: BaseUser, action: Action, workflow_id: str | None = None) -> None:
    """
    Refuse what a user may not do; for routes that learn the workflow from a body or a row.

    :raises ApiError: 403 ``forbidden``
    """
    if not is_allowed(user=user, action=action, workflow_id=workflow_id):
        target = f'workflow "{workflow_id}"' if workflow_id else "workflows"
        raise ApiError(
            403,
            "forbidden",
            f"You may not {action} {target}. Ask an Airflow administrator for the permission.",
        )


def may_somewhere(*, user: BaseUser, action: Action) -> bool:
    """Tell whether a user may do something in general, or at least to one Dag that Airflow knows."""
    if is_allowed(user=user, action=action):
        return True
    # FabAuthManager asks for "can edit" on a Dag also from who only starts it.
    method: Literal["GET", "PUT"] = "GET" if action == "read" else "PUT"
    known = get_auth_manager().get_authorized_dag_ids(user=user, method=method)
    return any(is_allowed(user=user, action=action, workflow_id=dag_id) for dag_id in known)


def readable_workflow_ids(*, user: BaseUser, workflow_ids: set[str]) -> set[str]:
    """
    Keep the workflows that a user may see; for lists.

    :param workflow_ids: ids of all candidates, size up to 10**4
    """
    return get_auth_manager().filter_authorized_dag_ids(dag_ids=workflow_ids, user=user, method="GET")


class Requires:
    """
    Dependency that needs a signed-in user with a permission, and yields the user.

    What changes something is recorded in Airflow's event log here, so that no route can forget it. Methods
    other than GET that need no more than "read" change nothing; one that does records that itself.
    """

    def __init__(self, action: Action) -> None:
        self.action = action

    def __call__(self, request: Request, user: GetUserDep) -> BaseUser:
        """Check the permission, and record what is about to be changed."""
        self.check(request=request, user=user)
        if request.method != "GET" and self.action != "read":
            record_change(request, user=user)
        return user

    def check(self, *, request: Request, user: BaseUser) -> None:
        """Need the right, on the workflow that the path names if it names one."""
        authorize(user=user, action=self.action, workflow_id=_workflow_of_path(request.path_params))


class RequiresSomewhere(Requires):
    """
    As :class:`Requires`, for routes that learn only later which workflow it is about.

    Who has the right on a single Dag comes through here, too, so the route has to ask :func:`authorize` (or
    :func:`is_allowed`) for each workflow that it touches.
    """

    def check(self, *, request: Request, user: BaseUser) -> None:  # noqa: ARG002 - the path names no workflow
        """Need the right in general, or on any Dag that Airflow knows."""
        if not may_somewhere(user=user, action=self.action):
            authorize(user=user, action=self.action)


_REQUIRES: dict[Action, Requires] = {action: Requires(action) for action in GRANTS}


def requires(action: Action) -> Callable[..., BaseUser]:
    """Return the dependency that needs a permission for ``action`` and yields the user."""
    return _REQUIRES[action]


def _workflow_of_path(params: dict[str, Any]) -> str | None:
    workflow_id = params.get("workflow_id")
    if workflow_id is None and "execution_id" in params:
        # An execution id is "<workflow id>.<run id>"; a workflow id holds no dot.
        workflow_id = str(params["execution_id"]).partition(".")[0]
    return workflow_id


async def public() -> None:
    """Mark a route that anonymous callers may use, because it has another proof or shows nothing."""
    # Async, because FastAPI would send a plain function to a thread, on every webhook.


def signed_in(user: GetUserDep) -> BaseUser:
    """Need a signed-in user and no permission; for what a user may always know about themselves."""
    return user


PUBLIC: DependsMarker = Depends(public)

SignedInUser = Annotated[BaseUser, Depends(signed_in)]
Reader = Annotated[BaseUser, Depends(requires("read"))]
Editor = Annotated[BaseUser, Depends(requires("edit"))]
Publisher = Annotated[BaseUser, Depends(requires("publish"))]
Runner = Annotated[BaseUser, Depends(requires("run"))]
Answerer = Annotated[BaseUser, Depends(requires("answer"))]
Operator = Annotated[BaseUser, Depends(requires("operate"))]
Deleter = Annotated[BaseUser, Depends(requires("delete"))]
# For routes that ask for the right on each workflow themselves.
RunnerOfSome = Annotated[BaseUser, Depends(RequiresSomewhere("run"))]
OperatorOfSome = Annotated[BaseUser, Depends(RequiresSomewhere("operate"))]
DeleterOfSome = Annotated[BaseUser, Depends(RequiresSomewhere("delete"))]


def user_name(user: BaseUser) -> str:
    """Return how a user is named in created_by and the like."""
    return user.get_name() or str(user.get_id())


def authorize_connection(
    *, user: BaseUser, method: Literal["GET", "POST"], connection_id: str | None = None
) -> None:
    """
    Refuse what Airflow itself would refuse this user to do to connections.

    :raises ApiError: 403 ``forbidden``
    """
    details = ConnectionDetails(conn_id=connection_id) if connection_id else None
    if not get_auth_manager().is_authorized_connection(method=method, details=details, user=user):
        verb = "see" if method == "GET" else "create"
        raise ApiError(
            403,
            "forbidden",
            f"You may not {verb} connections. Ask an Airflow administrator for the permission.",
        )
