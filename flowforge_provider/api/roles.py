"""
The roles that FlowForge makes in FabAuthManager, and what each one holds.

A user may have several: "FlowForge Publisher" and "FlowForge Operator" together may do everything. Beside
FlowForge's own rights a role holds those of Airflow without which its page, Dags and runs stay hidden.
"""

from __future__ import annotations

__all__ = ["ROLES"]

_Permissions = tuple[tuple[str, str], ...]

# What everybody needs who is to look: the page, Dags, runs, steps and their logs, and the own account.
_SEE: _Permissions = (
    ("can_read", "FlowForge"),
    ("can_read", "Plugins"),
    ("can_read", "Website"),
    ("can_read", "DAGs"),
    ("can_read", "DAG Runs"),
    ("can_read", "DAG Versions"),
    ("can_read", "DAG Code"),
    ("can_read", "DAG Dependencies"),
    ("can_read", "DAG Warnings"),
    ("can_read", "Task Instances"),
    ("can_read", "Task Logs"),
    ("can_read", "XComs"),
    ("can_read", "HITL Detail"),
    ("can_read", "Assets"),
    ("can_read", "Asset Aliases"),
    ("can_read", "ImportError"),
    ("can_read", "Pools"),
    ("can_read", "Jobs"),
    ("can_read", "Cluster Activity"),
    ("can_read", "My Profile"),
    ("can_edit", "My Profile"),
    ("can_read", "My Password"),
    ("can_edit", "My Password"),
    ("menu_access", "Browse"),
    ("menu_access", "DAGs"),
    ("menu_access", "DAG Runs"),
    ("menu_access", "DAG Dependencies"),
    ("menu_access", "Task Instances"),
    ("menu_access", "Assets"),
    ("menu_access", "Docs"),
    ("menu_access", "Documentation"),
)

# Connections are chosen by name in a step's form; passwords are shown to nobody.
_EDIT: _Permissions = (
    *_SEE,
    ("can_edit", "FlowForge"),
    ("can_edit", "DAGs"),
    ("can_read", "Connections"),
)

_PUBLISH: _Permissions = (
    *_EDIT,
    ("can_create", "FlowForge"),
    ("can_delete", "FlowForge"),
    ("can_delete", "DAGs"),
    ("can_create", "DAG Runs"),
)

# FabAuthManager lets nobody start a run who may not edit its Dag. Drawing needs "can_edit" on FlowForge, too.
_OPERATE: _Permissions = (
    *_SEE,
    ("can_edit", "FlowForge Operations"),
    ("can_edit", "DAGs"),
    ("can_create", "DAG Runs"),
    ("can_edit", "DAG Runs"),
    ("can_create", "Task Instances"),
    ("can_edit", "Task Instances"),
    ("can_edit", "HITL Detail"),
    ("can_read", "Audit Logs"),
    ("menu_access", "Audit Logs"),
    ("menu_access", "HITL Detail"),
)

#: Name -> permissions (action, resource) that it gets when it is first made.
ROLES: dict[str, _Permissions] = {
    "FlowForge Viewer": _SEE,
    "FlowForge Editor": _EDIT,
    "FlowForge Publisher": _PUBLISH,
    "FlowForge Operator": _OPERATE,
}
