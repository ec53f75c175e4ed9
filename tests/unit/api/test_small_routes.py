from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider import __version__
from tests.support.routes import assert_problem
from tests.unit.api.conftest import BUNDLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.asgi import AsgiClient

    MakeClient = Callable[[str | None], AsgiClient]

API = "/flowforge/api"


def test_node_types(admin: AsgiClient) -> None:
    body = admin.get(f"{API}/node-types").json()
    by_type = {item["type"]: item for item in body["node_types"]}
    assert {"manual", "webhook", "cron", "http.request", "transform", "postgres.query"} <= set(by_type)
    assert body["total_entries"] == len(body["node_types"])
    assert by_type["http.request"]["parameters_schema"]["properties"]["url"]["x-expression"] is True
    assert [port["id"] for port in by_type["http.request"]["ports"]] == ["success", "error"]


def test_session(client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    body = client("op").get(f"{API}/session").json()
    assert body["user"] == {"id": "op", "name": "op"}
    assert body["version"] == __version__
    assert body["webhook_base_url"].endswith("/flowforge/api/webhooks")
    assert body["webhook_base_url"] == f"{body['airflow_base_url']}/flowforge/api/webhooks"
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", "[]")
    problems = client("op").get(f"{API}/session").json()["problems"]
    assert {problem["code"] for problem in problems} >= {"bundle-not-configured"}
    assert client("viewer").get(f"{API}/session").json()["problems"] == []


def test_senders_may_have_an_address_of_their_own(admin: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example/team")
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__PUBLIC_BASE_URL", "https://hooks.example")
    body = admin.get(f"{API}/session").json()
    assert body["webhook_base_url"] == "https://hooks.example/flowforge/api/webhooks"
    assert body["airflow_base_url"] == "https://airflow.example/team"


def test_health_tells_the_public_no_details(client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", "[]")
    response = client(None).get(f"{API}/health")
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert response.json() == {
        "status": "unhealthy",
        "database": "ok",
        "migrations": "ok",
        "bundle": "missing",
        "version": __version__,
    }
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", BUNDLES)
    assert client(None).get(f"{API}/health").json()["status"] == "healthy"


@pytest.mark.parametrize(
    ("template", "value", "kind"),
    [
        ("{{ trigger.body.quantity * 2 }}", 4, "integer"),
        ("n = {{ trigger.body.quantity }}", "n = 2", "string"),
        ({"a": ["{{ trigger.body }}"]}, {"a": [{"quantity": 2}]}, "object"),
        (None, None, "null"),
        ("{{ trigger.body.quantity > 1 }}", True, "boolean"),
    ],
)
def test_expression_preview(admin: AsgiClient, template: Any, value: Any, kind: str) -> None:
    data = {"trigger": {"body": {"quantity": 2}}}
    response = admin.post(f"{API}/expressions/preview", json={"template": template, "data": data})
    assert response.json() == {"ok": True, "value": value, "type": kind, "error": None}


@pytest.mark.parametrize(
    "template",
    ["{{ trigger.nothing }}", "{{ 1 +", "{{ 1 }}{{", "{{ range(10**9) }}", "{{ ''.__class__ }}"],
)
def test_expression_preview_tells_faults(admin: AsgiClient, template: str) -> None:
    body = admin.post(
        f"{API}/expressions/preview", json={"template": template, "data": {"trigger": {}}}
    ).json()
    assert body["ok"] is False
    assert body["error"]["code"].startswith("expression-")
    assert body["error"]["message"]


def test_expression_preview_has_the_limits_of_steps(
    admin: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__EXPRESSION_MAX_OUTPUT_BYTES", "10")
    body = {"template": "{{ trigger.text }}", "data": {"trigger": {"text": "x" * 100}}}
    response = admin.post(f"{API}/expressions/preview", json=body)
    assert response.json()["error"]["code"] == "expression-limit"


def test_expression_language(admin: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__EXPRESSION_MAX_OUTPUT_BYTES", "10")
    language = admin.get(f"{API}/expressions/language").json()
    assert language["filters"]
    assert (language["limits"]["output_chars"], language["limits"]["time_s"]) == (10, 1.0)


def test_cron_preview_follows_the_time_zone(admin: AsgiClient) -> None:
    body = {
        "expression": "0 9 * * 1-5",
        "timezone": "Europe/Moscow",
        "count": 2,
        "after": "2026-01-02T07:00:00Z",
    }
    response = admin.post(f"{API}/cron/preview", json=body)
    assert response.json() == {
        "ok": True,
        "next_runs": ["2026-01-05T09:00:00+03:00", "2026-01-06T09:00:00+03:00"],
        "readings": [
            {
                "expression": "0 9 * * 1-5",
                "en": "At 09:00, Monday through Friday",
                "ru": "В 09:00, с понедельника по пятницу",
            }
        ],
        "error": None,
        "issues": [],
    }


def test_cron_preview_joins_schedules_over_a_change_of_clocks(admin: AsgiClient) -> None:
    body = {
        "expression": "30 2 * * *",
        "further_expressions": ["0 12 * * 0"],
        "timezone": "Europe/Berlin",
        "after": "2026-03-27T12:00:00Z",
        "end_at": "2026-03-30",
    }
    answer = admin.post(f"{API}/cron/preview", json=body).json()
    assert answer["next_runs"] == [
        "2026-03-28T02:30:00+01:00",
        # Half past two is left out that night.
        "2026-03-29T03:30:00+02:00",
        "2026-03-29T12:00:00+02:00",
        "2026-03-30T02:30:00+02:00",
    ]
    assert [reading["en"] for reading in answer["readings"]] == ["At 02:30", "At 12:00, only on Sunday"]
    body = {**body, "further_expressions": ["0 12 * *"], "start_at": "2026-04-01"}
    answer = admin.post(f"{API}/cron/preview", json=body).json()
    assert [issue["field"] for issue in answer["issues"]] == ["further_expressions.0", "end_at"]
    assert len(answer["readings"]) == 1


def test_cron_preview_names_all_faults(admin: AsgiClient) -> None:
    response = admin.post(f"{API}/cron/preview", json={"expression": "99 * * * *", "timezone": "Mars"})
    assert response.status_code == 200
    body = response.json()
    assert (body["ok"], body["next_runs"], body["error"]["code"]) == (False, [], "bad-cron")
    assert [issue["field"] for issue in body["issues"]] == ["expression", "timezone"]


def test_webhook_token_makes_a_connection_and_never_shows_it_again(client: MakeClient) -> None:
    op = client("op")
    made = op.post(f"{API}/connections/webhook-token", json={"connection_id": "orders_webhook"})
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert made.headers["location"] == "/api/v2/connections/orders_webhook"
    token = made.json()["token"]
    assert len(token) >= 40
    listed = op.get(f"{API}/connections", params={"conn_type": ["flowforge_webhook", "generic"]})
    assert listed.json()["connections"] == [
        {
            "connection_id": "orders_webhook",
            "conn_type": "flowforge_webhook",
            "description": "Token of a FlowForge webhook",
        }
    ]
    assert token not in op.get(f"{API}/connections").text
    again = op.post(f"{API}/connections/webhook-token", json={"connection_id": "orders_webhook"})
    assert_problem(again, status=409)
    assert op.post(f"{API}/connections/webhook-token").json()["connection_id"].startswith("webhook_")


def test_of_two_that_want_one_id_one_gets_it(client: MakeClient) -> None:
    op, start = client("op"), Barrier(4)

    def make(_: int) -> int:
        start.wait()
        return op.post(f"{API}/connections/webhook-token", json={"connection_id": "wanted"}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(make, range(4))) == [201, 409, 409, 409]


def test_connections_need_airflows_own_permission(client: MakeClient) -> None:
    # SimpleAuthManager shows connections to operators, but lets users edit Dags.
    assert_problem(client("user").get(f"{API}/connections"), status=403)
    assert_problem(client("user").post(f"{API}/connections/webhook-token", json={}), status=403)


def test_docs_page_uses_local_files_only(client: MakeClient) -> None:
    page = client(None).get("/flowforge/api-docs")
    if page.status_code == 503:
        assert page.json()["code"] == "editor-not-built"
    else:
        assert "//" not in page.text.replace("<!doctype html>", "")
    script = client(None).get("/flowforge/api-docs.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "://" not in script.text


def test_the_editor_asks_what_a_node_hands_on(admin: AsgiClient) -> None:
    url = "/flowforge/api/node-types/{}/output-schema"
    figures = [{"function": "count"}, {"function": "sum", "field": "total"}]
    parameters = {"operations": [{"operation": "aggregate", "aggregates": figures}]}
    answer = admin.post(url.format("transform"), json={"parameters": parameters})
    assert answer.status_code == 200, answer.text
    schema = answer.json()["output_schema"]
    assert schema["type"] == "object"
    assert list(schema["properties"]) == ["count", "sum_total"]
    assert_problem(admin.post(url.format("nowhere"), json={"parameters": {}}), status=404)
