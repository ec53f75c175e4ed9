"""
Kill what takes deliveries in, and what stores them, while 50 senders deliver.

Each sender repeats a delivery, with its key, until it gets a 2xx. Whatever was killed meanwhile, each
delivery is one run, and sending everything once more changes nothing.
"""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy

from tests.support.airflow import AirflowInstance
from tests.support.front_door import wait_until
from tests.support.front_door_process import FrontDoorProcess, Sender, send_all
from tests.support.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowforge_provider.dev.guard import Guard
    from tests.support.databases import MigratedPostgres, MigratedSqlite

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

CALLERS = 50
CLAIM = {("flowforge", "inbox_claim_timeout_s"): "2"}
REPOSITORY = str(Path(__file__).parents[3])
PREPARE = (
    f"import sys; sys.path.insert(0, {REPOSITORY!r})\n"
    "from tests.support.front_door import publish_graph, set_token\n"
    "set_token(); publish_graph()"
)
FULL = pytest.mark.slow


@pytest.fixture
def postgres(guard: Guard) -> Iterator[PostgresServer]:
    """A server of the test's own, which waits for the disk, as it must when it is to be killed."""
    server = PostgresServer(guard=guard, durable=True)
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize(
    ("count", "kills"), [(300, 1), pytest.param(2000, 3, marks=FULL)], ids=["few", "many"]
)
def test_an_api_server_that_is_killed_loses_and_doubles_nothing(
    count: int, kills: int, tmp_path: Path, migrated_postgres: MigratedPostgres, guard: Guard
) -> None:
    instance = AirflowInstance(
        home=tmp_path, database_url=migrated_postgres.copy(), settings=CLAIM, guard=guard
    )
    try:
        instance.run_python(PREPARE)
        _start(instance)

        def kill() -> None:
            instance.stop_component("api-server", kill=True)
            _start(instance)

        sender = _send(instance.url, count=count, kills=kills, kill=kill)
        assert sender.unanswered > 0, "the kills came when nobody was sending"
        _check(instance, sender=sender, count=count, url=instance.url)
    finally:
        instance.stop()


@pytest.mark.parametrize("count", [pytest.param(2000, marks=FULL)])
def test_a_database_that_is_restarted_loses_and_doubles_nothing(
    count: int, tmp_path: Path, postgres: PostgresServer, guard: Guard
) -> None:
    instance = AirflowInstance(
        home=tmp_path, database_url=postgres.url(postgres.create_database()), settings=CLAIM, guard=guard
    )
    try:
        instance.migrate()
        instance.run_python(PREPARE)
        _start(instance)

        def restart() -> None:
            postgres.kill()
            postgres.restart()

        sender = _send(instance.url, count=count, kills=1, kill=restart)
        assert sender.statuses.get(503, 0) > 0, "nobody was sending while the database was away"
        assert sender.without_retry_after == 0
        _check(instance, sender=sender, count=count, url=instance.url)
    finally:
        instance.stop()


def test_on_sqlite_a_killed_front_door_loses_nothing_and_an_overloaded_one_says_so(
    tmp_path: Path, migrated_sqlite: MigratedSqlite, guard: Guard
) -> None:
    instance = AirflowInstance(
        home=tmp_path, database_url=migrated_sqlite.copy(tmp_path), settings=CLAIM, guard=guard
    )
    # Two at once and eight in the queue: most of 50 callers are refused at first.
    front_door = FrontDoorProcess(
        instance, guard=guard, settings={("flowforge", "inbox_max_concurrency"): "2"}
    )
    try:
        instance.run_python(PREPARE)
        front_door.start()

        def kill() -> None:
            front_door.kill()
            front_door.start()

        sender = _send(front_door.url, count=200, kills=1, kill=kill)
        assert sender.unanswered > 0
        assert sender.statuses.get(503, 0) > 0
        assert sender.without_retry_after == 0
        _check(instance, sender=sender, count=200, url=front_door.url)
    finally:
        front_door.stop()
        instance.stop()


def _start(instance: AirflowInstance) -> None:
    since = datetime.now(timezone.utc)
    instance.start_component("api-server")
    instance.wait_until_healthy(["api-server"], since=since)


def _send(url: str, *, count: int, kills: int, kill: Callable[[], None]) -> Sender:
    """Deliver ``count`` times, and kill at even distances on the way."""
    sender = Sender()
    failures: list[BaseException] = []

    def kill_all() -> None:
        try:
            for number in range(1, kills + 1):
                goal = count * number // (kills + 1)
                wait_until(lambda goal=goal: len(sender.accepted) >= goal, timeout_s=300)  # type: ignore[misc]
                kill()
        except BaseException as exc:
            failures.append(exc)

    killer = threading.Thread(target=kill_all)
    killer.start()
    asyncio.run(send_all(lambda: url, count=count, callers=CALLERS, sender=sender, timeout_s=600))
    killer.join()
    assert not failures, failures
    assert len(sender.accepted) == count
    return sender


def _check(instance: AirflowInstance, *, sender: Sender, count: int, url: str) -> None:
    engine = sqlalchemy.create_engine(instance.database_url)
    try:
        wait_until(
            lambda: not _rows(engine, "SELECT id FROM flowforge_delivery WHERE state = 'pending'"),
            timeout_s=240,
        )
        _compare(engine, sender=sender, count=count)
        again = Sender()
        asyncio.run(send_all(lambda: url, count=count, callers=CALLERS, sender=again, timeout_s=600))
        assert set(again.statuses) - {503} == {200}, "a delivery was not known any more"
        assert {key: _ids(each) for key, each in again.accepted.items()} == {
            key: _ids(each) for key, each in sender.accepted.items()
        }
        _compare(engine, sender=sender, count=count)
    finally:
        engine.dispose()


def _compare(engine: sqlalchemy.Engine, *, sender: Sender, count: int) -> None:
    runs = _rows(engine, "SELECT run_id FROM dag_run")
    deliveries = _rows(engine, "SELECT run_id FROM flowforge_delivery WHERE state = 'dispatched'")
    promised = {each["execution_id"].partition(".")[2] for each in sender.accepted.values()}
    assert len(promised) == count, "two deliveries were promised the same run"
    assert len(runs) == len(set(runs)) == count
    assert set(runs) == promised
    assert sorted(deliveries) == sorted(runs)
    conf = _rows(engine, "SELECT CAST(count(*) AS VARCHAR(10)) FROM task_instance")
    assert conf == [str(count)], "a run has no task, or two"


def _rows(engine: sqlalchemy.Engine, query: str) -> list[str]:
    with engine.connect() as connection:
        return [str(row[0]) for row in connection.execute(sqlalchemy.text(query))]


def _ids(answer: dict[str, object]) -> tuple[object, object]:
    return answer["delivery_id"], answer["execution_id"]
