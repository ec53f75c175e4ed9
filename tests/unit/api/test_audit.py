"""Every change through the API is in Airflow's event log, once; and nothing else is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from fastapi.routing import APIRoute
from sqlalchemy import select

from flowforge_provider.api.audit import EVENT_PREFIX
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.openapi import permission_of
from tests.factories import make_document
from tests.support.routes import Operation, walk_operations
from tests.unit.api.test_access import READING_POSTS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from fastapi import FastAPI

    from tests.support.asgi import AsgiClient

    MakeClient = Callable[[str | None], AsgiClient]

API = "/flowforge/api"


class Entry(NamedTuple):
    """One line of the event log."""

    event: str
    owner: str
    dag_id: str | None
    run_id: str | None
    extra: dict[str, Any]


def entries() -> list[Entry]:
    """Return what FlowForge has written into the event log, oldest first."""
    from airflow.models.log import Log
    from airflow.utils.session import create_session

    with create_session() as session:
        query = select(Log).where(Log.event.startswith(EVENT_PREFIX)).order_by(Log.id)
        return [
            Entry(
                event=row.event.removeprefix(EVENT_PREFIX),
                owner=str(row.owner),
                dag_id=row.dag_id,
                run_id=row.run_id,
                extra=json.loads(row.extra or ""),
            )
            for row in session.scalars(query)
        ]


def changes_something(operation: Operation) -> bool:
    """Tell whether a user changes something by it; callers of public addresses are no users."""
    return (
        operation.method != "GET"
        and operation.permission not in {"public", "signed-in"}
        and operation.path not in READING_POSTS
    )


def test_every_route_that_changes_something_writes_exactly_one_entry(admin: AsgiClient) -> None:
    operations = list(walk_operations(admin.get("/flowforge/openapi.json").json()))
    assert sum(changes_something(each) for each in operations) > 20
    for operation in operations:
        before = len(entries())
        answer = operation.send(admin)
        written = entries()[before:]
        if changes_something(operation):
            (entry,) = written
            assert entry.event == operation.description["operationId"], operation
            assert entry.owner == "admin"
            assert entry.extra["method"] == operation.method
            # Nothing of that name exists, or the body is empty: the entry says that nothing was changed.
            assert ("refused" in entry.extra) is (answer.status_code >= 400), (operation, entry)
        else:
            assert written == [], operation


def test_no_entry_for_those_who_may_not(client: MakeClient) -> None:
    operations = list(walk_operations(client("admin").get("/flowforge/openapi.json").json()))
    for operation in filter(changes_something, operations):
        operation.send(client("viewer"))
        operation.send(client(None))
    assert entries() == []


def test_all_that_changes_something_can_tell_how_it_went(host: FastAPI) -> None:
    (mount,) = (route for route in host.routes if getattr(route, "path", "") == "/flowforge")
    for route in mount.app.routes:  # type: ignore[attr-defined]
        if isinstance(route, APIRoute) and route.methods - {"GET", "HEAD"}:
            assert isinstance(route, JsonRoute) or permission_of(route) == "public", route.path
            assert permission_of(route) != "signed-in", route.path


def test_the_life_of_a_workflow(admin: AsgiClient) -> None:
    document = make_document(id="orders")
    made = admin.post(f"{API}/workflows", json={"name": "Orders", "graph": document}).json()
    graph = made["graph"]
    headers = {"If-Match": f'"{made["version"]}"'}
    admin.patch(f"{API}/workflows/orders", json={"name": "Our orders", "graph": graph}, headers=headers)
    admin.patch(f"{API}/workflows/orders", json={"name": "Too late"}, headers=headers)
    admin.post(f"{API}/workflows/orders/publish", json={"message": "Ask the new price list"})
    run = admin.post(
        f"{API}/executions", json={"workflow_id": "orders", "payload": {"card": "4111111111111111"}}
    ).json()
    admin.post(f"{API}/executions/{run['id']}/cancel")
    copy = admin.post(f"{API}/workflows/orders/duplicate", json={}).json()
    admin.post(f"{API}/workflows/orders/unpublish")
    admin.delete(f"{API}/workflows/{copy['id']}?force=true")
    found = entries()
    assert [(entry.event, entry.dag_id) for entry in found] == [
        ("create_workflow", "orders"),
        ("update_workflow", "orders"),
        ("update_workflow", "orders"),
        ("publish_workflow", "orders"),
        ("start_execution", "orders"),
        ("cancel_execution", "orders"),
        ("duplicate_workflow", "orders"),
        ("unpublish_workflow", "orders"),
        ("delete_workflow", copy["id"]),
    ]
    create, saved, late, published, started, cancelled, *_, deleted = found
    assert create.extra == {"method": "POST", "name": "Orders", "graph": create.extra["graph"]}
    assert "fields" in create.extra["graph"]
    assert "refused" not in saved.extra
    assert late.extra["refused"] == "stale-version"
    assert published.extra["message"] == "Ask the new price list"
    # What people and senders put in is not for the log.
    assert started.extra["payload"] == "{1 fields}"
    assert f"orders.{started.run_id}" == f"orders.{cancelled.run_id}" == run["id"]
    assert deleted.extra["force"] == "true"


def test_secrets_are_masked(admin: AsgiClient) -> None:
    admin.post(f"{API}/workflows", json={"password": "very-secret", "extra": {"token": "hidden-word"}})
    (entry,) = entries()
    assert entry.extra["password"] == "***"
    assert "hidden-word" not in json.dumps(entry.extra)


def test_long_things_are_cut(admin: AsgiClient) -> None:
    ids = [f"{number:032x}" for number in range(80)]
    admin.post(f"{API}/deliveries/redeliver", json={"ids": ids, "reason": "x" * 1000})
    (entry,) = entries()
    assert entry.extra["ids"] == [*ids[:50], "… 30 more"]
    assert entry.extra["reason"] == "x" * 300 + "…"


def test_no_change_without_an_entry(admin: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no room in the log")

    with monkeypatch.context() as patch:
        patch.setattr("airflow.models.log.Log.__init__", fail)
        assert admin.post(f"{API}/workflows", json={"name": "Orders"}).status_code == 500
    assert admin.get(f"{API}/workflows").json()["total_entries"] == 0
