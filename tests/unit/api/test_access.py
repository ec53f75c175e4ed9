from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from flowforge_provider.api.openapi import permission_of
from flowforge_provider.api.security import GRANTS, RESOURCE_NAME, Reader, Requires
from tests.factories import make_document
from tests.support.routes import assert_problem, check_access, walk_operations

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.asgi import AsgiClient

    MakeClient = Callable[[str | None], AsgiClient]

# Routes that anonymous callers may use, each for a reason: the sender's own token, or nothing to hide.
PUBLIC = {
    ("GET", "/api/health"),
    ("POST", "/api/qstash/webhook"),
    *(
        (method, path)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        for way in ("webhooks", "webhooks-test")
        for path in (f"/api/{way}/{{workflow_id}}", f"/api/{way}/{{workflow_id}}/{{path}}")
    ),
    *(
        (method, path)
        for method in ("GET", "POST")
        for path in ("/api/forms/{workflow_id}", "/api/forms/{workflow_id}/{path}")
    ),
}
# POST routes that change nothing, so that viewers may use them too.
READING_POSTS = {
    "/api/validate",
    "/api/workflows/{workflow_id}/validate",
    "/api/compile",
    "/api/expressions/preview",
    "/api/cron/preview",
    "/api/preview/transform",
    "/api/node-types/{node_type}/output-schema",
}
# How much room everything takes, workflows of others too, is told to operators alone.
OPERATORS_PATHS = {"/api/storage"}
# What a user's database holds is asked for by those who draw steps on it, and is nothing for viewers.
DATABASE_PATHS = {
    f"/api/connections/{{connection_id}}/{kind}" for kind in ("schemas", "tables", "columns", "functions")
}


def test_nobody_gets_401_and_viewers_403_on_writes(client: MakeClient) -> None:
    document = client("admin").get("/flowforge/openapi.json").json()
    assert check_access(anonymous=client(None), viewer=client("viewer"), document=document) > 20


def test_every_route_names_its_permission_and_gets_change_nothing(client: MakeClient) -> None:
    operations = list(walk_operations(client(None).get("/flowforge/openapi.json").json()))
    public = {(item.method, item.path) for item in operations if item.permission == "public"}
    assert {entry for entry in public if "/demo/" not in entry[1] and "/bundle" not in entry[1]} == PUBLIC
    for item in operations:
        if item.path in DATABASE_PATHS:
            assert item.permission == "edit", item
        elif item.path in OPERATORS_PATHS:
            assert item.permission == "operate", item
        elif item.method == "GET":
            assert item.permission in {"read", "signed-in", "public"}, item
        elif item.permission == "read" and item.path not in READING_POSTS:
            # Duplicating reads one workflow and makes another; the route asks for both.
            assert item.path == "/api/workflows/{workflow_id}/duplicate", item


def test_no_public_route_hides_behind_a_permission() -> None:
    router = APIRouter()

    @router.get("/open")
    def read_open() -> None: ...

    @router.get("/closed")
    def read_closed(user: Reader) -> None: ...

    routes = {route.path: route for route in router.routes if isinstance(route, APIRoute)}
    assert permission_of(routes["/closed"]) == "read"
    with pytest.raises(LookupError, match="/open"):
        permission_of(routes["/open"])


def test_duplicating_needs_the_right_to_edit(client: MakeClient) -> None:
    made = client("user").post("/flowforge/api/workflows", json={"name": "Orders"}).json()
    refused = client("viewer").post(f"/flowforge/api/workflows/{made['id']}/duplicate", json={})
    assert_problem(refused, status=403)


def test_session_tells_what_each_role_may_do(client: MakeClient) -> None:
    def permissions(role: str) -> dict[str, bool]:
        result: dict[str, bool] = client(role).get("/flowforge/api/session").json()["permissions"]
        return result

    assert permissions("viewer") == dict.fromkeys(GRANTS, False) | {"read": True}
    assert permissions("user") == dict.fromkeys(GRANTS, True) | {"operate": False}
    assert permissions("op") == permissions("admin") == dict.fromkeys(GRANTS, True)


def test_a_workflows_own_permissions_are_told(client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    def is_authorized_dag(
        self: object, *, method: str, details: object = None, access_entity: object = None, **rest: object
    ) -> bool:
        return method == "GET" or (getattr(details, "id", None) == "mine" and access_entity is None)

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", is_authorized_dag)
    viewer = client("viewer")
    told = {
        name: viewer.get(f"/flowforge/api/workflows/{name}/permissions").json() for name in ("mine", "theirs")
    }
    assert told["theirs"] == dict.fromkeys(GRANTS, False) | {"read": True}
    assert told["mine"] == told["theirs"] | {"edit": True, "publish": True, "delete": True}


def test_a_workflow_in_the_path_is_checked_by_its_own_dag_id(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    asked = []

    def is_authorized_dag(self: object, *, details: object = None, **rest: object) -> bool:
        asked.append(getattr(details, "id", None))
        return getattr(details, "id", None) != "secret"

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", is_authorized_dag)
    viewer = client("viewer")
    assert_problem(viewer.get("/flowforge/api/workflows/secret"), status=403)
    assert_problem(viewer.get("/flowforge/api/workflows/orders"), status=404)
    assert asked == ["secret", "orders"]


def test_who_may_run_one_workflow_starts_that_one_and_no_other(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    for name in ("mine", "theirs"):
        made = client("admin").post(
            "/flowforge/api/workflows", json={"name": name, "graph": make_document(id=name)}
        )
        assert made.status_code == 201, made.text
        assert client("admin").post(f"/flowforge/api/workflows/{name}/publish", json={}).status_code == 200

    def is_authorized_dag(self: object, *, method: str, details: object = None, **rest: object) -> bool:
        return method == "GET" or getattr(details, "id", None) == "mine"

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", is_authorized_dag)
    user = client("user")
    assert user.post("/flowforge/api/executions", json={"workflow_id": "mine"}).status_code == 201
    refused = user.post("/flowforge/api/executions", json={"workflow_id": "theirs"})
    assert_problem(refused, status=403)
    assert '"theirs"' in refused.json()["detail"]


def test_who_may_operate_one_workflow_does_not_operate_all(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    for name in ("mine", "theirs"):
        document = make_document(id=name)
        made = client("admin").post("/flowforge/api/workflows", json={"name": name, "graph": document})
        assert made.status_code == 201, made.text
        assert client("admin").post(f"/flowforge/api/workflows/{name}/publish", json={}).status_code == 200

    admin = client("admin")
    rule = {"kind": "failure", "workflow_id": "theirs"}
    foreign = admin.post("/flowforge/api/alerts/rules", json=rule).json()["id"]
    ids = {
        name: admin.post("/flowforge/api/executions", json={"workflow_id": name}).json()["id"]
        for name in ("theirs", "mine")
    }
    assert admin.post("/flowforge/api/queue/pause", json={"paused": True}).is_success

    def is_authorized_dag(
        self: object, *, method: str, details: object = None, access_entity: object = None, **rest: object
    ) -> bool:
        # As FabAuthManager answers who may make runs, and edit one Dag.
        if method == "GET":
            return True
        return access_entity is not None if details is None else getattr(details, "id", None) == "mine"

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", is_authorized_dag)
    op = client("op")
    assert op.get("/flowforge/api/session").json()["permissions"]["operate"] is False
    channel = {"name": "x", "kind": "webhook", "config": {"connection_id": "c", "url": "https://a.example"}}
    for path, body in (
        ("queue/pause", {"paused": True}),
        ("queue/pause", {"paused": True, "workflow_id": "theirs"}),
        ("queue/drain", {}),
        ("alerts/rules", {"kind": "failure"}),
        ("alerts/rules", {"kind": "failure", "workflow_id": "theirs"}),
        ("alerts/channels", channel),
    ):
        assert_problem(op.post(f"/flowforge/api/{path}", json=body), status=403)
    paused = op.post("/flowforge/api/queue/pause", json={"paused": True, "workflow_id": "mine"})
    assert paused.status_code == 200, paused.text
    made = op.post("/flowforge/api/alerts/rules", json={"kind": "failure", "workflow_id": "mine"})
    assert made.is_success
    told = op.get("/flowforge/api/session/workflows", params={"action": "operate"}).json()
    assert told == {"action": "operate", "all": False, "workflow_ids": ["mine"]}

    # A rule stays with its workflow, and others' are out of reach.
    for rule_id, body in ((foreign, rule), (foreign, rule | {"workflow_id": "mine"})):
        assert_problem(op.put(f"/flowforge/api/alerts/rules/{rule_id}", json=body), status=403)
    assert_problem(op.delete(f"/flowforge/api/alerts/rules/{foreign}"), status=403)
    moved = op.put(f"/flowforge/api/alerts/rules/{made.json()['id']}", json=rule)
    assert_problem(moved, status=409)

    # Everything is paused, and "the next one" is the next that they may let through.
    for body in ({"workflow_id": "theirs"}, {"execution_id": ids["theirs"]}):
        assert_problem(op.post("/flowforge/api/queue/process", json=body), status=403)
    answer = op.post("/flowforge/api/queue/process", json={})
    assert answer.status_code == 202, answer.text
    assert answer.json()["execution_id"] == ids["mine"]
    assert_problem(op.post("/flowforge/api/queue/pause", json={"paused": False}), status=403)
    for name, status in (("theirs", 403), ("mine", 200)):
        ranked = op.post(f"/flowforge/api/executions/{ids[name]}/priority", json={"priority": 5})
        assert ranked.status_code == status, ranked.text


def test_who_may_operate_in_general_or_nowhere_is_told_so(client: MakeClient) -> None:
    path, query = "/flowforge/api/session/workflows", {"action": "operate"}
    assert client("op").get(path, params=query).json() == {
        "action": "operate",
        "all": True,
        "workflow_ids": [],
    }
    assert client("user").get(path, params=query).json()["workflow_ids"] == []
    assert_problem(client(None).get(path, params=query), status=401)
    assert_problem(client("op").get(path, params={"action": "fly"}), status=422)


def test_lists_leave_out_what_a_user_may_not_see(client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    for name in ("Orders", "Secret"):
        assert client("admin").post("/flowforge/api/workflows", json={"name": name}).status_code == 201

    def is_authorized_dag(self: object, *, details: object = None, **rest: object) -> bool:
        return details is None or getattr(details, "id", None) == "orders"

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", is_authorized_dag)
    listed = client("viewer").get("/flowforge/api/workflows").json()
    assert [row["id"] for row in listed["workflows"]] == ["orders"]
    assert listed["total_entries"] == 1


def test_resource_name_is_what_administrators_see() -> None:
    assert RESOURCE_NAME == "FlowForge"
    assert Requires("read").action == "read"
