from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_graph, make_trigger
from tests.support.front_door import (
    TOKEN,
    TOKEN_HEADERS,
    make_webhook,
    open_front_door,
    publish_graph,
    set_token,
)
from tests.support.routes import assert_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowforge_provider.graph.models import Graph
    from flowforge_provider.inbox.service import Inbox
    from tests.support.asgi import AsgiClient

    MakeClient = Callable[[str | None], AsgiClient]

FORM = "application/x-www-form-urlencoded"
TEST_URL = "/flowforge/api/webhooks-test/orders"
LISTEN = "/flowforge/api/workflows/orders/triggers/hook/listen"


@pytest.fixture
def inbox(database: None) -> Iterator[Inbox]:
    set_token()
    with open_front_door() as value:
        yield value


@pytest.fixture
def stranger(client: MakeClient) -> AsgiClient:
    return client(None)


def _draft(graph: Graph | None = None) -> None:
    """Save a workflow and do not publish it."""
    from airflow.utils.session import create_session

    from flowforge_provider.store.workflows import create_workflow

    graph = graph or make_graph(make_webhook())
    with create_session() as session:
        create_workflow(name=graph.name, graph=graph, workflow_id=graph.id, user="test", session=session)


def _slack(body: str, *, kind: str = "application/json") -> dict[str, str]:
    """Return the headers of a call that Slack has signed."""
    import hashlib
    import hmac
    import time

    moment = str(int(time.time()))
    secret = b"8f742231b10e8888abcd99yyyzzz85a5"
    digest = hmac.new(secret, f"v0:{moment}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "Content-Type": kind,
        "X-Slack-Request-Timestamp": moment,
        "X-Slack-Signature": f"v0={digest}",
    }


def _expire() -> None:
    from datetime import datetime, timezone

    from airflow.utils.session import create_session
    from sqlalchemy import update

    from flowforge_provider.store.tables import TestListenerRow

    with create_session() as session:
        session.execute(update(TestListenerRow).values(until=datetime(2026, 1, 1, tzinfo=timezone.utc)))


def _runs() -> int:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    with create_session() as session:
        return session.scalar(select(func.count()).select_from(DagRun)) or 0


def test_a_call_to_the_draft_is_caught_and_nothing_runs(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient
) -> None:
    _draft()
    before = admin.get(LISTEN).json()
    assert (before["listening"], before["until"], before["delivery"]) == (False, None, None)
    assert before["test_url"].endswith("/flowforge/api/webhooks-test/orders")
    assert before["url"].endswith("/flowforge/api/webhooks/orders")
    assert admin.post(LISTEN, json={}).json()["listening"] is True
    headers = {**TOKEN_HEADERS, "X-Source": "till", "Authorization": "Bearer x"}
    answer = stranger.post(f"{TEST_URL}?shop=1", json={"id": 7, "password": "pw"}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["captured"] is True
    found = admin.get(LISTEN).json()
    assert found["listening"] is False
    delivery = found["delivery"]
    assert delivery["id"] == answer.json()["delivery_id"]
    assert (delivery["state"], delivery["execution_id"]) == ("captured", None)
    assert delivery["body"] == {"id": 7, "password": "***"}
    assert delivery["query"] == {"shop": "1"}
    assert delivery["headers"]["x-source"] == "till"
    assert (delivery["headers"]["x-flowforge-token"], delivery["headers"]["authorization"]) == ("***", "***")
    assert found["outcome"]["verdict"] == "run"
    assert found["refusals"] == []
    listed = admin.get("/flowforge/api/deliveries", params={"state": "captured"}).json()["deliveries"]
    assert [row["id"] for row in listed] == [delivery["id"]]
    assert _runs() == 0


def test_one_call_is_caught_and_the_next_finds_nobody(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient
) -> None:
    _draft()
    for workflow_id in ("orders", "no-such-workflow"):
        answer = stranger.post(f"/flowforge/api/webhooks-test/{workflow_id}", json={}, headers=TOKEN_HEADERS)
        assert_problem(answer, status=404)
        assert answer.json()["code"] == "nobody-listens"
    admin.post(LISTEN, json={})
    statuses = [stranger.post(TEST_URL, json={}, headers=TOKEN_HEADERS).status_code for _ in range(3)]
    assert statuses == [200, 404, 404]
    caught = admin.get(LISTEN).json()["delivery"]["id"]
    # Listening again forgets what was caught; the time ends by itself, or when it is stopped.
    assert admin.post(LISTEN, json={}).json()["delivery"] is None
    _expire()
    assert stranger.post(TEST_URL, json={}, headers=TOKEN_HEADERS).status_code == 404
    admin.post(LISTEN, json={})
    assert admin.delete(LISTEN).status_code == 204
    assert stranger.post(TEST_URL, json={}, headers=TOKEN_HEADERS).status_code == 404
    assert admin.get(LISTEN).json()["listening"] is False
    assert admin.get(f"/flowforge/api/deliveries/{caught}").status_code == 200


def test_the_draft_decides_and_not_the_publication(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient
) -> None:
    publish_graph()
    workflow = admin.get("/flowforge/api/workflows/orders").json()
    workflow["graph"]["nodes"][0]["parameters"] = {
        "authentication": "none",
        "methods": ["PUT"],
        "path": "new/one",
    }
    saved = admin.patch(
        "/flowforge/api/workflows/orders",
        json={"graph": workflow["graph"]},
        headers={"If-Match": f'"{workflow["version"]}"'},
    )
    assert saved.status_code == 200, saved.text
    assert admin.post(LISTEN, json={}).json()["test_url"].endswith("/webhooks-test/orders/new/one")
    assert stranger.put(TEST_URL, json={}).status_code == 404
    assert stranger.post(f"{TEST_URL}/new/one", json={}).status_code == 405
    assert stranger.put(f"{TEST_URL}/new/one", json={"a": 1}).status_code == 200
    found = admin.get(LISTEN).json()
    assert found["delivery"]["method"] == "PUT"
    assert [each["code"] for each in found["refusals"]] == ["webhook-not-found", "webhook-method-not-allowed"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"authentication": "header_token", "header_name": "X-Shop-Word"},
        {"authentication": "jwt", "jwt_header": "X-Shop-Word"},
    ],
)
def test_what_senders_are_known_by_is_not_shown_when_they_err(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient, parameters: dict[str, Any]
) -> None:
    _draft(make_graph(make_webhook(**parameters)))
    admin.post(LISTEN, json={})
    headers = {"X-Shop-Word": "sesame", "X-Source": "till"}
    assert stranger.post(f"{TEST_URL}/elsewhere", json={}, headers=headers).status_code == 404
    assert stranger.put(TEST_URL, json={}, headers=headers).status_code == 405
    found = admin.get(LISTEN).json()
    assert [each["headers"]["x-source"] for each in found["refusals"]] == ["till", "till"]
    assert "sesame" not in str(found)


def test_whoever_does_not_get_in_is_told_of(inbox: Inbox, stranger: AsgiClient, admin: AsgiClient) -> None:
    _draft()
    admin.post(LISTEN, json={})
    wrong = {"X-FlowForge-Token": "wrong-" + TOKEN, "X-Source": "till", "Cookie": "_token=sesame"}
    answer = stranger.post(TEST_URL, json={}, headers=wrong)
    assert_problem(answer, status=401)
    text = {**TOKEN_HEADERS, "Content-Type": "application/json"}
    assert stranger.post(TEST_URL, content=b"{", headers=text).status_code == 422
    found = admin.get(LISTEN).json()
    assert found["listening"] is True
    first, second = found["refusals"]
    assert (first["status"], first["code"]) == (401, "webhook-token-wrong")
    assert first["message"] == answer.json()["detail"]
    assert first["headers"]["x-source"] == "till"
    assert (second["status"], second["code"]) == (422, "invalid-json")
    assert "sesame" not in str(found)
    assert TOKEN not in str(found)
    for _ in range(7):
        stranger.post(TEST_URL, json={}, headers=wrong)
    assert len(admin.get(LISTEN).json()["refusals"]) == 5
    assert stranger.post(TEST_URL, json={}, headers=TOKEN_HEADERS).status_code == 200
    assert _runs() == 0


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"paid": True}, ("run", None)),
        ({"paid": False}, ("skipped", "filter")),
        ({}, ("refused", "decision-failed")),
    ],
)
def test_what_would_become_of_it_is_told_and_not_done(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient, body: dict[str, Any], told: tuple[str, str | None]
) -> None:
    condition = {"mode": "expression", "expression": "{{ trigger.body.paid }}"}
    _draft(make_graph(make_webhook(filter=condition)))
    admin.post(LISTEN, json={})
    assert stranger.post(TEST_URL, json=body, headers=TOKEN_HEADERS).status_code == 200
    outcome = admin.get(LISTEN).json()["outcome"]
    assert (outcome["verdict"], outcome["reason"] or outcome["code"]) == told


def test_a_broken_secret_is_explained_to_who_draws_and_not_to_who_sends(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient
) -> None:
    _draft(make_graph(make_webhook(connection_id="not_there")))
    admin.post(LISTEN, json={})
    answer = stranger.post(TEST_URL, json={}, headers={**TOKEN_HEADERS, "X-Gitlab-Token": "sesame"})
    assert_problem(answer, status=503)
    assert "not_there" not in answer.text
    (refusal,) = admin.get(LISTEN).json()["refusals"]
    assert 'Connection "not_there": it does not exist.' in refusal["message"]
    assert refusal["headers"]["x-gitlab-token"] == "***"


def test_a_handshake_is_answered_and_a_body_is_read_as_at_the_real_address(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient
) -> None:
    """Some senders ask before they send, which is not what somebody waits for."""
    schema = {"type": "object", "required": ["id"]}
    _draft(make_graph(make_webhook(authentication="slack", handshake="slack", body_schema=schema)))
    set_token("8f742231b10e8888abcd99yyyzzz85a5")
    admin.post(LISTEN, json={})
    challenge = {"type": "url_verification", "challenge": "abc", "token": "x"}
    answer = stranger.post(TEST_URL, content=json.dumps(challenge), headers=_slack(json.dumps(challenge)))
    assert (answer.status_code, "abc" in answer.text) == (200, True), answer.text
    assert admin.get(LISTEN).json()["listening"] is True
    form = "text=hello&text=you"
    assert stranger.post(TEST_URL, content=form, headers=_slack(form, kind=FORM)).status_code == 200
    found = admin.get(LISTEN).json()
    assert found["delivery"]["body"] == {"text": ["hello", "you"]}
    assert found["outcome"]["verdict"] == "refused"
    assert found["outcome"]["issues"]


def test_only_a_webhook_of_the_draft_can_be_listened_to(admin: AsgiClient) -> None:
    _draft(make_graph(make_trigger("start")))
    for path in ("orders/triggers/hook", "orders/triggers/start"):
        answer = admin.post(f"/flowforge/api/workflows/{path}/listen", json={})
        assert_problem(answer, status=404)
        assert answer.json()["code"] == "webhook-node-not-found"
    assert_problem(admin.post("/flowforge/api/workflows/none/triggers/hook/listen", json={}), status=404)


def test_listening_needs_the_right_to_edit(client: MakeClient) -> None:
    _draft()
    viewer, nobody = client("viewer"), client(None)
    assert viewer.get(LISTEN).status_code == 200
    assert_problem(viewer.post(LISTEN, json={}), status=403)
    assert_problem(viewer.delete(LISTEN), status=403)
    assert_problem(nobody.get(LISTEN), status=401)


def test_parameters_that_cannot_be_used_yet_catch_nothing(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient
) -> None:
    _draft(make_graph(make_webhook(authentication="no-such-way")))
    admin.post(LISTEN, json={})
    assert stranger.post(TEST_URL, json={}).status_code == 404
    assert admin.get(LISTEN).json()["refusals"][0]["code"] == "webhook-not-found"


def test_pages_of_allowed_sites_may_call_it(inbox: Inbox, admin: AsgiClient, stranger: AsgiClient) -> None:
    _draft(make_graph(make_webhook(allowed_origins=["https://shop.example.com"])))
    shop = {"Origin": "https://shop.example.com"}
    question = {**shop, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-a"}
    assert_problem(stranger.request("OPTIONS", TEST_URL, headers=question), status=404)
    # Whoever listens at nothing lets nobody learn what the draft allows.
    unheard = stranger.post(TEST_URL, json={}, headers={**TOKEN_HEADERS, **shop})
    assert unheard.status_code == 404
    assert "access-control-allow-origin" not in unheard.headers
    admin.post(LISTEN, json={})
    asked = stranger.request("OPTIONS", TEST_URL, headers=question)
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "https://shop.example.com"
    assert asked.headers["access-control-allow-methods"] == "POST"
    assert asked.headers["access-control-allow-headers"] == "x-a"
    assert "access-control-allow-credentials" not in asked.headers
    other = {**question, "Origin": "https://evil.example.com"}
    assert "access-control-allow-origin" not in stranger.request("OPTIONS", TEST_URL, headers=other).headers
    for headers, status in ((shop, 401), ({**TOKEN_HEADERS, **shop}, 200)):
        answer = stranger.post(TEST_URL, json={}, headers=headers)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "https://shop.example.com"
