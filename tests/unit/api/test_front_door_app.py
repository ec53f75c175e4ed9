from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.routing import APIRoute
from sqlalchemy import select

from flowforge_provider.api.app import ROUTER_MODULES, create_app, include_routes
from flowforge_provider.api.front_door_app import FRONT_DOOR_MODULES, create_front_door_app
from flowforge_provider.api.security import public
from flowforge_provider.inbox.service import running_inbox
from flowforge_provider.store.tables import DeliveryRow
from tests.support.asgi import AsgiClient
from tests.support.front_door import (
    TOKEN_HEADERS,
    open_front_door,
    publish_graph,
    set_token,
    wait_until,
)

if TYPE_CHECKING:
    import pytest
    from anyio.from_thread import BlockingPortal

URL = "/flowforge/api/webhooks/orders"


def test_its_routes_are_public_and_the_api_servers_too() -> None:
    assert set(FRONT_DOOR_MODULES) <= set(ROUTER_MODULES)
    app = create_app(background=False, router_modules=FRONT_DOOR_MODULES)
    include_routes(app)
    for route in app.routes:
        if isinstance(route, APIRoute):
            assert public in {each.call for each in route.dependant.dependencies}, route.path


def test_it_is_open_while_its_inbox_runs(portal: BlockingPortal, database: None) -> None:
    app = create_front_door_app()
    client = AsgiClient(app, portal=portal)
    assert client.get("/health").status_code == 503

    async def start() -> Any:
        context = app.router.lifespan_context(app)
        await context.__aenter__()
        return context

    with open_front_door():
        set_token()
        publish_graph()
    context = portal.call(start)
    try:
        assert client.get("/health").json() == {"status": "open"}
        assert client.post(URL, json={}, headers=TOKEN_HEADERS).status_code == 202
        assert client.get("/flowforge/api/workflows").status_code == 404
    finally:
        portal.call(context.__aexit__, None, None, None)
    assert client.post(URL, json={}, headers=TOKEN_HEADERS).json()["code"] == "inbox-closed"


def test_it_lives_under_the_path_that_airflow_has(
    portal: BlockingPortal, database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://example.com/airflow")
    app = create_front_door_app()
    flowforge = app.routes[-1].app  # type: ignore[attr-defined]
    include_routes(flowforge)
    with open_front_door():
        set_token()
        publish_graph()
        client = AsgiClient(app, portal=portal)
        answer = client.post(f"/airflow{URL}", json={}, headers=TOKEN_HEADERS)
    assert answer.status_code == 202
    assert answer.headers["location"].startswith("/airflow/flowforge/api/executions/orders.webhook__")


def test_an_api_server_can_leave_the_runs_to_other_processes(
    client: Any, portal: BlockingPortal, database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowforge_provider import settings
    from flowforge_provider.runs.database import get_database

    monkeypatch.setenv("AIRFLOW__FLOWFORGE__DISPATCH_IN_API_SERVER", "False")
    assert not settings.dispatch_in_api_server()

    def states() -> list[tuple[str, bool]]:
        with get_database().session("read") as session:
            rows = session.scalars(select(DeliveryRow)).all()
            return [(row.state, row.claimed_until is not None) for row in rows]

    with open_front_door():
        set_token()
        publish_graph()
    with running_inbox(dispatch=False) as inbox:
        assert client(None).post(URL, json={}, headers=TOKEN_HEADERS).status_code == 202
        assert not inbox.dispatcher._thread.is_alive()
        # Nobody holds it, so any dispatcher takes it at once.
        assert states() == [("pending", False)]
    with running_inbox():
        wait_until(lambda: states() == [("dispatched", False)])
