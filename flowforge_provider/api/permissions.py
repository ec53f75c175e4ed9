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

from flowforge_provider.exceptions import ConflictError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

RESOURCE_NAME = "FlowForge"
# Airflow's UI asks for the list of plugins before it shows any of their pages.
_PLUGINS_RESOURCE = "Plugins"

# Actions on FlowForge by role. "can_create" is publishing; see flowforge_provider/api/security.py.
DEFAULT_GRANTS: dict[str, tuple[str, ...]] = {
    "Viewer": ("can_read",),
    "User": ("can_read", "can_edit", "can_create", "can_delete"),
    "Op": ("can_read", "can_edit", "can_create", "can_delete"),
    "Admin": ("can_read", "can_edit", "can_create", "can_delete"),
}
_ROLES_WITHOUT_PLUGINS = ("Viewer", "User")


@dataclass
class SyncReport:
    """
    What a synchronisation did.

    :param needed: whether the auth manager keeps permissions as rows; others decide by role
    :param created: pairs (action, resource) that are new
    :param granted: pairs (role, permission) that are new
    """

    needed: bool
    created: list[tuple[str, str]] = field(default_factory=list)
    granted: list[tuple[str, str]] = field(default_factory=list)


def sync_permissions(*, session: Session) -> SyncReport:
    """
    Make the permission rows that are missing, and grant the defaults of those; several processes may race.

    Commits.

    :raises ConflictError: none of FAB's own roles is there yet; code ``roles-missing``
    """
    manager_class = _security_manager_class()
    if manager_class is None:
        return SyncReport(needed=False)
    report = SyncReport(needed=True)
    manager = manager_class(session=session)
    known = select(manager.role_model.id).where(manager.role_model.name.in_(DEFAULT_GRANTS))
    if session.scalar(known.limit(1)) is None:
        raise ConflictError(
            "Airflow has not made its roles yet. Run `airflow sync-perm` or start the api-server first.",
            code="roles-missing",
        )
    for action in dict.fromkeys(action for actions in DEFAULT_GRANTS.values() for action in actions):
        _create_permission(action=action, manager=manager, report=report, session=session)
    return report


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


def _create_permission(*, action: str, manager: Any, report: SyncReport, session: Session) -> None:
    if manager.get_permission(action, RESOURCE_NAME) is not None:
        return
    action_row = manager.create_action(action)
    resource_row = manager.create_resource(RESOURCE_NAME)
    permission = manager.permission_model()
    permission.action_id, permission.resource_id = action_row.id, resource_row.id
    granted = []
    try:
        session.add(permission)
        session.flush()
        for role, actions in DEFAULT_GRANTS.items():
            if action in actions:
                granted += _grant(role=role, permission=permission, manager=manager, session=session)
        if action == "can_read":
            plugins = manager.get_permission("can_read", _PLUGINS_RESOURCE)
            for role in _ROLES_WITHOUT_PLUGINS if plugins is not None else ():
                granted += _grant(role=role, permission=plugins, manager=manager, session=session)
        session.commit()
    except IntegrityError:
        # Another process made the pair in the meantime, with its grants.
        session.rollback()
        return
    report.created.append((action, RESOURCE_NAME))
    report.granted += granted


def _grant(*, role: str, permission: Any, manager: Any, session: Session) -> list[tuple[str, str]]:
    row = session.scalars(select(manager.role_model).filter_by(name=role)).unique().one_or_none()
    if row is None or permission in row.permissions:
        return []
    row.permissions.append(permission)
    session.flush()
    return [(role, str(permission))]
