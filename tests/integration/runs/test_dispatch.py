"""What only a real database shows: several processes' dispatchers, and publishing while runs start."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from airflow.models.dag_version import DagVersion
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from sqlalchemy import func, insert, select

from flowforge_provider.inbox.claims import claim_deliveries
from flowforge_provider.inbox.dispatch import dispatch
from flowforge_provider.inbox.writer import make_row
from flowforge_provider.runs.database import Database, close_database, get_database
from flowforge_provider.runs.ids import manual_run_id
from flowforge_provider.runs.published import forget_published
from flowforge_provider.runs.start import start_run
from flowforge_provider.store.tables import DeliveryRow
from tests.factories import make_graph, make_set, make_trigger
from tests.support.front_door import make_delivery, publish_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.inbox.delivery import Delivery

pytestmark = pytest.mark.integration


@pytest.fixture
def database(metadata: str) -> Iterator[Database]:
    close_database()
    forget_published()
    yield get_database()
    close_database()


def _store(database: Database, count: int) -> list[Delivery]:
    deliveries = [make_delivery() for _ in range(count)]
    with database.session() as session:
        session.execute(insert(DeliveryRow), [make_row(each, claimed_until=None) for each in deliveries])
    return deliveries


def test_claims_of_several_processes_do_not_overlap(database: Database) -> None:
    publish_graph()
    _store(database, 60)
    with ThreadPoolExecutor(4) as pool:
        batches = list(
            pool.map(lambda _: claim_deliveries(database=database, limit=20, claim_s=60), range(4))
        )
    claimed = [delivery.id for batch in batches for delivery in batch]
    assert len(claimed) == len(set(claimed)) == 60


def test_a_delivery_that_all_dispatch_at_once_is_one_run(database: Database) -> None:
    publish_graph()
    deliveries = _store(database, 10)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda each: dispatch(each, database=database), deliveries * 4))
    assert sum(result is not None for result in results) == 10
    with database.session("read") as session:
        run_ids = session.scalars(select(DagRun.run_id)).all()
        tasks = session.scalar(select(func.count()).select_from(TaskInstance))
        states = set(session.scalars(select(DeliveryRow.state)))
    assert sorted(run_ids) == sorted(each.run_id for each in deliveries)
    assert tasks == 10
    assert states == {"dispatched"}


def test_a_run_id_that_all_use_at_once_is_one_run(database: Database) -> None:
    publish_graph()
    run_id = manual_run_id()

    def start(_: int) -> bool:
        return start_run(workflow_id="orders", run_id=run_id, trigger={"type": "manual"}).created

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(start, range(8))) == 1


def test_runs_that_start_during_a_publication_are_of_one_piece(database: Database) -> None:
    """A run's bundle version, Dag version and tasks belong to the same publication."""
    names = [f"step_{number}" for number in range(6)]
    publish_graph(make_graph(make_trigger(), make_set(names[0])))

    def start_many(_: int) -> None:
        for _ in range(8):
            start_run(workflow_id="orders", run_id=manual_run_id(), trigger={"type": "manual"})

    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(start_many, number) for number in range(3)]
        for name in names[1:]:
            publish_graph(make_graph(make_trigger(), make_set(name)))
        for each in running:
            each.result()
    with database.session("read") as session:
        rows = session.execute(
            select(DagRun.run_id, DagRun.bundle_version, DagVersion.bundle_version, TaskInstance.task_id)
            .join(DagVersion, DagVersion.id == DagRun.created_dag_version_id)
            .join(TaskInstance, TaskInstance.run_id == DagRun.run_id)
            .where(TaskInstance.task_id != "start")
        ).all()
    assert len(rows) == 24
    assert all(row[1] == row[2] for row in rows)
    step_of_version: dict[str | None, set[str]] = {}
    for row in rows:
        step_of_version.setdefault(row[1], set()).add(row[3])
    assert all(len(steps) == 1 for steps in step_of_version.values()), step_of_version
