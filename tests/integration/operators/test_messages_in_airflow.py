"""Messages sent by real workers: what Airflow remembers between tries, and what its logs show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.graph.models import Retry
from tests.factories import make_edge, make_graph, make_node, make_trigger
from tests.support.resend_server import running_resend_server
from tests.support.telegram_server import running_telegram_server
from tests.support.workflows import Workflows

if TYPE_CHECKING:
    from flowforge_provider.graph.models import Graph
    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

QUICK = Retry(retries=2, delay_s=0.5, jitter=False, retry_on=["connection", "timeout", "rate_limit", "5xx"])


def graph_of_step(name: str, node_type: str, parameters: dict[str, Any]) -> Graph:
    step = make_node("step", node_type, parameters=parameters).model_copy(update={"retry": QUICK})
    graph = make_graph(make_trigger(), step, edges=[make_edge("start", "step")])
    return graph.model_copy(update={"name": name})


def add(airflow: AirflowInstance, connection_id: str, fields: dict[str, Any]) -> None:
    airflow.add_connection(connection_id, **{**fields, "extra": json.dumps(fields["extra"])})


def log_of(workflows: Any, execution: dict[str, Any]) -> str:
    answer = workflows.get(f"/flowforge/api/executions/{execution['id']}/steps/step/logs")
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def test_a_retry_sends_what_is_missing_and_no_log_shows_the_token(airflow_postgres: AirflowInstance) -> None:
    with running_telegram_server() as server, airflow_postgres.client() as client:
        server.chats.update({"-100": "member", "-200": "member"})
        server.script = [None, None, None, 502]
        add(airflow_postgres, "telegram_retried", server.connection())
        text = "word " * 1200
        execution = Workflows(client).run(
            graph_of_step(
                "Retried message",
                "telegram.send",
                {"connection_id": "telegram_retried", "chats": ["-100", "-200"], "text": text},
            )
        )
        log = log_of(client, execution)
        assert execution["state"] == "success", execution["steps"]["step"]
        assert "".join(server.texts(-100)) == "".join(server.texts(-200)) == text
        assert len(server.calls) == 5
        assert [len(one["message_ids"]) for one in execution["steps"]["step"]["output"]["results"]] == [2, 2]
        assert server.token not in log
        assert server.token not in json.dumps(execution)


def test_a_retry_carries_the_same_key(airflow_postgres: AirflowInstance) -> None:
    with running_resend_server() as server, airflow_postgres.client() as client:
        server.script = ["take and cut", (503, "application_error")]
        add(airflow_postgres, "resend_retried", server.connection())
        execution = Workflows(client).run(
            graph_of_step(
                "Retried email",
                "email.send",
                {
                    "connection_id": "resend_retried",
                    "sender": "shop@example.com",
                    "to": ["ann@example.com"],
                    "subject": "Hello",
                    "text": "Hello",
                },
            )
        )
        assert execution["state"] == "success", execution["steps"]["step"]
        assert list(server.emails) == [execution["steps"]["step"]["output"]["id"]]
        keys = {request["headers"]["idempotency-key"] for request in server.requests}
        assert (len(keys), len(server.requests)) == (1, 3)
        assert server.key not in log_of(client, execution)


def test_each_item_of_a_loop_has_a_message_of_its_own(airflow_postgres: AirflowInstance) -> None:
    with running_resend_server() as server, airflow_postgres.client() as client:
        server.script = [None, (503, "application_error")]
        add(airflow_postgres, "resend_looped", server.connection())
        names = ["ann", "bob", "cleo"]
        loop = make_node("loop", "for_each", parameters={"items": [f"{name}@example.com" for name in names]})
        mail = {
            "connection_id": "resend_looped",
            "sender": "shop@example.com",
            "to": ["{{ item }}"],
            "subject": "Hello",
            "text": "Hello",
        }
        step = make_node("step", "email.send", parameters=mail).model_copy(update={"retry": QUICK})
        edges = [make_edge("start", "loop"), make_edge("loop", "step", "item")]
        graph = make_graph(make_trigger(), loop, step, edges=edges)
        execution = Workflows(client).run(graph.model_copy(update={"name": "Looped email"}))
        assert execution["state"] == "success", execution["steps"]
        assert sorted(email["to"][0] for email in server.emails.values()) == [
            f"{name}@example.com" for name in names
        ]
        assert len(server.requests) == 4
