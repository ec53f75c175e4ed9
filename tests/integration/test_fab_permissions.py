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

    import httpx

    from flowforge_provider.dev.guard import Guard

# Starting Airflow with FabAuthManager takes minutes on a busy machine.
pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

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
    for name in ("Viewer", "Editor", "Publisher", "Operator"):
        user = f"flowforge-{name.lower()}"
        role = builder.sm.find_role(f"FlowForge {name}")
        builder.sm.add_user(user, name, "FlowForge", f"{user}@example.org", role, f"{user}-password")
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
        ("op", {"read", "edit", "publish", "run", "answer", "operate", "delete"}),
        ("admin", {"read", "edit", "publish", "run", "answer", "operate", "delete"}),
        ("flowforge-viewer", {"read"}),
        ("flowforge-editor", {"read", "edit"}),
        ("flowforge-publisher", {"read", "edit", "publish", "run", "delete"}),
        ("flowforge-operator", {"read", "run", "answer", "operate"}),
    ],
)
def test_default_roles(instance: AirflowInstance, user: str, allowed: set[str]) -> None:
    permissions = _permissions(instance, user)
    assert {action for action, granted in permissions.items() if granted} == allowed


# What users of FlowForge's roles do, and who of them may. Nothing of that name exists, so nothing happens.
EVERYBODY = {"viewer", "editor", "publisher", "operator"}
ACTIONS: dict[str, tuple[str, str, dict[str, Any], set[str]]] = {
    "look": ("GET", "/workflows", {}, EVERYBODY),
    "create": ("POST", "/workflows", {"name": ""}, {"editor", "publisher"}),
    "save": ("PATCH", "/workflows/none", {"name": "x"}, {"editor", "publisher"}),
    "publish": ("POST", "/workflows/none/publish", {}, {"publisher"}),
    "unpublish": ("POST", "/workflows/none/unpublish", {}, {"publisher"}),
    "delete": ("DELETE", "/workflows/none", {}, {"publisher"}),
    "run": ("POST", "/executions", {"workflow_id": "none"}, {"publisher", "operator"}),
    "cancel": ("POST", "/executions/none.x/cancel", {}, {"publisher", "operator"}),
    "answer": ("POST", "/executions/none.x/steps/a/answer", {"option": "x"}, {"operator"}),
    "alert": ("POST", "/alerts/rules", {}, {"operator"}),
    "pick a connection": ("GET", "/connections", {}, {"editor", "publisher"}),
    "see runs in Airflow": (
        "GET",
        "/api/v2/dags/~/dagRuns",
        {},
        {"viewer", "editor", "publisher", "operator"},
    ),
    "see the page in Airflow": ("GET", "/api/v2/plugins", {}, EVERYBODY),
    "see the log of changes": ("GET", "/api/v2/eventLogs", {}, {"operator"}),
}


@pytest.mark.parametrize("role", ["viewer", "editor", "publisher", "operator"])
def test_flowforges_own_roles(instance: AirflowInstance, role: str) -> None:
    with instance.client(f"flowforge-{role}") as client:
        refused = set()
        for action, (method, path, body, _) in ACTIONS.items():
            url = path if path.startswith("/api/") else f"{API}{path}"
            answer = client.request(
                method, url, json=body if method in {"POST", "PATCH"} else None, headers={"If-Match": "*"}
            )
            assert answer.status_code not in {401, 405, 500}, (action, answer.text)
            if answer.status_code == 403:
                refused.add(action)
    assert refused == {action for action, (*_, roles) in ACTIONS.items() if role not in roles}


def test_roles_are_made_once_and_belong_to_the_administrators(instance: AirflowInstance) -> None:
    change = (
        "builder.sm.{}(builder.sm.find_role('FlowForge Viewer'), "
        "builder.sm.get_permission('can_read', 'XComs'))"
    )
    _run_in_fab(instance, change.format("remove_permission_from_role"))
    try:
        rows = json.loads(instance.run_cli("flowforge", "sync-permissions", "-o", "json").stdout)
        assert [row["change"] for row in rows] == ["none"]
        names = _run_in_fab(
            instance,
            "print('FOUND', [p.resource.name for p in builder.sm.find_role('FlowForge Viewer').permissions])",
        )
        assert "XComs" not in names
        assert "FlowForge" in names
    finally:
        _run_in_fab(instance, change.format("add_permission_to_role"))


def test_changes_are_shown_in_airflows_event_log(instance: AirflowInstance) -> None:
    document = make_document(id="logged")
    with instance.client("flowforge-publisher") as publisher:
        publisher.post(f"{API}/workflows", json={"name": "Logged", "graph": document})
        assert publisher.post(f"{API}/workflows/logged/publish", json={"message": "First"}).status_code == 200
    with instance.client("flowforge-operator") as operator:
        refused = operator.patch(f"{API}/workflows/logged", json={"name": "x"}, headers={"If-Match": "*"})
        assert_problem(refused, status=403)
        run = operator.post(f"{API}/executions", json={"workflow_id": "logged"}).json()
        found = operator.get("/api/v2/eventLogs", params={"dag_id": "logged", "order_by": "id"}).json()
    rows = [
        (row["event"], row["owner"], row["run_id"])
        for row in found["event_logs"]
        if row["event"].startswith("flowforge.")
    ]
    assert rows == [
        ("flowforge.create_workflow", "flowforge-publisher", None),
        ("flowforge.publish_workflow", "flowforge-publisher", None),
        ("flowforge.start_execution", "flowforge-operator", run["id"].removeprefix("logged.")),
    ]


def test_rights_on_one_workflow_outlive_its_publications(instance: AirflowInstance) -> None:
    with instance.client("admin") as admin:
        for name in ("shop", "till"):
            made = admin.post(f"{API}/workflows", json={"name": name, "graph": make_document(id=name)})
            assert made.status_code == 201, made.text
    # Airflow makes the rows of a Dag once it has read it; a draft's are made by the command.
    rows = json.loads(instance.run_cli("flowforge", "sync-permissions", "--workflows", "-o", "json").stdout)
    assert {"change": "created", "what": "rights on workflow shop"} in rows
    _run_in_fab(instance, _GIVE_THE_SHOP)
    with instance.client("shop") as shop:
        _work_on_the_shop(shop)
        # The dag-processor reads the new publication, and gives Airflow what the Dag says about access.
        instance.run_python(_READ_AS_THE_PROCESSOR)
        _work_on_the_shop(shop)


def _work_on_the_shop(shop: httpx.Client) -> None:
    assert [row["id"] for row in shop.get(f"{API}/workflows").json()["workflows"]] == ["shop"]
    own = shop.get(f"{API}/workflows/shop/permissions").json()
    assert {action for action, granted in own.items() if granted} == {"read", "edit", "publish", "run"}
    assert_problem(shop.get(f"{API}/workflows/till/permissions"), status=403)
    assert shop.get(f"{API}/session").json()["permissions"]["edit"] is False
    version = shop.get(f"{API}/workflows/shop").headers["etag"]
    saved = shop.patch(f"{API}/workflows/shop", json={"name": "Mine"}, headers={"If-Match": version})
    assert saved.status_code == 200, saved.text
    published = shop.post(f"{API}/workflows/shop/publish", json={})
    assert published.status_code == 200, published.text
    started = shop.post(f"{API}/executions", json={"workflow_id": "shop"})
    assert started.status_code == 201, started.text
    assert_problem(shop.post(f"{API}/executions", json={"workflow_id": "till"}), status=403)
    assert_problem(shop.post(f"{API}/workflows/till/publish", json={}), status=403)


_GIVE_THE_SHOP = """
    role = builder.sm.add_role("Shop")
    general = ("FlowForge", "Website", "Plugins", "DAG Runs", "Task Instances")
    for action, resources in (
        ("can_read", (*general, "DAG:shop")),
        ("can_edit", ("FlowForge", "DAG:shop")),
        ("can_create", ("FlowForge", "DAG Run:shop")),
    ):
        for resource in resources:
            permission = builder.sm.get_permission(action, resource)
            assert permission is not None, (action, resource)
            builder.sm.add_permission_to_role(role, permission)
    builder.sm.add_user("shop", "Shop", "Test", "shop@example.org", role, "shop-password")
"""


def test_who_may_operate_one_workflow_operates_no_other(instance: AirflowInstance) -> None:
    runs = {}
    with instance.client("admin") as admin:
        for name in ("kiosk", "depot"):
            made = admin.post(f"{API}/workflows", json={"name": name, "graph": make_document(id=name)})
            assert made.status_code == 201, made.text
            assert admin.post(f"{API}/workflows/{name}/publish", json={}).status_code == 200
            runs[name] = admin.post(f"{API}/executions", json={"workflow_id": name}).json()["id"]
        foreign = admin.post(f"{API}/alerts/rules", json={"kind": "failure", "workflow_id": "depot"}).json()
    instance.run_cli("flowforge", "sync-permissions", "--workflows")
    _run_in_fab(instance, _GIVE_THE_KIOSK)
    with instance.client("kiosk") as kiosk:
        own = kiosk.get(f"{API}/workflows/kiosk/permissions").json()
        assert {action for action, granted in own.items() if granted} == {"read", "run", "operate"}
        listed = kiosk.get(f"{API}/session/workflows", params={"action": "operate"}).json()
        assert (listed["all"], listed["workflow_ids"]) == (False, ["kiosk"])
        for name, is_theirs in (("kiosk", True), ("depot", False)):
            run = runs[name]
            for path, body in (
                ("queue/pause", {"paused": True, "workflow_id": name, "reason": "stocktaking"}),
                (f"executions/{run}/priority", {"priority": 3}),
                ("queue/process", {"execution_id": run}),
                ("queue/pause", {"paused": False, "workflow_id": name}),
                ("alerts/rules", {"kind": "failure", "workflow_id": name}),
                (f"executions/{run}/cancel", {}),
                (f"executions/{run}/retry", {}),
            ):
                answer = kiosk.post(f"{API}/{path}", json=body)
                assert answer.is_success if is_theirs else answer.status_code == 403, (path, answer.text)
        for path, body in (
            ("queue/pause", {"paused": True}),
            ("queue/drain", {}),
            ("alerts/rules", {"kind": "failure"}),
        ):
            assert_problem(kiosk.post(f"{API}/{path}", json=body), status=403)
        assert_problem(kiosk.delete(f"{API}/alerts/rules/{foreign['id']}"), status=403)
        assert foreign["id"] not in {row["id"] for row in kiosk.get(f"{API}/alerts/rules").json()["rules"]}


_GIVE_THE_KIOSK = """
    role = builder.sm.add_role("Kiosk")
    general = ("FlowForge", "Website", "Plugins", "DAG Runs", "Task Instances")
    for action, resources in (
        ("can_read", (*general, "DAG:kiosk")),
        ("can_edit", ("FlowForge Operations", "DAG:kiosk")),
        ("can_create", ("DAG Run:kiosk",)),
    ):
        for resource in resources:
            permission = builder.sm.get_permission(action, resource)
            assert permission is not None, (action, resource)
            builder.sm.add_permission_to_role(role, permission)
    builder.sm.add_user("kiosk", "Kiosk", "Test", "kiosk@example.org", role, "kiosk-password")
"""

_READ_AS_THE_PROCESSOR = """
from airflow.dag_processing.collection import _sync_dag_perms
from airflow.models.serialized_dag import SerializedDagModel
from airflow.serialization.serialized_objects import LazyDeserializedDAG
from airflow.utils.session import create_session
from sqlalchemy import select
with create_session() as session:
    for row in session.scalars(select(SerializedDagModel).where(SerializedDagModel.dag_id == "shop")):
        _sync_dag_perms(LazyDeserializedDAG(data=row.data), session=session)
"""


@pytest.mark.parametrize("user", ["viewer", "user", "flowforge-viewer"])
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
    _run_in_fab(
        value,
        f"builder.sm.{function}("
        "builder.sm.find_role('Op'), builder.sm.get_permission('can_create', 'FlowForge'))",
    )


def _run_in_fab(value: AirflowInstance, statement: str) -> str:
    return value.run_python(
        "from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder\n"
        "with get_application_builder() as builder:\n"
        f"    {statement.strip()}\n"
    )
