"""Webhooks take a short way through the host; nobody outside can tell it from the long one."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI

from flowforge_provider.api.front_door import HostMiddleware, ShortWay
from tests.factories import make_graph
from tests.support.asgi import AsgiClient
from tests.support.front_door import (
    TOKEN_HEADERS,
    make_webhook,
    open_front_door,
    publish_graph,
    set_token,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from anyio.from_thread import BlockingPortal
    from starlette.types import Receive, Scope, Send

URL = "/flowforge/api/webhooks"
JSON = {**TOKEN_HEADERS, "Content-Type": "application/json"}
ASKING = {"Origin": "https://shop.example.com", "Access-Control-Request-Method": "POST"}
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", f"{URL}/orders", {"headers": JSON, "content": b'{"id": 7}'}),
    ("POST", f"{URL}/orders?shop=1&shop=2", {"headers": JSON, "content": b"[]"}),
    ("POST", f"{URL}/orders/", {"headers": JSON, "content": b"{}"}),
    ("POST", f"{URL}/orders/nowhere/else", {"headers": JSON, "content": b"{}"}),
    ("POST", f"{URL}/orders", {"headers": {"X-FlowForge-Token": "wrong"}, "content": b"{}"}),
    ("POST", f"{URL}/orders", {"headers": JSON, "content": b'{"id": '}),
    ("POST", f"{URL}/orders", {"headers": JSON, "content": b"1" * 1_100_000}),
    ("POST", f"{URL}/orders", {"headers": {**JSON, "Content-Encoding": "gzip"}, "content": b"{}"}),
    ("POST", f"{URL}/%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7", {"headers": JSON, "content": b"{}"}),
    ("POST", f"{URL}/orders%00", {"headers": JSON, "content": b"{}"}),
    ("POST", f"{URL}/orders?x=%00", {"headers": JSON, "content": b"{}"}),
    ("POST", f"{URL}//orders", {"headers": JSON, "content": b"{}"}),
    ("POST", f"{URL}/", {"headers": JSON, "content": b"{}"}),
    ("GET", f"{URL}/orders", {"headers": TOKEN_HEADERS}),
    ("DELETE", f"{URL}/nothing", {}),
    ("TRACE", f"{URL}/orders", {}),
    ("OPTIONS", f"{URL}/orders", {"headers": ASKING}),
    ("OPTIONS", f"{URL}/nothing", {"headers": ASKING}),
    ("OPTIONS", f"{URL}-test/orders", {"headers": ASKING}),
    ("POST", f"{URL}-test/orders", {"headers": JSON, "content": b"{}"}),
    ("POST", f"{URL}-test/", {"headers": JSON, "content": b"{}"}),
    ("POST", "/elsewhere/flowforge/api/webhooks/orders", {"headers": JSON, "content": b"{}"}),
]


@pytest.fixture
def inbox(database: None) -> Iterator[None]:
    set_token()
    with open_front_door():
        publish_graph(make_graph(make_webhook(), id="orders"))
        yield


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]}")
def test_both_ways_give_the_same_answer(
    call: tuple[str, str, dict[str, Any]], host: FastAPI, portal: BlockingPortal, inbox: None
) -> None:
    method, url, options = call
    flowforge = host.routes[-1].app  # type: ignore[attr-defined]
    taken: list[str] = []

    async def long_way(scope: Scope, receive: Receive, send: Send) -> None:
        taken.append(scope["path"])
        await host(scope, receive, send)

    long = AsgiClient(host, portal=portal).request(method, url, **options)
    short = AsgiClient(ShortWay(long_way, flowforge=flowforge), portal=portal).request(method, url, **options)
    assert short.status_code == long.status_code
    assert short.headers.keys() == long.headers.keys()
    if long.status_code == 202:
        assert short.json().keys() == long.json().keys()
        assert short.headers["location"].rpartition("__")[0] == long.headers["location"].rpartition("__")[0]
    else:
        assert short.text == long.text
    is_webhook = re.match(f"{URL}(-test)?/[^/]", url) is not None
    assert (not taken) == (is_webhook and method != "TRACE")


def test_the_host_is_left_aside_for_webhooks_only(host: FastAPI, portal: BlockingPortal, inbox: None) -> None:
    flowforge = host.routes[-1].app  # type: ignore[attr-defined]
    passed: list[str] = []

    class Costly:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                passed.append(scope["path"])
            await self.app(scope, receive, send)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield

    other = FastAPI(lifespan=lifespan)
    other.mount("/flowforge", flowforge)
    # In the host's order: plugins first, so that its own middleware is around ours.
    other.add_middleware(HostMiddleware, flowforge=flowforge)
    other.add_middleware(Costly)
    client = AsgiClient(other, portal=portal)
    assert client.post(f"{URL}/orders", json={}, headers=TOKEN_HEADERS).status_code == 202
    assert passed == [f"{URL}/orders"]
    portal.call(_start, other)
    assert client.post(f"{URL}/orders", json={}, headers=TOKEN_HEADERS).status_code == 202
    assert client.get("/flowforge/api/health").status_code in (200, 503)
    assert passed == [f"{URL}/orders", "/flowforge/api/health"]


async def _start(app: FastAPI) -> None:
    """Start an app and stop it, as a server does."""
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[str] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_host_of_another_build_takes_the_long_way(
    host: FastAPI, portal: BlockingPortal, inbox: None
) -> None:
    flowforge = host.routes[-1].app  # type: ignore[attr-defined]

    async def without_app(scope: Scope, receive: Receive, send: Send) -> None:
        await HostMiddleware(host, flowforge=flowforge)({**scope}, receive, send)

    answer = AsgiClient(without_app, portal=portal).post(f"{URL}/orders", json={}, headers=TOKEN_HEADERS)
    assert answer.status_code == 202
