"""A real Airflow: from the failure of a real worker to the message, and notifiers in a hand-written Dag."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.graph.load import dump_graph
from flowforge_provider.graph.models import Retry
from tests.factories import make_graph, make_node, make_trigger
from tests.integration.operators.loopback import wait_until
from tests.support.hook_server import running_hook_server
from tests.support.telegram_server import running_telegram_server
from tests.support.workflows import Workflows

if TYPE_CHECKING:
    import httpx

    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

API = "/flowforge/api/alerts"
HAND_WRITTEN = """
import time
from datetime import timedelta

from airflow.sdk import DAG, task
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from flowforge_provider.notifications.telegram import FlowForgeTelegramNotifier

TOLD = {"connection_id": "telegram_by_hand"}

with DAG(
    "alerts_by_hand",
    schedule=None,
    is_paused_upon_creation=False,
    on_failure_callback=FlowForgeTelegramNotifier(chat="-10", **TOLD),
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(seconds=1),
        callback=AsyncCallback(FlowForgeTelegramNotifier, kwargs={"chat": "-30", **TOLD}),
    ),
):

    @task(on_failure_callback=FlowForgeTelegramNotifier(chat="-20", language="ru", **TOLD))
    def charge():
        time.sleep(15)
        raise ValueError("the card was refused")

    charge()
"""


def post(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(f"{API}{path}", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def add_telegram(airflow: AirflowInstance, connection_id: str, fields: dict[str, Any]) -> None:
    airflow.add_connection(connection_id, **{**fields, "extra": json.dumps(fields["extra"])})


def test_a_failure_its_retry_and_the_recovery_are_told(airflow_postgres: AirflowInstance) -> None:
    with (
        running_telegram_server() as server,
        running_hook_server() as pay,
        airflow_postgres.client() as client,
    ):
        server.chats["-100"] = "member"
        add_telegram(airflow_postgres, "telegram_alerts", server.connection(chat="-100"))
        retry = Retry(retries=1, delay_s=1, jitter=False)
        step = make_node("charge", "http.request", parameters={"method": "POST", "url": f"{pay.url}/charge"})
        graph = make_graph(
            make_trigger(), step.model_copy(update={"retry": retry, "name": "Charge the card"})
        )
        workflows = Workflows(client)
        workflow_id = workflows.publish(dump_graph(graph.model_copy(update={"name": "Told"})))
        config = {"connection_id": "telegram_alerts"}
        channel = post(client, "/channels", {"kind": "telegram", "name": "Operations", "config": config})
        for kind in ("failure", "retry", "recovery"):
            rule = {"kind": kind, "workflow_id": workflow_id, "channel_ids": [channel["id"]]}
            post(client, "/rules", rule)
        pay.script = [503, 503]
        execution = workflows.finish(workflows.start(workflow_id))
        assert execution["state"] == "failed"
        wait_until(lambda: len(server.texts(-100)) >= 2, seconds=60)
        told = server.texts(-100)
        (failure,) = [text for text in told if "another try" not in text]
        assert "Charge the card" in failure
        assert "HTTP status: 503" in failure
        assert execution["id"] in failure
        assert workflows.finish(workflows.start(workflow_id))["state"] == "success"
        wait_until(lambda: any("Told: works again" in text for text in server.texts(-100)), seconds=60)

        def read_history() -> list[dict[str, Any]]:
            answer = client.get(f"{API}/history", params={"workflow_id": workflow_id})
            return list(answer.json()["messages"])

        # A message is noted as sent after its service has taken it.
        wait_until(lambda: {row["state"] for row in read_history()} == {"sent"}, seconds=30)
        history = read_history()
        assert sorted(row["kind"] for row in history) == ["failure", "recovery", "retry"]
        failed = next(row for row in history if row["kind"] == "failure")
        detail = client.get(f"{API}/history/{failed['id']}").json()
        assert detail["events"][0]["execution_id"] == execution["id"]


@pytest.mark.slow
def test_the_notifiers_work_in_a_hand_written_dag(airflow_postgres: AirflowInstance) -> None:
    with running_telegram_server() as server, airflow_postgres.client() as client:
        server.chats.update({"-10": "member", "-20": "member", "-30": "member"})
        add_telegram(airflow_postgres, "telegram_by_hand", server.connection())
        file = airflow_postgres.home / "dags" / "alerts_by_hand.py"
        file.write_text(HAND_WRITTEN, encoding="utf-8")
        try:
            wait_until(lambda: client.get("/api/v2/dags/alerts_by_hand").status_code == 200, seconds=120)
            started = client.post("/api/v2/dags/alerts_by_hand/dagRuns", json={"logical_date": None})
            assert started.status_code == 200, started.text
            wait_until(lambda: all(server.texts(chat) for chat in (-10, -20, -30)), seconds=180)
        finally:
            file.unlink()
        assert "alerts_by_hand" in server.texts(-10)[0]
        (task_text,) = server.texts(-20)
        assert "ошибка на шаге «charge»" in task_text
        assert "the card was refused" in task_text
        assert "has missed its deadline" in server.texts(-30)[0]
