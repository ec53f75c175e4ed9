"""Rules, channels and the history of alerts, by the API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.alerts.environment import TELEGRAM_ID, sync_environment
from flowforge_provider.runs.database import get_database
from tests.support.routes import assert_problem as assert_problem_shape
from tests.support.telegram_server import running_telegram_server

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.support.asgi import AsgiClient

    MakeClient = Callable[[str | None], AsgiClient]

API = "/flowforge/api/alerts"


def assert_problem(response: httpx.Response, status: int, *, code: str) -> None:
    assert_problem_shape(response, status=status)
    assert response.json()["code"] == code, response.text


def channel_body(**fields: Any) -> dict[str, Any]:
    return {"kind": "slack", "name": "Chat", "config": {"connection_id": "chat"}, **fields}


def create_channel(client: AsgiClient, **fields: Any) -> str:
    answer = client.post(f"{API}/channels", json=channel_body(**fields))
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith(answer.json()["id"])
    return str(answer.json()["id"])


def create_workflow(client: AsgiClient, name: str = "Orders") -> str:
    answer = client.post("/flowforge/api/workflows", json={"name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_rule_is_stored_changed_and_removed(admin: AsgiClient) -> None:
    channel_id, workflow_id = create_channel(admin), create_workflow(admin)
    quiet = {"timezone": "Europe/Moscow", "start": "22:00", "end": "07:00", "days": [4, 0, 4]}
    body = {
        "kind": "long_run",
        "workflow_id": workflow_id,
        "conditions": {"longer_than_s": 60},
        "channel_ids": [channel_id, channel_id],
        "quiet_hours": quiet,
    }
    created = admin.post(f"{API}/rules", json=body)
    assert created.status_code == 201, created.text
    rule = created.json()
    assert rule["channel_ids"] == [channel_id]
    assert rule["quiet_hours"]["days"] == [0, 4]
    assert rule["conditions"]["longer_than_s"] == 60
    assert (rule["group_s"], rule["max_messages"], rule["rate_s"]) == (600, 20, 3600)
    changed = admin.put(f"{API}/rules/{rule['id']}", json={**body, "enabled": False, "name": "Slow"})
    assert changed.json()["enabled"] is False
    assert admin.get(f"{API}/rules/{rule['id']}").json()["name"] == "Slow"
    moved = admin.put(f"{API}/rules/{rule['id']}", json={**body, "workflow_id": None})
    assert_problem(moved, 409, code="alert-rule-moved")
    assert_problem(admin.delete(f"{API}/channels/{channel_id}"), 409, code="alert-channel-in-use")
    assert admin.get(f"{API}/channels/{channel_id}").json()["used_by"] == 1
    assert admin.delete(f"{API}/rules/{rule['id']}").status_code == 204
    assert admin.delete(f"{API}/channels/{channel_id}").status_code == 204
    assert_problem(admin.get(f"{API}/rules/{rule['id']}"), 404, code="alert-rule-not-found")


def test_own_rules_of_a_workflow_take_the_place_of_global_ones(admin: AsgiClient) -> None:
    channel_id, workflow_id = create_channel(admin), create_workflow(admin)
    for kind in ("failure", "recovery"):
        body = {"kind": kind, "channel_ids": [channel_id]}
        assert admin.post(f"{API}/rules", json=body).status_code == 201
    own = {"kind": "failure", "workflow_id": workflow_id, "enabled": False}
    assert admin.post(f"{API}/rules", json=own).status_code == 201
    listed = admin.get(f"{API}/rules", params={"workflowId": workflow_id}).json()["rules"]
    shown = [(rule["kind"], rule["workflow_id"], rule["overridden"]) for rule in listed]
    assert shown == [("failure", None, True), ("recovery", None, False), ("failure", workflow_id, False)]
    assert admin.get(f"{API}/rules").json()["total_entries"] == 3


def test_rules_go_with_their_workflow(admin: AsgiClient) -> None:
    workflow_id = create_workflow(admin)
    assert admin.post(f"{API}/rules", json={"kind": "failure", "workflow_id": workflow_id}).status_code == 201
    assert admin.delete(f"/flowforge/api/workflows/{workflow_id}").status_code == 204
    assert admin.get(f"{API}/rules").json()["rules"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "explosion"},
        {"kind": "long_run"},
        {"kind": "failure", "conditions": {"within_s": 600}},
        {"kind": "no_run", "conditions": {"within_s": 5}},
        {"kind": "dead_letters", "conditions": {"more_than": 3}},
        {"kind": "failure", "rate_s": 1},
        {"kind": "failure", "quiet_hours": {"timezone": "Mars/Base", "start": "22:00", "end": "07:00"}},
        {"kind": "failure", "quiet_hours": {"timezone": "UTC", "start": "7:00", "end": "08:00"}},
        {"kind": "failure", "quiet_hours": {"timezone": "UTC", "start": "07:00", "end": "07:00"}},
        {
            "kind": "failure",
            "quiet_hours": {"timezone": "UTC", "start": "07:00", "end": "08:00", "days": [7]},
        },
        {"kind": "failure", "unknown": 1},
    ],
)
def test_a_wrong_rule_is_refused(admin: AsgiClient, body: dict[str, Any]) -> None:
    assert_problem(admin.post(f"{API}/rules", json=body), 422, code="request-invalid")


def test_a_rule_names_channels_and_workflows_that_exist(admin: AsgiClient) -> None:
    answer = admin.post(f"{API}/rules", json={"kind": "failure", "channel_ids": ["nobody"]})
    assert_problem(answer, 422, code="alert-channel-unknown")
    answer = admin.post(f"{API}/rules", json={"kind": "failure", "workflow_id": "nothing"})
    assert_problem(answer, 404, code="workflow-not-found")


@pytest.mark.parametrize(
    "body",
    [
        channel_body(kind="telegram", config={}),
        channel_body(kind="telegram", config={"connection_id": "bot", "url": "https://a.example"}),
        channel_body(kind="email", config={"connection_id": "smtp"}),
        channel_body(kind="email", config={"connection_id": "smtp", "to": ["nobody"]}),
        channel_body(kind="webhook", config={"connection_id": "secret", "url": "ftp://a.example"}),
        channel_body(language="fr"),
        channel_body(name=""),
    ],
)
def test_a_wrong_channel_is_refused(admin: AsgiClient, body: dict[str, Any]) -> None:
    assert_problem(admin.post(f"{API}/channels", json=body), 422, code="request-invalid")


def test_a_channel_of_environment_variables_is_switched_off(
    admin: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123:secret-token")
    monkeypatch.setenv("TELEGRAM_ERROR_CHAT_ID", "-100")
    get_database().transaction(sync_environment)
    shown = admin.get(f"{API}/channels/{TELEGRAM_ID}").json()
    body = {name: shown[name] for name in ("name", "kind", "config", "language", "fallback_id")}
    answer = admin.put(f"{API}/channels/{TELEGRAM_ID}", json={**body, "enabled": False})
    assert answer.status_code == 200, answer.text
    assert answer.json()["health"] == "off"


def test_a_channel_keeps_a_connection(admin: AsgiClient) -> None:
    channel_id = create_channel(admin)
    body = channel_body(kind="telegram", config={"chat": "-100"})
    assert_problem(admin.put(f"{API}/channels/{channel_id}", json=body), 422, code="alert-channel-incomplete")


def test_only_notifiers_of_the_administrator_can_be_used(
    admin: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = channel_body(kind="notifier", config={"notifier": "pager"})
    assert_problem(admin.post(f"{API}/channels", json=body), 422, code="alert-notifier-unknown")
    given = {"pager": {"path": "somewhere.Pager", "kwargs": {"key": "hidden-from-everybody"}}}
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__ALERT_NOTIFIERS", json.dumps(given))
    assert admin.post(f"{API}/channels", json=body).status_code == 201
    listed = admin.get(f"{API}/channels")
    assert listed.json()["notifiers"] == ["pager"]
    assert "hidden-from-everybody" not in listed.text


def test_a_fallback_is_another_channel_and_is_forgotten_with_it(admin: AsgiClient) -> None:
    first = create_channel(admin)
    second = create_channel(admin, fallback_id=first)
    answer = admin.put(f"{API}/channels/{first}", json=channel_body(fallback_id=first))
    assert_problem(answer, 422, code="alert-channel-unknown")
    assert admin.delete(f"{API}/channels/{first}").status_code == 204
    assert admin.get(f"{API}/channels/{second}").json()["fallback_id"] is None


def test_a_channel_is_tried_and_the_history_keeps_it(
    admin: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_telegram_server() as server:
        server.chats["77"] = "member"
        monkeypatch.setenv("AIRFLOW_CONN_BOT", json.dumps(server.connection()))
        channel_id = create_channel(
            admin, kind="telegram", config={"connection_id": "bot", "chat": "77"}, language="ru"
        )
        assert admin.get(f"{API}/channels/{channel_id}").json()["health"] == "unused"
        answer = admin.post(f"{API}/channels/{channel_id}/test")
        assert answer.json() == {"ok": True, "message": "The channel took the message.", "code": None}
        assert "проверочное сообщение" in server.texts(77)[0]
        assert admin.get(f"{API}/channels/{channel_id}").json()["health"] == "ok"
        server.script = [403]
        refused = admin.post(f"{API}/channels/{channel_id}/test").json()
        assert refused["ok"] is False
        assert refused["code"] == "telegram-forbidden"
    history = admin.get(f"{API}/history").json()
    assert [(each["kind"], each["state"]) for each in history["messages"]] == [
        ("test", "failed"),
        ("test", "sent"),
    ]
    assert history["messages"][0]["channel_name"] == "Chat"
    assert history["held"] == 0
    detail = admin.get(f"{API}/history/{history['messages'][1]['id']}").json()
    assert "admin" in detail["text"]
    only_failed = admin.get(f"{API}/history", params={"state": "failed", "limit": 1}).json()
    assert [each["state"] for each in only_failed["messages"]] == ["failed"]
    first = admin.get(f"{API}/history", params={"limit": 1}).json()
    second = admin.get(f"{API}/history", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert second["messages"][0]["id"] == history["messages"][1]["id"]
    assert second["next_cursor"] is None
    assert_problem(admin.get(f"{API}/history", params={"cursor": "x"}), 422, code="invalid-cursor")
    assert_problem(admin.get(f"{API}/history/{'0' * 32}"), 404, code="alert-message-not-found")


def test_viewers_read_and_change_nothing(client: MakeClient) -> None:
    channel_id = create_channel(client("op"))
    viewer = client("viewer")
    assert viewer.get(f"{API}/channels").status_code == 200
    assert viewer.get(f"{API}/history").status_code == 200
    assert_problem(viewer.post(f"{API}/rules", json={"kind": "failure"}), 403, code="forbidden")
    assert_problem(viewer.post(f"{API}/channels/{channel_id}/test"), 403, code="forbidden")


def test_the_whole_address_of_a_webhook_is_for_those_who_may_operate(client: MakeClient) -> None:
    url = "https://hooks.example/catch/knows-this-may-send?key=1"
    config = {"connection_id": "signing", "url": url}
    channel_id = create_channel(client("op"), kind="webhook", config=config)
    for role, shown in (("op", url), ("viewer", "https://hooks.example/…")):
        one = client(role).get(f"{API}/channels/{channel_id}").json()
        assert one["config"]["url"] == shown
        assert client(role).get(f"{API}/channels").json()["channels"] == [one]
