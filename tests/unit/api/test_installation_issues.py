"""What a graph needs of this installation and does not find: told before and when it is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.graph.load import dump_graph
from tests.factories import make_graph, make_node
from tests.support.front_door import CONNECTION_ID, make_webhook, open_front_door, set_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.graph.models import Node
    from tests.support.asgi import AsgiClient

API = "/flowforge/api"


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    with open_front_door():
        yield


def issues(client: AsgiClient, *nodes: Node) -> list[Any]:
    answer = client.post(f"{API}/validate", json={"graph": dump_graph(make_graph(*nodes))})
    assert answer.json()["valid"]
    return list(answer.json()["issues"])


def test_a_webhook_whose_connection_is_missing_is_told(admin: AsgiClient) -> None:
    set_token(None)
    (issue,) = issues(admin, make_webhook())
    assert (issue["code"], issue["severity"]) == ("connection-not-found", "warning")
    assert (issue["node_id"], issue["field"]) == ("hook", "parameters.connection_id")
    assert CONNECTION_ID in issue["message"]
    set_token()
    assert issues(admin, make_webhook()) == []


def test_publishing_tells_it_too_and_publishes(admin: AsgiClient) -> None:
    set_token(None)
    graph = make_graph(make_webhook())
    admin.post(f"{API}/workflows", json={"name": "Orders", "graph": dump_graph(graph)})
    answer = admin.post(f"{API}/workflows/orders/publish")
    assert answer.status_code == 200, answer.text
    assert [issue["code"] for issue in answer.json()["issues"]] == ["connection-not-found"]
    set_token()
    assert admin.post(f"{API}/workflows/orders/publish").json()["issues"] == []


def test_a_connection_of_the_environment_is_one(admin: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_FROM_ENVIRONMENT", '{"conn_type": "generic", "password": "x"}')
    assert issues(admin, make_webhook(connection_id="from_environment")) == []


def test_a_secrets_backend_that_fails_is_no_fault_of_the_graph(
    admin: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_connection_id: str) -> None:
        raise OSError("the vault is sealed")

    monkeypatch.setattr("flowforge_provider.inbox.secrets.read_secret", fail)
    assert issues(admin, make_webhook(connection_id="in_a_vault")) == []


def test_a_field_that_does_not_count_is_not_looked_at(admin: AsgiClient) -> None:
    node = make_webhook(authentication="none", connection_id="nowhere")
    assert [issue["code"] for issue in issues(admin, node)] == ["webhook-without-token"]


@pytest.mark.parametrize(
    ("parameters", "fields"),
    [
        ({"connection_id": "nowhere"}, ["connection_id"]),
        (
            {
                "source": "resend",
                "connection_id": "hidden",
                "secret_connection_id": "no_secret",
                "resend_connection_id": "no_account",
            },
            ["secret_connection_id", "resend_connection_id"],
        ),
    ],
)
def test_other_triggers_are_looked_at_as_well(
    admin: AsgiClient, parameters: dict[str, Any], fields: list[str]
) -> None:
    found = issues(admin, make_node("mail", "email.receive", parameters=parameters))
    assert [issue["code"] for issue in found] == ["connection-not-found"] * len(fields)
    assert [issue["field"] for issue in found] == [f"parameters.{field}" for field in fields]


def test_a_limit_above_the_installation_s_is_told(admin: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    set_token()
    (issue,) = issues(admin, make_webhook(max_body_bytes=1_048_577))
    assert (issue["code"], issue["severity"]) == ("body-limit", "warning")
    assert issue["field"] == "parameters.max_body_bytes"
    assert "1048576" in issue["message"]
    assert issues(admin, make_webhook(max_body_bytes=1_048_576)) == []
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_BODY_BYTES", "2000000")
    assert issues(admin, make_webhook(max_body_bytes=1_048_577)) == []
