"""Streams of events through a real api-server, with Airflow's middlewares between."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_graph
from tests.support.airflow import AirflowInstance, running_airflow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from flowforge_provider.dev.guard import Guard
    from tests.support.databases import MigratedSqlite

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

API = "/flowforge/api"


def _publish(client: httpx.Client, workflow_id: str) -> None:
    graph = make_graph(id=workflow_id, name=workflow_id).model_dump(mode="json")
    client.post(f"{API}/workflows", json={"name": workflow_id, "graph": graph}).raise_for_status()
    client.post(f"{API}/workflows/{workflow_id}/publish", json={}).raise_for_status()


def _events(answer: httpx.Response) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_a_change_arrives_while_the_stream_stays_open(airflow_api: AirflowInstance) -> None:
    token = airflow_api.token("viewer")
    with airflow_api.client("admin", timeout_s=120) as admin, airflow_api.client(timeout_s=120) as viewer:
        _publish(admin, "live-orders")
        # As a browser has it: the cookie goes through the middleware that renews it.
        viewer.cookies.set("_token", token)
        headers = {"Accept-Encoding": "gzip"}
        with viewer.stream("GET", f"{API}/executions/events", headers=headers) as answer:
            assert answer.status_code == 200
            assert "content-encoding" not in answer.headers
            events = _events(answer)
            assert next(events)[0] == "open"
            made = admin.post(f"{API}/executions", json={"workflow_id": "live-orders"}).json()
            name, data = next(event for event in events if event[1].get("id") == made["id"])
            assert (name, data["state"]) == ("execution", "queued")
            admin.post(f"{API}/executions/{made['id']}/cancel").raise_for_status()
            name, data = next(event for event in events if event[1].get("id") == made["id"])
            assert (name, data["state"]) == ("execution", "cancelled")
        path = f"{API}/executions/{made['id']}/events"
        with viewer.stream("GET", path) as answer:
            events = _events(answer)
            assert next(events)[0] == "open"
            assert next(events)[1]["state"] == "cancelled"
            admin.post(f"{API}/executions/{made['id']}/handled", json={"comment": "mine"}).raise_for_status()
            assert next(events)[1]["handled"]["comment"] == "mine"
        # Everybody has left, and the server answers others as before.
        assert viewer.get(f"{API}/executions").status_code == 200


@pytest.mark.slow
def test_a_server_stops_although_somebody_watches(
    migrated_sqlite: MigratedSqlite, tmp_path: Path, guard: Guard
) -> None:
    instance = AirflowInstance(home=tmp_path, database_url=migrated_sqlite.copy(tmp_path), guard=guard)
    with running_airflow(("api-server",), instance=instance, migrate=False):
        opened, ended = threading.Event(), threading.Event()

        def watch() -> None:
            with (
                instance.client(timeout_s=120) as client,
                client.stream("GET", f"{API}/executions/events") as answer,
            ):
                for _ in answer.iter_lines():
                    opened.set()
            ended.set()

        thread = threading.Thread(target=watch)
        thread.start()
        assert opened.wait(60)
        begin = time.monotonic()
        instance.stop_component("api-server")
        assert ended.wait(60)
        # The server was asked to stop, and did so by itself rather than being killed.
        assert time.monotonic() - begin < 60
        thread.join()
