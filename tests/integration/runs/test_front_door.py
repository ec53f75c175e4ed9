"""From a webhook to a finished run on a real Airflow, one by one and in a storm."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.factories import make_graph, make_set, make_transform, make_trigger
from tests.support.front_door import CONNECTION_ID, TOKEN, TOKEN_HEADERS, make_webhook, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowforge_provider.graph.models import Graph
    from tests.support.airflow import AirflowInstance

pytestmark = pytest.mark.integration

FINAL = {"success", "failed", "cancelled"}
CALLS = 300
CALLERS = 50


@pytest.fixture(scope="module")
def airflow(airflow_postgres: AirflowInstance) -> AirflowInstance:
    airflow_postgres.add_connection(CONNECTION_ID, conn_type="flowforge_webhook", password=TOKEN)
    return airflow_postgres


@pytest.fixture
def client(airflow: AirflowInstance) -> Iterator[httpx.Client]:
    with airflow.client() as value:
        yield value


@pytest.fixture
def publish(client: httpx.Client) -> Callable[[Graph], str]:
    def work(graph: Graph) -> str:
        created = client.post(
            "/flowforge/api/workflows", json={"name": graph.name, "graph": graph.model_dump(mode="json")}
        )
        assert created.status_code == 201, created.text
        workflow_id: str = created.json()["id"]
        published = client.post(f"/flowforge/api/workflows/{workflow_id}/publish", json={"message": "test"})
        assert published.status_code == 200, published.text
        assert published.json()["state"] == "runnable"
        return workflow_id

    return work


def _wait(client: httpx.Client, execution_id: str, *, timeout_s: float = 90) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = client.get(f"/flowforge/api/executions/{execution_id}").json()
        return found if found["state"] in FINAL else None

    execution: dict[str, Any] = wait_until(look, timeout_s=timeout_s)
    return execution


def test_a_webhook_starts_one_run_that_finishes_with_data(
    client: httpx.Client, publish: Callable[[Graph], str]
) -> None:
    total = make_set("total", total="{{ trigger.body.price * trigger.body.quantity }}")
    workflow_id = publish(make_graph(make_webhook(), total, name="Front door"))
    answer = client.post(
        f"/flowforge/api/webhooks/{workflow_id}", json={"price": 4, "quantity": 3}, headers=TOKEN_HEADERS
    )
    assert answer.status_code == 202, answer.text
    execution = _wait(client, answer.json()["execution_id"])
    assert execution["state"] == "success", execution
    hook, step = execution["steps"]
    assert hook["output"]["body"] == {"price": 4, "quantity": 3}
    assert step["output"] == {"total": 12}
    (operation,) = step["input"]["operations"]
    assert operation["fields"] == [{"name": "total", "value": 12}]
    assert step["tries"] == 1
    everything = client.get("/flowforge/api/executions", params={"workflow_id": workflow_id}).json()
    assert everything["total_entries"] == 1

    log = client.get(f"/flowforge/api/executions/{execution['id']}/steps/total/logs").json()
    assert log["done"]
    assert log["next_token"] is None
    assert any(line["timestamp"] and line["level"] == "info" for line in log["lines"])


def test_a_failed_step_shows_its_error_and_its_log(
    client: httpx.Client, publish: Callable[[Graph], str]
) -> None:
    broken = make_set("broken", total="{{ trigger.body.nothing.here }}")
    workflow_id = publish(make_graph(make_trigger(), broken, make_set("after"), name="Broken"))
    started = client.post("/flowforge/api/executions", json={"workflow_id": workflow_id, "payload": {}})
    execution = _wait(client, started.json()["id"])
    assert execution["state"] == "failed"
    _, step, after = execution["steps"]
    assert step["state"] == "failed"
    assert step["error"]["code"] == "expression-value"
    assert "nothing" in step["error"]["message"]
    assert after["state"] == "upstream_failed"
    log = client.get(f"/flowforge/api/executions/{execution['id']}/steps/broken/logs").json()
    assert any(line["level"] == "error" for line in log["lines"])


def test_a_log_can_be_followed(client: httpx.Client, publish: Callable[[Graph], str]) -> None:
    steps = [make_set(f"step_{number}", number=number) for number in (1, 2)]
    workflow_id = publish(make_graph(make_trigger(), *steps, name="Followed"))
    started = client.post("/flowforge/api/executions", json={"workflow_id": workflow_id, "payload": {}})
    path = f"/flowforge/api/executions/{started.json()['id']}/steps/step_2/logs"
    followed: list[str] = []
    params: dict[str, str] = {}
    deadline = time.monotonic() + 60
    while True:
        part = client.get(path, params=params).json()
        followed += [line["message"] for line in part["lines"]]
        if part["done"]:
            break
        assert time.monotonic() < deadline
        if part["next_token"]:
            params = {"token": part["next_token"]}
        time.sleep(0.2)
    whole = [line["message"] for line in client.get(path).json()["lines"]]
    assert len(whole) > 2
    assert followed == whole


def test_cancelling_stops_a_running_step(client: httpx.Client, publish: Callable[[Graph], str]) -> None:
    slow = make_transform("slow", {"operation": "jq", "program": "[range(1e12)] | length"})
    workflow_id = publish(make_graph(make_trigger(), slow, make_set("after"), name="Slow"))
    started = client.post("/flowforge/api/executions", json={"workflow_id": workflow_id, "payload": {}})
    path = f"/flowforge/api/executions/{started.json()['id']}"

    def state_of_slow() -> str:
        return str(client.get(path).json()["steps"][1]["state"])

    wait_until(lambda: state_of_slow() == "running", timeout_s=60)
    cancelled = client.post(f"{path}/cancel")
    assert cancelled.status_code == 200, cancelled.text
    assert cancelled.json()["state"] == "cancelled"
    # The worker learns of it at its next heartbeat, and must not overrule it.
    time.sleep(3)
    found = client.get(path).json()
    assert found["state"] == "cancelled"
    assert [step["state"] for step in found["steps"]] == ["success", "cancelled", "cancelled"]


def test_a_storm_is_taken_in_while_the_api_server_answers(
    airflow: AirflowInstance, client: httpx.Client, publish: Callable[[Graph], str]
) -> None:
    workflow_id = publish(make_graph(make_webhook(), name="Storm"))
    accepted, statuses, waits = asyncio.run(_storm(f"{airflow.url}/flowforge/api", workflow_id))
    assert set(statuses) <= {202, 503}, statuses
    assert len(accepted) > CALLS / 2
    assert waits, "nobody asked for the health"
    assert max(waits) < 5, "the api-server stopped answering"

    def all_started() -> bool:
        found = client.get(
            "/flowforge/api/executions", params={"workflow_id": workflow_id, "limit": 1}
        ).json()
        return bool(found["total_entries"] == len(accepted))

    wait_until(all_started, timeout_s=60)
    pending = client.get(
        "/flowforge/api/deliveries", params={"workflow_id": workflow_id, "state": "pending"}
    ).json()
    assert pending["total_entries"] == 0


async def _storm(base_url: str, workflow_id: str) -> tuple[set[str], list[int], list[float]]:
    accepted: set[str] = set()
    statuses: list[int] = []
    waits: list[float] = []
    numbers = iter(range(CALLS))
    over = asyncio.Event()
    limits = httpx.Limits(max_connections=CALLERS + 1)

    async with (
        httpx.AsyncClient(timeout=60, limits=limits) as caller,
        httpx.AsyncClient(timeout=60) as doctor,
    ):

        async def call() -> None:
            for number in numbers:
                answer = await caller.post(
                    f"{base_url}/webhooks/{workflow_id}", json={"number": number}, headers=TOKEN_HEADERS
                )
                statuses.append(answer.status_code)
                if answer.status_code == 202:
                    accepted.add(answer.json()["execution_id"])

        async def ask() -> None:
            while not over.is_set():
                began = time.monotonic()
                answer = await doctor.get(f"{base_url}/health")
                assert answer.status_code == 200
                waits.append(time.monotonic() - began)
                await asyncio.sleep(0.1)

        asking = asyncio.create_task(ask())
        await asyncio.gather(*(call() for _ in range(CALLERS)))
        over.set()
        await asking
    return accepted, statuses, waits


def test_the_example_takes_an_order(airflow: AirflowInstance, client: httpx.Client) -> None:
    import json

    graph = json.loads((Path(__file__).parents[3] / "dags" / "graphs" / "orders.json").read_text("utf-8"))
    port = int(airflow.url.rpartition(":")[2])
    airflow.add_connection("flowforge_demo", conn_type="http", host="127.0.0.1", port=port, schema="http")
    airflow.add_connection("flowforge_orders_token", conn_type="flowforge_webhook", password=TOKEN)
    created = client.post("/flowforge/api/workflows", json={"name": "Example orders", "graph": graph})
    workflow_id = created.json()["id"]
    client.post(f"/flowforge/api/workflows/{workflow_id}/publish", json={})
    answer = client.post(
        f"/flowforge/api/webhooks/{workflow_id}", json={"id": 7, "quantity": 2}, headers=TOKEN_HEADERS
    )
    execution = _wait(client, answer.json()["execution_id"])
    assert execution["state"] == "success", execution
    product = client.get("/flowforge/api/demo/products/7").json()
    orders = client.get("/flowforge/api/demo/orders").json()["orders"]
    assert orders[0]["order"]["total"] == pytest.approx(2 * product["price"])
