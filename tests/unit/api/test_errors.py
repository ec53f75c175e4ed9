from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from flowforge_provider import exceptions
from flowforge_provider.api.app import create_app, include_routes
from flowforge_provider.api.errors import STATUS_OF_ERROR, status_of
from flowforge_provider.api.middleware import (
    MAX_BODY_BYTES,
    BodyLimitMiddleware,
    UnforeseenErrorMiddleware,
)
from tests.support.asgi import AsgiClient
from tests.support.routes import assert_problem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from anyio.from_thread import BlockingPortal
    from starlette.types import Receive, Scope, Send

PROBLEM_KEYS = {"type", "title", "status", "detail", "code", "issues", "instance"}


def _subclasses(cls: type[exceptions.FlowForgeError]) -> list[type[exceptions.FlowForgeError]]:
    children: list[type[exceptions.FlowForgeError]] = cls.__subclasses__()
    return [found for child in children for found in (child, *_subclasses(child))]


def test_every_error_of_the_tree_has_a_status_below_500_but_the_root_and_steps() -> None:
    server_faults = {
        cls
        for cls in _subclasses(exceptions.FlowForgeError)
        if cls.__module__ == exceptions.__name__ and status_of(cls.__new__(cls)) >= 500
    }
    assert server_faults == {exceptions.StepError}
    assert STATUS_OF_ERROR[exceptions.StaleVersionError] == 412


def test_unknown_path(admin: AsgiClient) -> None:
    response = admin.get("/flowforge/api/nothing/here")
    assert response.status_code == 404
    assert set(response.json()) == PROBLEM_KEYS
    assert response.json()["instance"] == "/flowforge/api/nothing/here"


def test_wrong_method_names_the_right_ones(admin: AsgiClient) -> None:
    response = admin.delete("/flowforge/api/node-types")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET"
    assert response.json()["code"] == "method-not-allowed"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (exceptions.NotFoundError("gone"), 404, "not-found"),
        (exceptions.StaleVersionError("stale", current_version=7), 412, "stale-version"),
        (exceptions.GraphValidationError([]), 422, "graph-invalid"),
        (OperationalError("SELECT", {}, Exception("database is locked")), 503, "database-unavailable"),
        (OperationalError("SELECT", {}, Exception("no such table: x")), 503, "not-migrated"),
        (InterfaceError("SELECT", {}, Exception("connection already closed")), 503, "database-unavailable"),
        (PoolTimeoutError("QueuePool limit reached"), 503, "database-unavailable"),
        (RuntimeError("secret detail"), 500, "internal-error"),
    ],
)
def test_errors_become_problems(portal: BlockingPortal, error: Exception, status: int, code: str) -> None:
    app = create_app(background=False)
    include_routes(app)

    @app.get("/fail")
    def fail() -> None:
        raise error

    response = AsgiClient(app, portal=portal).get("/fail")
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert "secret detail" not in response.text
    assert ("retry-after" in response.headers) is (code == "database-unavailable")
    if status == 412:
        assert response.json()["current_version"] == 7


def test_an_unforeseen_error_names_its_place_in_the_log(
    portal: BlockingPortal, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("the cause")

    response = AsgiClient(UnforeseenErrorMiddleware(broken), portal=portal).get("/x")
    assert response.status_code == 500
    assert response.json()["error_id"] in caplog.text
    assert "the cause" in caplog.text


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(size).encode()})


async def _chunks() -> AsyncGenerator[bytes, None]:
    for _ in range(4):
        yield b"x" * 5


def test_body_limit(portal: BlockingPortal) -> None:
    client = AsgiClient(BodyLimitMiddleware(_echo, limit=16), portal=portal)
    assert client.post("/", content=b"x" * 16).json() == 16
    declared = client.post("/", content=b"x" * 17)
    assert (declared.status_code, declared.json()["code"]) == (413, "body-too-large")
    assert client.post("/", content=_chunks()).status_code == 413


def test_a_body_that_does_not_declare_its_length_is_refused_as_too_large(admin: AsgiClient) -> None:
    async def large() -> AsyncGenerator[bytes, None]:
        yield b'{"name": "'
        for _ in range(MAX_BODY_BYTES // 2**20 + 1):
            yield b"x" * 2**20

    refused = admin.post(
        "/flowforge/api/workflows", content=large(), headers={"Content-Type": "application/json"}
    )
    assert (refused.status_code, refused.json()["code"]) == (413, "body-too-large")
    assert refused.headers["connection"] == "close"


def test_webhooks_may_be_allowed_larger_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    assert BodyLimitMiddleware(_echo).limit == MAX_BODY_BYTES
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_BODY_BYTES", str(4 * MAX_BODY_BYTES))
    assert BodyLimitMiddleware(_echo).limit == 4 * MAX_BODY_BYTES


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("workflows/%00", 404),
        ("executions/orders.%00", 404),
        ("webhooks/%00", 404),
        ("workflows?search=a%00", 422),
        ("executions?workflow_id=%00", 422),
        ("session?x=%00", 422),
    ],
)
def test_addresses_that_cannot_be_looked_up(admin: AsgiClient, path: str, status: int) -> None:
    # PostgreSQL's driver raises a ValueError for them; SQLite finds nothing.
    method = "POST" if path.startswith("webhooks") else "GET"
    refused = admin.request(method, f"/flowforge/api/{path}")
    assert_problem(refused, status=status)
    assert refused.json()["code"] == ("not-found" if status == 404 else "request-invalid")


def test_a_fault_at_the_start_leaves_the_host_alone(portal: BlockingPortal) -> None:
    app = create_app(router_modules=["flowforge_provider.api.routes.no_such_module"])

    async def start_and_ask() -> None:
        async with app.router.lifespan_context(app):
            pass

    portal.call(start_and_ask)
    response = AsgiClient(app, portal=portal).get("/api/workflows")
    assert (response.status_code, response.json()["code"]) == (503, "not-started")
