"""Kill the api-server while it takes deliveries in: every 2xx must become exactly one run."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import sqlalchemy

from tests.support.airflow import AirflowInstance
from tests.support.front_door import CONNECTION_ID, TOKEN, TOKEN_HEADERS, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowforge_provider.dev.guard import Guard
    from tests.support.databases import MigratedPostgres, MigratedSqlite

pytestmark = pytest.mark.integration

SENDERS = 12
KILLS = 2
PUBLISH = "from tests.support.front_door import publish_graph; publish_graph()"


@pytest.fixture(params=["postgres", "sqlite"])
def instance(request: pytest.FixtureRequest, tmp_path: Path, guard: Guard) -> Iterator[AirflowInstance]:
    if request.param == "postgres":
        migrated_postgres: MigratedPostgres = request.getfixturevalue("migrated_postgres")
        url = migrated_postgres.copy()
    else:
        migrated_sqlite: MigratedSqlite = request.getfixturevalue("migrated_sqlite")
        url = migrated_sqlite.copy(tmp_path)
    instance = AirflowInstance(
        home=tmp_path,
        database_url=url,
        settings={("flowforge", "inbox_claim_timeout_s"): "2"},
        guard=guard,
    )
    yield instance
    instance.stop()


class Senders:
    """Threads that deliver until told to stop, and remember each delivery that was accepted."""

    def __init__(self, url: str) -> None:
        self.accepted: list[dict[str, Any]] = []
        self.refused = 0
        self.unanswered = 0
        self._url = f"{url}/flowforge/api/webhooks/orders"
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(SENDERS)
        self._lock = threading.Lock()
        self._all = [self._pool.submit(self._send) for _ in range(SENDERS)]

    def stop(self) -> None:
        self._stop.set()
        for each in self._all:
            each.result()
        self._pool.shutdown()

    def _send(self) -> None:
        with httpx.Client(timeout=10) as client:
            number = 0
            while not self._stop.is_set():
                number += 1
                try:
                    answer = client.post(self._url, json={"number": number}, headers=TOKEN_HEADERS)
                except httpx.TransportError:
                    self.unanswered += 1
                    time.sleep(0.1)
                    continue
                with self._lock:
                    if answer.status_code == 202:
                        self.accepted.append(answer.json())
                    else:
                        self.refused += 1
                time.sleep(0.02)


@pytest.mark.slow
def test_no_accepted_delivery_is_lost_or_doubled(instance: AirflowInstance) -> None:
    _start(instance)
    instance.add_connection(CONNECTION_ID, conn_type="flowforge_webhook", password=TOKEN)
    instance.run_python(f"import sys; sys.path.insert(0, {_repository()!r}); {PUBLISH}")
    senders = Senders(instance.url)
    for _ in range(KILLS):
        before = len(senders.accepted)
        wait_until(lambda before=before: len(senders.accepted) > before + 30, timeout_s=60)  # type: ignore[misc]
        instance.stop_component("api-server", kill=True)
        _start(instance)
    senders.stop()

    engine = sqlalchemy.create_engine(instance.database_url)
    wait_until(lambda: _count(engine, "flowforge_delivery WHERE state = 'pending'") == 0, timeout_s=60)
    with engine.connect() as connection:
        runs = [row[0] for row in connection.execute(sqlalchemy.text("SELECT run_id FROM dag_run"))]
        deliveries = [
            row[0] for row in connection.execute(sqlalchemy.text("SELECT run_id FROM flowforge_delivery"))
        ]
    engine.dispose()
    promised = {accepted["execution_id"].partition(".")[2] for accepted in senders.accepted}
    assert len(promised) == len(senders.accepted) > 30 * KILLS
    assert senders.unanswered > 0, "the kills came when nobody was sending"
    assert promised <= set(runs), "an accepted delivery has no run"
    assert len(runs) == len(set(runs)), "a delivery has two runs"
    # One that was written but not answered before the kill becomes a run too.
    assert set(runs) == set(deliveries)


def _start(instance: AirflowInstance) -> None:
    since = datetime.now(timezone.utc)
    instance.start_component("api-server")
    instance.wait_until_healthy(["api-server"], since=since)


def _count(engine: sqlalchemy.Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(sqlalchemy.text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608


def _repository() -> str:
    from pathlib import Path

    return str(Path(__file__).parents[3])
