"""
The rows that FabAuthManager needs to know FlowForge's permissions.

FAB keeps permissions as pairs of an action and a resource, and gives them to roles. Defaults are granted only
when the pairs are first made, in the same transaction, so that what an administrator takes away stays away.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from flowforge_provider.api.roles import ROLES
from flowforge_provider.exceptions import ConflictError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

RESOURCE_NAME = "FlowForge"
OPERATIONS_RESOURCE_NAME = "FlowForge Operations"
# Airflow's UI asks for the list of plugins before it shows any of their pages.
_PLUGINS_RESOURCE = "Plugins"
_ROLES_WITHOUT_PLUGINS = ("Viewer", "User")

#: Permissions (action, resource), and those of Airflow's own roles that get them when they are first made.
#: "can_create" is publishing; see flowforge_provider/api/security.py.
DEFAULT_GRANTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("can_read", RESOURCE_NAME): ("Viewer", "User", "Op", "Admin"),
    ("can_edit", RESOURCE_NAME): ("User", "Op", "Admin"),
    ("can_create", RESOURCE_NAME): ("User", "Op", "Admin"),
    ("can_delete", RESOURCE_NAME): ("User", "Op", "Admin"),
    ("can_edit", OPERATIONS_RESOURCE_NAME): ("Op", "Admin"),
}


@dataclass
class SyncReport:
    """
    What a synchronisation did.

    :param needed: whether the auth manager keeps permissions as rows; others decide by role
    :param created: pairs (action, resource) that are new
    :param roles: names of roles that are new
    :param workflows: ids of workflows whose own permissions are new
    :param granted: pairs (role, permission) that are new
    """

    needed: bool
    created: list[tuple[str, str]] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    workflows: list[str] = field(default_factory=list)
    granted: list[tuple[str, str]] = field(default_factory=list)


def sync_permissions(*, session: Session) -> SyncReport:
    """
    Make the permission rows and roles that are missing, and grant the defaults of those.

    Several processes may race.

    Commits.

    :raises ConflictError: none of FAB's own roles is there yet; code ``roles-missing``
    """
    manager_class = _security_manager_class()
    if manager_class is None:
        return SyncReport(needed=False)
    report = SyncReport(needed=True)
    manager = manager_class(session=session)
    known = select(manager.role_model.id).where(
        manager.role_model.name.in_(("Viewer", "User", "Op", "Admin"))
    )
    if session.scalar(known.limit(1)) is None:
        raise ConflictError(
            "Airflow has not made its roles yet. Run `airflow sync-perm` or start the api-server first.",
            code="roles-missing",
        )
    for (action, resource), roles in DEFAULT_GRANTS.items():
        _create_permission(action, resource, roles=roles, manager=manager, report=report, session=session)
    for name, permissions in ROLES.items():
        _create_role(name, permissions, manager=manager, report=report, session=session)
    return report


def sync_workflow_permissions(*, report: SyncReport, session: Session) -> None:
    """
    Make the permissions of single workflows, so that they can be given to roles; those of drafts, too.

    Airflow itself makes those of a Dag when its dag-processor has read it. Nobody gets them by this. Commits.

    :param report: gets what was done
    """
    from flowforge_provider.store.tables import WorkflowRow

    manager_class = _security_manager_class()
    if manager_class is None:
        return
    manager = manager_class(session=session)
    for workflow_id in session.scalars(select(WorkflowRow.id).order_by(WorkflowRow.id)).all():
        if manager.get_permission("can_read", f"DAG:{workflow_id}") is None:
            manager.sync_perm_for_dag(workflow_id)
            report.workflows.append(workflow_id)
    session.commit()


def _security_manager_class() -> type[Any] | None:
    from airflow.api_fastapi.app import get_auth_manager_cls

    try:
        from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager
        from airflow.providers.fab.www.security_appless import ApplessAirflowSecurityManager
    except ImportError:
        return None
    if not issubclass(get_auth_manager_cls(), FabAuthManager):
        return None
    return ApplessAirflowSecurityManager


def _create_permission(
    action: str,
    resource: str,
    *,
    roles: tuple[str, ...],
    manager: Any,
    report: SyncReport,
    session: Session,
) -> None:
    if manager.get_permission(action, resource) is not None:
        return
    action_row = manager.create_action(action)
    resource_row = manager.create_resource(resource)
    permission = manager.permission_model()
    permission.action_id, permission.resource_id = action_row.id, resource_row.id
    granted = []
    try:
        session.add(permission)
        session.flush()
        for role in roles:
            granted += _grant(role=role, permission=permission, manager=manager, session=session)
        if (action, resource) == ("can_read", RESOURCE_NAME):
            plugins = manager.get_permission("can_read", _PLUGINS_RESOURCE)
            for role in _ROLES_WITHOUT_PLUGINS if plugins is not None else ():
                granted += _grant(role=role, permission=plugins, manager=manager, session=session)
        session.commit()
    except IntegrityError:
        # Another process made the pair in the meantime, with its grants.
        session.rollback()
        return
    report.created.append((action, resource))
    report.granted += granted


def _create_role(
    name: str,
    permissions: tuple[tuple[str, str], ...],
    *,
    manager: Any,
    report: SyncReport,
    session: Session,
) -> None:
    """Make a role with its permissions in one transaction; one that is there is the administrators'."""
    known = select(manager.role_model.id).filter_by(name=name)
    if session.scalar(known) is not None:
        return
    # Airflow's own rows are there already; a version of Airflow that lacks one does without.
    rows = [manager.get_permission(action, resource) for action, resource in permissions]
    role = manager.role_model(name=name)
    role.permissions = [row for row in rows if row is not None]
    granted = [(name, str(row)) for row in role.permissions]
    try:
        session.add(role)
        session.commit()
    except IntegrityError:
        # Another process made it in the meantime.
        session.rollback()
        return
    report.roles.append(name)
    report.granted += granted


def _grant(*, role: str, permission: Any, manager: Any, session: Session) -> list[tuple[str, str]]:
    row = session.scalars(select(manager.role_model).filter_by(name=role)).unique().one_or_none()
    if row is None or permission in row.permissions:
        return []
    row.permissions.append(permission)
    session.flush()
    return [(role, str(permission))]
