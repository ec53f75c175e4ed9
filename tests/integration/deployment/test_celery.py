"""The services of docker-compose.yaml at work: an order's whole journey, and a worker that is killed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from flowforge_provider.graph.load import dump_graph
from flowforge_provider.settings import STEP_TEST_DAG_ID
from tests.factories import make_graph, make_set
from tests.integration.operators.loopback import wait_until
from tests.support.compose import WORKERS
from tests.support.compose_runs import Counts, call
from tests.support.front_door import CONNECTION_ID, make_webhook
from tests.support.postgres import PASSWORD, USER
from tests.support.shop import running_shop
from tests.support.world import read_example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.compose import ComposeSetup
    from tests.support.compose_runs import ComposeRuns
    from tests.support.ledger import Ledger

API = "/flowforge/api"

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]


@pytest.fixture
def orders_database(compose: ComposeSetup) -> Iterator[str]:
    """A database with the table of orders that the example asks for."""
    name = compose.postgres.create_database()
    notes = next(
        node["notes"] for node in read_example("orders_postgres")["nodes"] if node["id"] == "store_order"
    )
    compose.postgres.query(name, notes.split("```sql")[1].split("```")[0])
    yield name
    compose.postgres.drop_database(name)


def test_an_order_becomes_a_row(runs: ComposeRuns, compose: ComposeSetup, orders_database: str) -> None:
    document = json.loads(
        json.dumps(read_example("orders_postgres"))
        .replace("/flowforge/api/demo", "")
        .replace("flowforge_orders_token", CONNECTION_ID)
    )
    with running_shop() as shop:
        runs.add_connection("flowforge_demo", conn_type="http", host=shop.url)
        runs.add_connection(
            "flowforge_orders_db",
            conn_type="postgres",
            host="127.0.0.1",
            port=compose.postgres.port,
            login=USER,
            password=PASSWORD,
            schema=orders_database,
        )
        workflow_id = runs.workflows.publish({**document, "name": "Orders on Celery"})
        # Through the front door, which is a process of its own, to steps on workers with disks of their own.
        execution_id = runs.send(workflow_id, {"id": 7, "quantity": 2}, key="order-7")
        assert runs.send(workflow_id, {"id": 7, "quantity": 2}, key="order-7") == execution_id
        execution = runs.workflows.finish(execution_id)

    assert execution["state"] == "success", execution
    assert {step["state"] for step in execution["steps"].values()} == {"success"}
    assert execution["steps"]["total"]["output"]["total"] == 70
    assert shop.posts["/orders"] == [execution["steps"]["total"]["output"]]
    rows = compose.postgres.query(
        orders_database, "SELECT run_id, product, quantity, total::float FROM orders"
    )
    assert [tuple(row) for row in rows] == [(execution["run_id"], "Product 7", 2, 70.0)]
    assert runs.count(workflow_id) == Counts(started=1, finished=1, failed=0, waiting=0)


@pytest.mark.parametrize("worker", WORKERS)
def test_a_worker_has_no_database_and_no_disk_of_others(compose: ComposeSetup, worker: str) -> None:
    environment = compose.service(worker).environment
    assert not [name for name, value in environment.items() if "postgres" in value or "DATABASE" in name]
    assert compose.service(worker).secrets == ["redis_password", "api_secret_key", "bundle_secret"]
    secrets = [path.read_text() for path in (compose.folder / worker / "run/secrets").iterdir()]
    kept = ("POSTGRES_PASSWORD", "FERNET_KEY", "JWT_SECRET", "ADMIN_PASSWORD")
    assert not {compose.variables[name] for name in kept} & set(secrets)
    homes = {compose.environment(name)["AIRFLOW_HOME"] for name in ("api-server", *WORKERS)}
    assert len(homes) == 1 + len(WORKERS)


def test_the_queue_knows_its_workers(runs: ComposeRuns) -> None:
    def seen() -> set[str]:
        broker = runs.client.get("/flowforge/api/queue/stats").json()["executor"]["broker"]
        assert broker["status"] == "ok", broker
        return {worker["name"] for worker in broker["workers"]}

    # Busy workers may be late with their answer.
    wait_until(lambda: seen() == {f"celery@{worker}" for worker in WORKERS}, seconds=60)


def test_a_step_of_a_draft_is_tested_on_a_worker_without_disk(runs: ComposeRuns, ledger: Ledger) -> None:
    graph = make_graph(
        make_webhook(),
        call("book", f"{ledger.url}/tested"),
        make_set("told", got="{{ steps.book.body.booked.number }}"),
        id="tested_step",
        name="Tested step",
    )
    made = runs.client.post(f"{API}/workflows", json={"name": graph.name, "graph": dump_graph(graph)})
    assert made.status_code == 201, made.text
    workflow_id = str(made.json()["id"])

    booked = runs.test_step(workflow_id, "book", data={"trigger": {"body": {"number": 5}}})
    assert booked["state"] == "success", booked
    assert booked["output"]["body"]["booked"] == {"number": 5}
    path = f"{API}/workflows/{workflow_id}/steps/book"
    workers = {run: worker for run, _, _, _, worker in runs.steps(STEP_TEST_DAG_ID)}
    assert workers[booked["id"]] in WORKERS

    # The next step sees what is pinned, and nothing has been published or run.
    assert runs.client.put(f"{path}/pin", json={"output": booked["output"]}).status_code == 200
    told = runs.test_step(workflow_id, "told")
    assert (told["state"], told["output"]) == ("success", {"got": 5}), told
    assert ledger.bodies("/tested") == [{"number": 5}]
    assert runs.count(workflow_id) == Counts(started=0, finished=0, failed=0, waiting=0)


def test_the_step_of_a_killed_worker_is_tried_again_elsewhere(
    runs: ComposeRuns, compose: ComposeSetup, ledger: Ledger
) -> None:
    graph = make_graph(
        make_webhook(),
        call("book", f"{ledger.url}/book"),
        make_set("told", got="{{ steps.book.body.booked.number }}"),
        id="killed_worker",
        name="Killed worker",
    )
    workflow_id = runs.workflows.publish(dump_graph(graph))
    ledger.hold()
    sent = {runs.send(workflow_id, {"number": number}) for number in range(3)}
    wait_until(lambda: len(ledger.calls) == 3, seconds=180)
    before = runs.workers(workflow_id, "book")
    # Three steps on workers of two hands each: both have one at least.
    assert set(before.values()) == set(WORKERS)
    victim = WORKERS[0]
    hit = {run for run, worker in before.items() if worker == victim}

    compose.kill(victim)
    ledger.release()
    counts = runs.wait_for_end(workflow_id, started=3)

    assert counts == Counts(started=len(sent), finished=3, failed=0, waiting=0)
    # Each number is booked once, under one key, however often it was asked for.
    assert sorted(body["number"] for body in ledger.booked.values()) == [0, 1, 2]
    assert len(ledger.calls) == 3 + len(hit)
    steps = {
        run: (tries, worker) for run, task, _, tries, worker in runs.steps(workflow_id) if task == "book"
    }
    assert steps == {run: (2, WORKERS[1]) if run in hit else (1, before[run]) for run in before}

    compose.start_one(victim)
    compose.wait_until_healthy(victim)
