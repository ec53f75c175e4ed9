"""Bodies at the front door: files, schemas, limits, and pages of other sites."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_graph
from tests.support.front_door import (
    TOKEN_HEADERS,
    make_webhook,
    open_front_door,
    publish_graph,
    set_token,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowforge_provider.inbox.service import Inbox
    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/webhooks/orders"
SHOP = {"Origin": "https://shop.example.com"}


@pytest.fixture
def inbox(database: None) -> Iterator[Inbox]:
    set_token()
    with open_front_door() as value:
        yield value


@pytest.fixture
def stranger(client: Callable[[str | None], AsgiClient]) -> AsgiClient:
    return client(None)


def publish(**parameters: Any) -> None:
    publish_graph(make_graph(make_webhook(**parameters)))


def read(admin: AsgiClient, answer: Any) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    url = f"/flowforge/api/deliveries/{answer.json()['delivery_id']}"

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = admin.get(url).json()
        return found if found["state"] == "dispatched" else None

    delivery: dict[str, Any] = wait_until(look)
    return delivery


def test_files_of_a_form_are_stored_and_can_be_downloaded(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient
) -> None:
    publish()
    answer = stranger.post(
        URL,
        data={"title": "ё"},
        files={"scan": ("Счёт.pdf", b"%PDF\x00", "application/pdf")},
        headers=TOKEN_HEADERS,
    )
    body = read(admin, answer)["body"]
    assert body["title"] == "ё"
    assert {name: body["scan"][name] for name in ("filename", "content_type", "size")} == {
        "filename": "Счёт.pdf",
        "content_type": "application/pdf",
        "size": 5,
    }
    assert admin.get(f"/flowforge/api/files/{body['scan']['file_id']}").content == b"%PDF\x00"
    execution = admin.get(f"/flowforge/api/executions/{answer.json()['execution_id']}").json()
    assert execution["trigger"]["body"] == body


def test_a_compressed_form_arrives(inbox: Inbox, stranger: AsgiClient, admin: AsgiClient) -> None:
    publish()
    answer = stranger.post(
        URL,
        content=gzip.compress(b"a=1&a=2"),
        headers={
            **TOKEN_HEADERS,
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Encoding": "gzip",
        },
    )
    assert read(admin, answer)["body"] == {"a": ["1", "2"]}


def test_a_webhook_may_take_less_than_the_installation(inbox: Inbox, stranger: AsgiClient) -> None:
    publish(max_body_bytes=10)
    assert stranger.post(URL, content=b'"12345678"', headers=TOKEN_HEADERS).status_code == 202
    answer = stranger.post(URL, content=b'"123456789"', headers=TOKEN_HEADERS)
    assert answer.status_code == 413
    assert "10 bytes" in answer.json()["detail"]
    # Whose limit it is, too: the installation's would help nobody here.
    assert "Largest body" in answer.json()["detail"]
    assert "max_body_bytes" not in answer.json()["detail"]
    publish(max_body_bytes=2_000_000)
    answer = stranger.post(URL, content=b"1" * 1_048_577, headers=TOKEN_HEADERS)
    assert "[flowforge] max_body_bytes" in answer.json()["detail"]
    publish(max_body_bytes=10)
    assert stranger.post(URL, content=b"1", headers=TOKEN_HEADERS).status_code == 202
    bomb = {**TOKEN_HEADERS, "Content-Encoding": "gzip"}
    assert stranger.post(URL, content=gzip.compress(b"1" * 11)[:10], headers=bomb).status_code == 422


def test_a_body_that_does_not_match_is_refused_with_every_fault(inbox: Inbox, stranger: AsgiClient) -> None:
    publish(
        body_schema={
            "type": "object",
            "required": ["id"],
            "properties": {
                "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
                "code": {"type": "string", "pattern": "^(a+)+$"},
            },
            "$defs": {"item": {"properties": {"quantity": {"type": "integer", "minimum": 1}}}},
        }
    )
    good = {"id": 7, "items": [{"quantity": 1}], "code": "aaa"}
    assert stranger.post(URL, json=good, headers=TOKEN_HEADERS).status_code == 202
    bad = {"items": [{"quantity": 0}, {"quantity": "2"}], "code": "a" * 60 + "!"}
    answer = stranger.post(URL, json=bad, headers=TOKEN_HEADERS)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "schema-mismatch"
    assert {issue["field"] for issue in problem["issues"]} == {
        "",
        "/items/0/quantity",
        "/items/1/quantity",
        "/code",
    }
    # A long list of wrong values costs no more than a short one.
    many = stranger.post(URL, json={"id": 1, "items": [{"quantity": 0}] * 60_000}, headers=TOKEN_HEADERS)
    assert many.status_code == 422
    assert len(many.json()["issues"]) == 1


def test_a_body_that_grows_is_as_large_as_what_it_becomes(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient
) -> None:
    publish(body_schema={"items": {"type": "integer"}})
    headers = {**TOKEN_HEADERS, "Content-Encoding": "gzip", "Content-Type": "application/json"}
    many = stranger.post(URL, content=gzip.compress(b"[" + b'"",' * 100_000 + b'""]'), headers=headers)
    assert many.status_code == 422
    assert len(many.json()["issues"]) == 1
    answer = stranger.post(URL, content=gzip.compress(b"[" + b"1," * 50_000 + b"1]"), headers=headers)
    assert read(admin, answer)["size"] == 100_003


def test_a_short_body_cannot_have_a_million_faults(inbox: Inbox, stranger: AsgiClient) -> None:
    publish(body_schema={"items": {"required": [f"name{number}" for number in range(50)]}})
    many = stranger.post(URL, content=b"[" + b"{}," * 20_000 + b"{}]", headers=TOKEN_HEADERS)
    assert many.status_code == 422
    assert len(many.json()["issues"]) == 1
    few = stranger.post(URL, json=[{}], headers=TOKEN_HEADERS)
    assert len(few.json()["issues"]) == 50


def test_pages_of_allowed_sites_may_call(inbox: Inbox, stranger: AsgiClient) -> None:
    publish(allowed_origins=["https://shop.example.com"], methods=["POST", "PUT"])
    asked = stranger.request(
        "OPTIONS",
        URL,
        headers={
            **SHOP,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-flowforge-token",
        },
    )
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "https://shop.example.com"
    assert asked.headers["access-control-allow-methods"] == "POST, PUT"
    assert asked.headers["access-control-allow-headers"] == "content-type,x-flowforge-token"
    for answer in (
        stranger.post(URL, json={}, headers={**TOKEN_HEADERS, **SHOP}),
        stranger.post(URL, json={}, headers=SHOP),
        stranger.post(URL, content=b"{", headers={**TOKEN_HEADERS, **SHOP}),
        stranger.post(URL, content=b"x" * 1_048_577, headers={**TOKEN_HEADERS, **SHOP}),
    ):
        assert answer.headers["access-control-allow-origin"] == "https://shop.example.com", answer.status_code
        assert answer.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in answer.headers


def test_pages_of_other_sites_may_not(inbox: Inbox, stranger: AsgiClient) -> None:
    publish(allowed_origins=["https://shop.example.com"])
    for origin in ("https://shop.example.com.evil.com", "http://shop.example.com", "null"):
        asked = stranger.request(
            "OPTIONS", URL, headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
        )
        assert asked.status_code == 204
        assert "access-control-allow-origin" not in asked.headers
        answer = stranger.post(URL, json={}, headers={**TOKEN_HEADERS, "Origin": origin})
        assert answer.status_code == 202
        assert "access-control-allow-origin" not in answer.headers
    asked = stranger.request("OPTIONS", URL, headers={**SHOP, "Access-Control-Request-Method": "DELETE"})
    assert asked.status_code == 405
    unknown = stranger.request(
        "OPTIONS", f"{URL}-x", headers={**SHOP, "Access-Control-Request-Method": "POST"}
    )
    assert unknown.status_code == 404


def test_every_site_or_none(inbox: Inbox, stranger: AsgiClient) -> None:
    publish()
    answer = stranger.post(URL, json={}, headers={**TOKEN_HEADERS, **SHOP})
    assert not {name for name in answer.headers if name.startswith("access-control")}
    publish(allowed_origins=["*"])
    assert (
        stranger.post(URL, json={}, headers={**TOKEN_HEADERS, **SHOP}).headers["access-control-allow-origin"]
        == "*"
    )
