"""The API under FabAuthManager, whose permissions are rows that FlowForge makes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_document
from tests.support.airflow import AirflowInstance, running_airflow
from tests.support.routes import assert_problem, check_access

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.dev.guard import Guard

pytestmark = pytest.mark.integration

API = "/flowforge/api"
_FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"

# One process for all users: each start of the airflow command takes seconds.
_MAKE_USERS = """
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
with get_application_builder() as builder:
    builder.add_permissions(update_perms=True)
    builder.sm.sync_roles()
    for name in ("Viewer", "User", "Op", "Admin"):
        builder.sm.add_user(
            name.lower(), name, "Test", f"{name.lower()}@example.org", builder.sm.find_role(name),
            f"{name.lower()}-password",
        )
    role = builder.sm.add_role("OneDag")
    for action, resource in (
        ("can_read", "FlowForge"), ("can_edit", "FlowForge"),
        ("can_read", "DAG:mine"), ("can_edit", "DAG:mine"),
    ):
        builder.sm.add_permission_to_role(role, builder.sm.create_permission(action, resource))
    builder.sm.add_user("one", "One", "Test", "one@example.org", role, "one-password")
"""


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory, guard: Guard) -> Iterator[AirflowInstance]:
    """An api-server with FabAuthManager and a user for each of its roles."""
    value = AirflowInstance(
        home=tmp_path_factory.mktemp("airflow-fab"),
        # Without the cache a changed role counts at once.
        settings={("core", "auth_manager"): _FAB, ("fab", "cache_ttl"): "0"},
        guard=guard,
    )
    value.migrate()
    value.run_cli("sync-perm")
    first_reports = _synchronise_at_once(value)
    assert sum(len(report) > 1 for report in first_reports) >= 1, first_reports
    value.run_python(_MAKE_USERS)
    with running_airflow(("api-server",), instance=value, migrate=False):
        yield value


def _synchronise_at_once(value: AirflowInstance) -> list[list[dict[str, str]]]:
    def run(_: int) -> list[dict[str, str]]:
        rows: list[dict[str, str]] = json.loads(
            value.run_cli("flowforge", "sync-permissions", "-o", "json").stdout
        )
        return rows

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, range(2)))


def _permissions(value: AirflowInstance, user: str) -> dict[str, bool]:
    with value.client(user) as client:
        result: dict[str, bool] = client.get(f"{API}/session").json()["permissions"]
        return result


def test_every_route_is_closed_to_strangers_and_writes_to_viewers(instance: AirflowInstance) -> None:
    with instance.client() as anonymous, instance.client("viewer") as viewer:
        document = anonymous.get("/flowforge/openapi.json").json()
        assert check_access(anonymous=anonymous, viewer=viewer, document=document) > 20


@pytest.mark.parametrize(
    ("user", "allowed"),
    [
        ("viewer", {"read"}),
        ("user", {"read", "edit", "publish", "run", "answer", "delete"}),
        ("op", {"read", "edit", "publish", "run", "answer", "delete"}),
        ("admin", {"read", "edit", "publish", "run", "answer", "delete"}),
    ],
)
def test_default_roles(instance: AirflowInstance, user: str, allowed: set[str]) -> None:
    permissions = _permissions(instance, user)
    assert {action for action, granted in permissions.items() if granted} == allowed


@pytest.mark.parametrize("user", ["viewer", "user"])
def test_viewers_and_users_see_the_page(instance: AirflowInstance, user: str) -> None:
    with instance.client(user) as client:
        plugins = client.get("/api/v2/plugins").json()["plugins"]
        assert any(plugin["name"] == "flowforge" for plugin in plugins)


def test_rights_on_one_dag_are_rights_on_one_workflow(instance: AirflowInstance) -> None:
    with instance.client("admin") as admin:
        for name in ("Mine", "Theirs"):
            made = admin.post(f"{API}/workflows", json={"name": name, "graph": make_document(id="untitled")})
            assert made.status_code == 201, made.text
    with instance.client("one") as one:
        listed = one.get(f"{API}/workflows").json()
        assert [row["id"] for row in listed["workflows"]] == ["mine"]
        assert listed["total_entries"] == 1
        assert one.get(f"{API}/workflows/mine").status_code == 200
        assert_problem(one.get(f"{API}/workflows/theirs"), status=403)
        saved = one.patch(f"{API}/workflows/mine", json={"name": "My own"}, headers={"If-Match": "*"})
        assert saved.status_code == 200
        assert_problem(one.post(f"{API}/workflows/mine/publish", json={}), status=403)
        assert_problem(one.post(f"{API}/workflows", json={"name": "More"}), status=403)


def test_what_is_taken_away_stays_away(instance: AirflowInstance) -> None:
    _change_role(instance, "remove_permission_from_role")
    try:
        rows: list[dict[str, Any]] = json.loads(
            instance.run_cli("flowforge", "sync-permissions", "-o", "json").stdout
        )
        assert [row["change"] for row in rows] == ["none"]
        assert _permissions(instance, "op")["publish"] is False
    finally:
        _change_role(instance, "add_permission_to_role")


def _change_role(value: AirflowInstance, function: str) -> None:
    value.run_python(
        "from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder\n"
        "with get_application_builder() as builder:\n"
        f"    builder.sm.{function}(\n"
        "        builder.sm.find_role('Op'), builder.sm.get_permission('can_create', 'FlowForge')\n"
        "    )\n"
    )
