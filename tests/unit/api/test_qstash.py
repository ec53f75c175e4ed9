"""The address for QStash, with tokens made by hand; QStash's own library has to find them good too."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_graph, make_node
from tests.support.front_door import make_webhook, open_front_door, publish_graph, set_token
from tests.support.senders import SENDERS, Signed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from flowforge_provider.inbox.service import Inbox
    from tests.support.asgi import AsgiClient

PATH = "/flowforge/api/qstash/webhook"
ADDRESS = f"http://testserver{PATH}"
CURRENT = "sig_current_5PtYmMCe2ABbDAFHxNKKeiqBY5wB"
NEXT = "sig_next_7jzCaWKMhtWCvGW5EhyM6zKPXqmA"


@pytest.fixture
def inbox(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    monkeypatch.setenv("QSTASH_CURRENT_SIGNING_KEY", CURRENT)
    monkeypatch.setenv("QSTASH_NEXT_SIGNING_KEY", NEXT)
    set_token()
    with open_front_door() as value:
        yield value


@pytest.fixture
def stranger(client: Callable[[str | None], AsgiClient]) -> AsgiClient:
    return client(None)


def _sign(
    body: bytes, *, key: str = CURRENT, url: str = ADDRESS, message: str = "msg_1", at: int | None = None
) -> dict[str, str]:
    signed = Signed(key, body=body, url=url, at=int(time.time()) if at is None else at)
    return {
        **SENDERS["qstash"].sign(signed),
        "Upstash-Message-Id": message,
        "Content-Type": "application/json",
    }


def _send(client: AsgiClient, content: Any, *, query: str = "", **options: Any) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    url = f"{ADDRESS}?{query}" if query else ADDRESS
    return client.post(url, content=body, headers=_sign(body, **{"url": url, **options}))


def _trigger(admin: AsgiClient, answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = admin.get(f"/flowforge/api/deliveries/{answer.json()['delivery_id']}").json()
    return found


def _publish(*nodes: Any) -> str:
    return publish_graph(make_graph(*nodes))


def test_qstash_itself_finds_these_tokens_good() -> None:
    from qstash import Receiver

    body = b'{"workflowId": "orders"}'
    for key in (CURRENT, NEXT):
        signature = _sign(body, key=key)["Upstash-Signature"]
        Receiver(CURRENT, NEXT).verify(signature=signature, body=body.decode(), url=ADDRESS)


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        (make_node("every_day", "cron", parameters={"expression": "0 9 * * *"}), "cron"),
        (make_node("by_hand", "manual"), "manual"),
        (make_webhook("hook", authentication="qstash"), "webhook"),
    ],
)
def test_a_message_starts_the_workflow_that_it_names(
    *, inbox: Inbox, stranger: AsgiClient, admin: AsgiClient, node: Any, kind: str
) -> None:
    _publish(node)
    answer = _send(stranger, {"workflowId": "orders", "payload": {"id": 7}})
    assert answer.status_code == 202, answer.text
    accepted = answer.json()
    assert accepted["execution_id"] == f"orders.webhook__{accepted['delivery_id']}"
    delivery = _trigger(admin, answer)
    assert delivery["body"] == {"id": 7}
    assert delivery["node_id"] == node.id
    execution = admin.get(f"/flowforge/api/executions/{accepted['execution_id']}").json()
    assert execution["trigger"]["type"] == kind
    assert execution["trigger"]["headers"]["upstash-message-id"] == "msg_1"
    assert execution["trigger"]["headers"]["upstash-signature"] == "***"


@pytest.mark.parametrize(
    ("content", "query", "body"),
    [
        ({"workflow_id": "orders", "data": [1, 2]}, "", [1, 2]),
        ({"workflowId": "orders", "id": 7}, "", {"id": 7}),
        ({"workflowId": "orders", "payload": None, "data": 1}, "", None),
        ({"id": 7}, "workflowId=orders", {"id": 7}),
        (b"", "workflow_id=orders", None),
        ({"workflowId": "orders", "payload": 1}, "workflowId=orders", 1),
    ],
)
def test_where_the_workflow_is_named(
    *, inbox: Inbox, stranger: AsgiClient, admin: AsgiClient, content: Any, query: str, body: Any
) -> None:
    _publish(make_node("by_hand", "manual"))
    answer = _send(stranger, content, query=query)
    assert answer.status_code == 202, answer.text
    delivery = _trigger(admin, answer)
    assert delivery["body"] == body
    assert delivery["query"] == {}


@pytest.mark.parametrize(
    ("content", "query"),
    [
        ({}, ""),
        ([1], ""),
        (b"", ""),
        ({"workflowId": 7}, ""),
        ({"workflowId": "orders"}, "workflowId=other"),
        ({}, "workflowId=orders&workflowId=orders"),
        (b"{", ""),
    ],
)
def test_a_message_that_names_no_workflow_is_refused(
    inbox: Inbox, stranger: AsgiClient, content: Any, query: str
) -> None:
    answer = _send(stranger, content, query=query)
    assert answer.status_code == 422
    assert answer.json()["code"] in {"qstash-workflow-missing", "invalid-json"}


def test_the_same_message_is_one_execution(inbox: Inbox, stranger: AsgiClient) -> None:
    _publish(make_node("by_hand", "manual"))
    first = _send(stranger, {"workflowId": "orders"}, message="msg_7")
    again = _send(stranger, {"workflowId": "orders"}, message="msg_7", key=NEXT)
    other = _send(stranger, {"workflowId": "orders"}, message="msg_8")
    assert (first.status_code, again.status_code, other.status_code) == (202, 200, 202)
    assert first.json()["execution_id"] == again.json()["execution_id"]
    assert other.json()["execution_id"] != first.json()["execution_id"]


@pytest.mark.parametrize(
    "change",
    [
        {"key": "sig_of_somebody_else_5PtYmMCe2ABbDAFHx"},
        {"url": "https://elsewhere.example.com/flowforge/api/qstash/webhook"},
        {"url": f"{ADDRESS}?workflowId=orders"},
        {"at": -1000},
        {"at": 1000},
    ],
)
def test_a_wrong_signature_is_refused(inbox: Inbox, stranger: AsgiClient, change: dict[str, Any]) -> None:
    _publish(make_node("by_hand", "manual"))
    if "at" in change:
        change = {"at": int(time.time()) + change["at"]}
    body = b'{"workflowId": "orders"}'
    answer = stranger.post(ADDRESS, content=body, headers=_sign(body, **change))
    assert answer.status_code == 401
    assert answer.json()["code"] == "webhook-signature-wrong"


def test_another_body_than_was_signed_is_refused(inbox: Inbox, stranger: AsgiClient) -> None:
    _publish(make_node("by_hand", "manual"))
    headers = _sign(b'{"workflowId": "orders", "payload": 1}')
    answer = stranger.post(ADDRESS, content=b'{"workflowId": "orders", "payload": 2}', headers=headers)
    assert answer.status_code == 401


def test_strangers_bodies_are_not_read(inbox: Inbox, stranger: AsgiClient) -> None:
    read = []

    async def body() -> Any:
        read.append(True)
        yield b"{}"

    assert stranger.post(ADDRESS, content=body()).status_code == 401
    assert read == []


def test_clocks_may_differ_a_little(inbox: Inbox, stranger: AsgiClient) -> None:
    # The library of QStash does not allow for that, whatever tolerance it is told.
    _publish(make_node("by_hand", "manual"))
    assert _send(stranger, {"workflowId": "orders"}, at=int(time.time()) + 20).status_code == 202


def test_what_cannot_be_started_is_said(inbox: Inbox, stranger: AsgiClient) -> None:
    answer = _send(stranger, {"workflowId": "nothing"})
    assert (answer.status_code, answer.json()["code"]) == (404, "qstash-workflow-not-found")
    assert '"nothing"' in answer.json()["detail"]


def test_a_webhook_with_another_authentication_is_not_opened(inbox: Inbox, stranger: AsgiClient) -> None:
    _publish(make_webhook(authentication="github"))
    answer = _send(stranger, {"workflowId": "orders"})
    assert (answer.status_code, answer.json()["code"]) == (404, "qstash-workflow-not-found")
    assert "does not take QStash" in answer.json()["detail"]


def test_without_keys_nobody_gets_in(
    inbox: Inbox, stranger: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QSTASH_CURRENT_SIGNING_KEY")
    monkeypatch.delenv("QSTASH_NEXT_SIGNING_KEY")
    _publish(make_node("by_hand", "manual"))
    answer = _send(stranger, {"workflowId": "orders"})
    assert (answer.status_code, answer.json()["code"]) == (503, "qstash-not-configured")


def test_keys_come_from_a_connection(
    inbox: Inbox, stranger: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__QSTASH_CONNECTION_ID", "qstash")
    _publish(make_node("by_hand", "manual"))
    current, following = "sig_a_5PtYmMCe2ABbDAFHxNKKeiqBY5wB", "sig_b_5PtYmMCe2ABbDAFHxNKKeiqBY5wB"
    assert _send(stranger, {"workflowId": "orders"}).status_code == 503
    set_token(current, connection_id="qstash", extra={"previous_secret": following})
    for key, status in ((current, 202), (following, 202), (CURRENT, 401)):
        answer = _send(stranger, {"workflowId": "orders"}, key=key, message=key)
        assert answer.status_code == status, key
    # Rolled in the console: what was next is the current key, at once.
    set_token(following, connection_id="qstash", extra={"previous_secret": "sig_c" * 8})
    answer = _send(stranger, {"workflowId": "orders"}, key="sig_c" * 8, message="msg_c")
    assert answer.status_code == 202
