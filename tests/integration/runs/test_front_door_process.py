"""The front door as a process of its own, beside or instead of the api-server's."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import sqlalchemy

from tests.support.airflow import AirflowInstance
from tests.support.front_door import TOKEN_HEADERS, wait_until
from tests.support.front_door_process import FrontDoorProcess, Sender, send_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.dev.guard import Guard
    from tests.support.databases import MigratedPostgres

pytestmark = pytest.mark.integration

REPOSITORY = str(Path(__file__).parents[3])
PREPARE = (
    f"import sys; sys.path.insert(0, {REPOSITORY!r})\n"
    "from tests.support.front_door import publish_graph, set_token\n"
    "set_token(); publish_graph()"
)


@pytest.fixture(scope="module")
def instance(
    tmp_path_factory: pytest.TempPathFactory, migrated_postgres: MigratedPostgres, guard: Guard
) -> Iterator[AirflowInstance]:
    """An Airflow of which no component runs: the front door needs the database only."""
    instance = AirflowInstance(
        home=tmp_path_factory.mktemp("front-door"),
        database_url=migrated_postgres.copy(),
        settings={("flowforge", "inbox_claim_timeout_s"): "2"},
        guard=guard,
    )
    instance.run_python(PREPARE)
    yield instance
    instance.stop()


@pytest.fixture
def engine(instance: AirflowInstance) -> Iterator[sqlalchemy.Engine]:
    engine = sqlalchemy.create_engine(instance.database_url)
    yield engine
    engine.dispose()


def _niceness(front_door: FrontDoorProcess) -> int:
    return os.getpriority(os.PRIO_PROCESS, front_door.component.pid)


def _column(engine: sqlalchemy.Engine, query: str) -> list[str]:
    with engine.connect() as connection:
        return [str(row[0]) for row in connection.execute(sqlalchemy.text(query))]


def _pending(engine: sqlalchemy.Engine) -> list[str]:
    return _column(engine, "SELECT id FROM flowforge_delivery WHERE state = 'pending'")


def test_it_takes_webhooks_in_makes_their_runs_and_shows_nothing_else(
    instance: AirflowInstance, engine: sqlalchemy.Engine, guard: Guard
) -> None:
    front_door = FrontDoorProcess(instance, guard=guard, workers=2)
    front_door.start()
    try:
        with httpx.Client(base_url=front_door.url, timeout=30) as client:
            accepted = client.post("/flowforge/api/webhooks/orders", json={"id": 7}, headers=TOKEN_HEADERS)
            assert accepted.status_code == 202, accepted.text
            run_id = accepted.json()["execution_id"].partition(".")[2]
            assert _niceness(front_door) >= 5
            assert accepted.headers["location"].startswith("/flowforge/api/executions/orders.webhook__")
            wait_until(lambda: run_id in _column(engine, "SELECT run_id FROM dag_run"), timeout_s=30)
            refused = client.post("/flowforge/api/webhooks/orders", json={"id": 7})
            assert refused.status_code == 401
            assert refused.headers["content-type"] == "application/problem+json"
            for path in ("/flowforge/api/workflows", "/flowforge/api/deliveries", "/api/v2/dags", "/docs"):
                assert client.get(path).status_code == 404, path
            assert client.get("/flowforge/api/health").status_code == 200
    finally:
        front_door.stop()


def test_who_is_being_served_when_it_stops_is_served(
    instance: AirflowInstance, engine: sqlalchemy.Engine, guard: Guard
) -> None:
    front_door, other = (FrontDoorProcess(instance, guard=guard) for _ in range(2))
    front_door.start()
    other.start()
    sender = Sender()
    addresses = [front_door.url]

    def stop() -> None:
        wait_until(lambda: len(sender.accepted) > 100, timeout_s=60)
        # As a load balancer does: no new calls to what is to stop.
        addresses[0] = other.url
        # What was sent a moment before is on its way, and has to arrive before it can be served.
        time.sleep(0.3)
        front_door.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    try:
        asyncio.run(send_all(lambda: addresses[0], count=300, callers=20, sender=sender))
        stopper.join()
        assert sender.unanswered == 0
        assert sender.statuses == {202: 300}
        wait_until(lambda: not _pending(engine), timeout_s=60)
        runs = _column(engine, "SELECT run_id FROM dag_run")
        promised = {each["execution_id"].partition(".")[2] for each in sender.accepted.values()}
        assert len(promised) == 300
        assert promised <= set(runs)
        assert len(runs) == len(set(runs))
    finally:
        stopper.join()
        front_door.stop()
        other.stop()
