from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.inbox import service
from tests.factories import make_graph, make_trigger
from tests.support.front_door import (
    TOKEN,
    TOKEN_HEADERS,
    make_webhook,
    open_front_door,
    publish_graph,
    set_token,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from anyio.from_thread import BlockingPortal
    from fastapi import FastAPI

    from flowforge_provider.inbox.service import Inbox
    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/webhooks/orders"


@pytest.fixture
def inbox(database: None) -> Iterator[Inbox]:
    set_token()
    with open_front_door() as value:
        yield value


@pytest.fixture
def stranger(client: Callable[[str | None], AsgiClient]) -> AsgiClient:
    return client(None)


def _finished(admin: AsgiClient, delivery_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = admin.get(f"/flowforge/api/deliveries/{delivery_id}").json()
        return found if found["state"] != "pending" else None

    delivery: dict[str, Any] = wait_until(look)
    return delivery


def test_a_delivery_becomes_a_run_with_what_was_sent(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient
) -> None:
    publish_graph()
    answer = stranger.post(
        f"{URL}?shop=1&tag=a&tag=b",
        json={"id": 7, "password": "pw"},
        headers={**TOKEN_HEADERS, "X-Source": "till", "Authorization": "Bearer x"},
    )
    assert answer.status_code == 202
    accepted = answer.json()
    assert accepted["execution_id"] == f"orders.webhook__{accepted['delivery_id']}"
    assert answer.headers["location"] == f"/flowforge/api/executions/{accepted['execution_id']}"

    delivery = _finished(admin, accepted["delivery_id"])
    assert delivery["state"] == "dispatched"
    assert delivery["attempts"] == 1
    execution = admin.get(f"/flowforge/api/executions/{accepted['execution_id']}").json()
    assert execution["state"] == "queued"
    assert execution["revision"] == 1
    trigger = execution["trigger"]
    assert trigger["type"] == "webhook"
    assert trigger["id"] == "hook"
    assert trigger["method"] == "POST"
    assert trigger["query"] == {"shop": "1", "tag": ["a", "b"]}
    assert trigger["headers"]["x-source"] == "till"
    assert trigger["body"] == {"id": 7, "password": "***"}


def test_no_secret_of_a_header_is_stored(inbox: Inbox, stranger: AsgiClient, admin: AsgiClient) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    from flowforge_provider.store.tables import DeliveryRow

    publish_graph()
    headers = {**TOKEN_HEADERS, "Authorization": "Bearer sesame", "Cookie": "_token=sesame"}
    accepted = stranger.post(URL, json={}, headers=headers).json()
    _finished(admin, accepted["delivery_id"])
    with create_session() as session:
        stored = json.dumps(
            [session.scalar(select(DagRun.conf)), session.scalar(select(DeliveryRow.headers))]
        )
    assert "sesame" not in stored
    assert TOKEN not in stored


@pytest.mark.parametrize("headers", [{}, {"X-FlowForge-Token": ""}, {"X-FlowForge-Token": TOKEN + "x"}])
def test_a_wrong_token_is_refused(inbox: Inbox, stranger: AsgiClient, headers: dict[str, str]) -> None:
    publish_graph()
    answer = stranger.post(URL, json={}, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "webhook-token-wrong"
    assert "www-authenticate" in answer.headers


@pytest.mark.parametrize("given", ["x", TOKEN[:-1] + "?", TOKEN])
def test_tokens_are_compared_in_constant_time(
    inbox: Inbox, stranger: AsgiClient, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    # An ordinary comparison ends at the first difference, and the time that it took tells where that is.
    publish_graph()
    compared = []

    def compare(left: bytes, right: bytes) -> bool:
        compared.append({left, right})
        return real(left, right)

    real = hmac.compare_digest
    monkeypatch.setattr("flowforge_provider.inbox.authentication.header_token.hmac.compare_digest", compare)
    answer = stranger.post(URL, json={}, headers={"X-FlowForge-Token": given})

    assert answer.status_code == (202 if given == TOKEN else 401)
    assert {given.encode(), TOKEN.encode()} in compared


def test_the_published_node_decides_and_not_the_draft(inbox: Inbox, stranger: AsgiClient) -> None:
    from airflow.utils.session import create_session

    from flowforge_provider.store.workflows import update_draft

    publish_graph()
    open_graph = make_graph(make_webhook(authentication="none"))
    with create_session() as session:
        update_draft(workflow_id="orders", graph=open_graph, expected_version=1, user="me", session=session)
    assert stranger.post(URL, json={}).status_code == 401
    publish_graph(open_graph)
    assert stranger.post(URL, json={}).status_code == 202


def test_a_new_publication_counts_at_once(inbox: Inbox, stranger: AsgiClient) -> None:
    publish_graph(make_graph(make_webhook(authentication="none")))
    assert stranger.post(URL, json={}).status_code == 202
    publish_graph(make_graph(make_webhook(header_name="X-Other")))
    assert stranger.post(URL, json={}).status_code == 401
    assert stranger.post(URL, json={}, headers=TOKEN_HEADERS).status_code == 401
    assert stranger.post(URL, json={}, headers={"x-other": TOKEN}).status_code == 202


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"body_schema": {"required": ["id"]}}, {}),
        ({"max_body_bytes": 5}, {"max_body_bytes": 50}),
        ({"max_body_bytes": 5}, {}),
        (
            {"filter": {"mode": "expression", "expression": "{{ trigger.body.total > 3 }}"}},
            {"filter": {"mode": "expression", "expression": "{{ trigger.body.number > 3 }}"}},
        ),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_what_was_refused_passes_as_soon_as_the_publication_is_mended(
    inbox: Inbox, stranger: AsgiClient, before: dict[str, Any], after: dict[str, Any], chunked: bool
) -> None:
    async def chunks() -> Any:
        yield body

    body = b'{"number": 7}'
    headers = {**TOKEN_HEADERS, "Content-Type": "application/json"}
    publish_graph(make_graph(make_webhook(**before)))
    refused = stranger.post(URL, content=chunks() if chunked else body, headers=headers)
    assert refused.status_code in {413, 422}
    publish_graph(make_graph(make_webhook(**after)))
    answer = stranger.post(URL, content=chunks() if chunked else body, headers=headers)
    assert answer.status_code == 202, answer.text


def test_a_page_is_allowed_as_soon_as_the_publication_says_so(inbox: Inbox, stranger: AsgiClient) -> None:
    asked = {"Origin": "https://shop.example.com", "Access-Control-Request-Method": "POST"}
    publish_graph(make_graph(make_webhook()))
    assert "access-control-allow-origin" not in stranger.request("OPTIONS", URL, headers=asked).headers
    publish_graph(make_graph(make_webhook(allowed_origins=["https://shop.example.com"])))
    answer = stranger.request("OPTIONS", URL, headers=asked)
    assert answer.headers.get("access-control-allow-origin") == "https://shop.example.com"


def test_a_new_token_counts_at_once(inbox: Inbox, stranger: AsgiClient) -> None:
    publish_graph()
    assert stranger.post(URL, json={}, headers=TOKEN_HEADERS).status_code == 202
    set_token("another")
    assert stranger.post(URL, json={}, headers={"X-FlowForge-Token": "another"}).status_code == 202


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_to_compare_with_nobody_gets_in(
    inbox: Inbox, stranger: AsgiClient, token: str | None
) -> None:
    set_token(token)
    publish_graph()
    answer = stranger.post(URL, json={}, headers={"X-FlowForge-Token": "anything"})
    assert answer.status_code == 503
    assert answer.json()["code"] == "webhook-token-unavailable"
    assert "test_webhook_token" not in answer.text


def test_unknown_unpublished_and_other_workflows_look_the_same(inbox: Inbox, stranger: AsgiClient) -> None:
    from flowforge_provider.publishing import unpublish

    publish_graph()
    publish_graph(make_graph(make_trigger(), id="manual-one", name="Manual one"))
    assert stranger.post(URL, json={}, headers=TOKEN_HEADERS).status_code == 202
    unpublish(workflow_id="orders", user="me")
    told = set()
    for name in ("orders", "manual-one", "nothing", "..%2f..", "x" * 500):
        answer = stranger.post(f"/flowforge/api/webhooks/{name}", json={}, headers=TOKEN_HEADERS)
        assert answer.status_code == 404, name
        place, _, hint = answer.json()["detail"].partition(". ")
        told.add((hint, "allow" in answer.headers))
        assert place.startswith("No published workflow has a webhook at "), name
    assert answer.json()["code"] == "webhook-not-found"
    # One hint for all of them: whoever owns the workflow can act on it, a stranger learns nothing.
    ((hint, names_methods),) = told
    assert "must be published" in hint
    assert "the address" in hint
    assert not names_methods


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b"{", "application/json", 422, "invalid-json"),
        (b'"\\u0000"', "application/json", 422, "invalid-payload"),
        (b"a=1", "text/plain; charset=rot13", 415, "unsupported-charset"),
        (b"<a>", "application/xml", 422, "invalid-body"),
        (b"x" * 1_048_577, "application/json", 413, "body-too-large"),
    ],
)
def test_hostile_bodies(
    *, inbox: Inbox, stranger: AsgiClient, content: bytes, content_type: str, status: int, code: str
) -> None:
    publish_graph()
    answer = stranger.post(URL, content=content, headers={**TOKEN_HEADERS, "Content-Type": content_type})
    assert answer.status_code == status
    assert answer.json()["code"] == code


def test_a_body_without_a_length_is_measured_while_it_comes(inbox: Inbox, stranger: AsgiClient) -> None:
    publish_graph()

    async def endless() -> Any:
        for _ in range(200):
            yield b" " * 10_000

    answer = stranger.post(
        URL, content=endless(), headers={**TOKEN_HEADERS, "Content-Type": "application/json"}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("content", "body"),
    [(b"", None), (b"[1, 2]", [1, 2]), (b'"text"', "text"), (b'{"big": "' + b"x" * 900_000 + b'"}', ...)],
)
def test_any_json_is_a_body(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient, content: bytes, body: Any
) -> None:
    from airflow.utils.session import create_session

    from flowforge_provider.store.tables import DeliveryRow

    publish_graph()
    answer = stranger.post(
        URL, content=content, headers={**TOKEN_HEADERS, "Content-Type": "application/vnd.shop+json"}
    )
    assert answer.status_code == 202
    found = _finished(admin, answer.json()["delivery_id"])
    assert found["state"] == "dispatched"
    # The list of deliveries shows the beginning of a large body; what is stored is all of it.
    with create_session() as session:
        stored = session.get_one(DeliveryRow, found["id"]).body
    assert stored == (json.loads(content) if body is ... else body)


def test_an_idempotency_key_makes_a_repeated_delivery_the_same_one(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient
) -> None:
    publish_graph()
    headers = {**TOKEN_HEADERS, "Idempotency-Key": "order-7"}
    first = stranger.post(URL, json={"id": 7}, headers=headers)
    again = stranger.post(URL, json={"id": 7}, headers=headers)
    other = stranger.post(URL, json={"id": 7}, headers={**headers, "Idempotency-Key": "order-8"})
    assert (first.status_code, again.status_code, other.status_code) == (202, 200, 202)
    assert again.json() == {**first.json(), "duplicate": True}
    assert other.json() != first.json()
    assert admin.get("/flowforge/api/deliveries").json()["total_entries"] == 2


def test_beyond_the_limit_senders_are_told_to_come_back(inbox: Inbox, stranger: AsgiClient) -> None:
    publish_graph()
    inbox.admission.at_once = 0
    answer = stranger.post(URL, json={}, headers=TOKEN_HEADERS)
    assert answer.status_code == 503
    assert answer.json()["code"] == "overloaded"
    assert int(answer.headers["retry-after"]) > 0


def test_a_process_that_stops_takes_nothing_in(database: None, stranger: AsgiClient) -> None:
    assert service._inbox is None
    answer = stranger.post(URL, json={}, headers=TOKEN_HEADERS)
    assert answer.status_code == 503
    assert answer.json()["code"] == "inbox-closed"


def test_an_accepted_delivery_can_be_read_before_its_run_exists(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_graph()
    monkeypatch.setattr(inbox.dispatcher, "_dispatch", lambda _: None)
    accepted = stranger.post(URL, json={"id": 7}, headers=TOKEN_HEADERS).json()
    execution = admin.get(f"/flowforge/api/executions/{accepted['execution_id']}").json()
    assert execution["state"] == "queued"
    assert execution["trigger"]["body"] == {"id": 7}
    assert [step["state"] for step in execution["steps"]] == ["none"]


def test_a_deleted_run_does_not_look_as_if_it_waited(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient
) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    publish_graph()
    accepted = stranger.post(URL, json={}, headers=TOKEN_HEADERS).json()
    _finished(admin, accepted["delivery_id"])
    with create_session() as session:
        session.execute(delete(DagRun))
    answer = admin.get(f"/flowforge/api/executions/{accepted['execution_id']}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "execution-not-found"


def test_deliveries_are_for_those_who_may_read(
    inbox: Inbox, stranger: AsgiClient, client: Callable[[str | None], AsgiClient]
) -> None:
    publish_graph()
    accepted = stranger.post(URL, json={"api_key": "k"}, headers=TOKEN_HEADERS).json()
    path = f"/flowforge/api/deliveries/{accepted['delivery_id']}"
    assert stranger.get(path).status_code == 401
    assert stranger.get("/flowforge/api/deliveries").status_code == 401
    viewer = client("viewer")
    assert viewer.get(path).json()["body"] == {"api_key": "***"}
    assert viewer.get("/flowforge/api/deliveries?workflowId=nothing").json()["total_entries"] == 0
    assert viewer.get("/flowforge/api/deliveries?workflow_id=orders").json()["total_entries"] == 1
    assert viewer.get("/flowforge/api/deliveries/nothing").status_code == 404


def test_a_sender_that_goes_away_is_no_fault_of_ours(
    inbox: Inbox, host: FastAPI, portal: BlockingPortal, caplog: pytest.LogCaptureFixture
) -> None:
    publish_graph()
    incoming: list[dict[str, Any]] = [
        {"type": "http.request", "body": b'{"id"', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": URL,
        "raw_path": URL.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in TOKEN_HEADERS.items()],
        "server": ("testserver", 80),
    }
    portal.call(host, scope, receive, send)
    assert sent[0]["status"] == 400
    assert "Unforeseen" not in caplog.text


def test_the_node_names_methods_and_path(inbox: Inbox, stranger: AsgiClient) -> None:
    publish_graph(make_graph(make_webhook(methods=["PUT", "GET"], path="new/one")))
    there = f"{URL}/new/one"
    accepted = stranger.put(there, json={"id": 7}, headers=TOKEN_HEADERS)
    assert accepted.status_code == 202
    assert stranger.get(f"{there}/?id=7", headers=TOKEN_HEADERS).status_code == 202

    refused = stranger.post(there, json={}, headers=TOKEN_HEADERS)
    assert (refused.status_code, refused.json()["code"]) == (405, "webhook-method-not-allowed")
    assert refused.headers["allow"] == "GET, PUT"
    for elsewhere in (URL, f"{URL}/new", f"{there}/more"):
        assert stranger.put(elsewhere, json={}, headers=TOKEN_HEADERS).status_code == 404
