"""Several deliveries in one transaction: the same rows as one by one, and no harm from one that is bad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from sqlalchemy import event, insert, inspect, select, update

from flowforge_provider.inbox.dispatch import dispatch, dispatch_batch
from flowforge_provider.inbox.writer import make_row
from flowforge_provider.runs import bulk, start
from flowforge_provider.store.tables import DeliveryRow
from tests.factories import make_graph, make_set
from tests.support.front_door import make_delivery, make_webhook, publish_graph

if TYPE_CHECKING:
    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.runs.database import Database

# What no two runs share: filled in, but with another value each time.
OWN_FIELDS = {
    "id",
    "run_id",
    "run_after",
    "queued_at",
    "created_at",
    "updated_at",
    "context_carrier",
    "conf",
    "last_heartbeat_at",
    "dag_run_id",
}


@pytest.fixture
def workflow(database: Database) -> str:
    steps = [make_set(f"step_{number}", number=number) for number in range(1, 5)]
    return publish_graph(make_graph(make_webhook(), *steps))


def _store(database: Database, count: int, **fields: Any) -> list[Delivery]:
    deliveries = [make_delivery(body={"number": number}, **fields) for number in range(count)]
    with database.session() as session:
        session.execute(insert(DeliveryRow), [make_row(each, claimed_until=None) for each in deliveries])
    return deliveries


def _rows(database: Database, model: Any, run_id: str) -> list[dict[str, Any]]:
    columns = inspect(model).local_table.columns
    with database.session("read") as session:
        rows = session.execute(select(columns).where(columns["run_id"] == run_id)).mappings()
        return sorted((dict(row) for row in rows), key=lambda row: str(row.get("task_id")))


def _comparable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep values, but of a run's own fields only whether there is one."""
    return [
        {name: value is not None if name in OWN_FIELDS else value for name, value in row.items()}
        for row in rows
    ]


def test_a_batch_writes_the_rows_that_airflow_writes_one_by_one(database: Database, workflow: str) -> None:
    alone, *together = _store(database, 4)
    dispatch(alone, database=database)
    with (
        mock.patch.object(bulk, "insert_runs", wraps=bulk.insert_runs) as insert_runs,
        mock.patch("flowforge_provider.runs.start.insert_runs", insert_runs),
    ):
        assert dispatch_batch(together, database=database) == {}
    insert_runs.assert_called_once()
    for model, count in ((DagRun, 1), (TaskInstance, 5)):
        expected = _rows(database, model, alone.run_id)
        assert len(expected) == count
        for each in together:
            found = _rows(database, model, each.run_id)
            assert _comparable(found) == _comparable(expected)
            for row, plain in zip(found, expected, strict=True):
                assert row["context_carrier"].keys() == plain["context_carrier"].keys()
                assert row["context_carrier"] != plain["context_carrier"] or not plain["context_carrier"]
    for each in together:
        (run,) = _rows(database, DagRun, each.run_id)
        assert run["conf"]["trigger"]["body"] == each.body
        assert run["conf"]["trigger"]["delivery_id"] == each.id
    with database.session("read") as session:
        ids = session.scalars(select(TaskInstance.id)).all()
        runs = session.scalars(select(DagRun)).all()
        assert len(set(ids)) == 20
        assert {run.note for run in runs} == {None}


def test_an_airflow_that_makes_runs_in_another_way_gets_them_one_by_one(
    database: Database, workflow: str
) -> None:
    deliveries = _store(database, 3)
    with mock.patch.object(bulk, "_task_instances", side_effect=AttributeError("it has gone")):
        assert dispatch_batch(deliveries, database=database) == {}
    for each in deliveries:
        assert len(_rows(database, TaskInstance, each.run_id)) == 5


def test_an_installations_own_hook_sees_each_task(database: Database, workflow: str) -> None:
    deliveries = _store(database, 2)

    def hook(task_instance: Any, dag_run: Any = None) -> None:
        task_instance.queue = "own"

    with mock.patch("airflow.settings.task_instance_mutation_hook", hook):
        assert dispatch_batch(deliveries, database=database) == {}
    for each in deliveries:
        assert {row["queue"] for row in _rows(database, TaskInstance, each.run_id)} == {"own"}


def test_one_that_fails_does_not_harm_the_others(database: Database, workflow: str) -> None:
    good, bad, also_good = _store(database, 3)
    original = start.create_runs

    def refuse_bad(**options: Any) -> Any:
        if any(each.run_id == bad.run_id for each in options["requests"]):
            raise ValueError("this one cannot be a run")
        return original(**options)

    with mock.patch("flowforge_provider.inbox.dispatch.create_runs", refuse_bad):
        failures = dispatch_batch([good, bad, also_good], database=database)
    assert list(failures) == [bad.id]
    assert str(failures[bad.id]) == "this one cannot be a run"
    with database.session("read") as session:
        states = {row.id: row.state for row in session.scalars(select(DeliveryRow))}
    assert states == {good.id: "dispatched", bad.id: "pending", also_good.id: "dispatched"}
    assert _rows(database, DagRun, bad.run_id) == []


def test_a_batch_with_runs_that_are_there_already_makes_the_others(database: Database, workflow: str) -> None:
    deliveries = _store(database, 3)
    dispatch(deliveries[0], database=database)
    with database.session() as session:
        session.execute(update(DeliveryRow).values(state="pending"))
    assert dispatch_batch(deliveries, database=database) == {}
    for each in deliveries:
        assert len(_rows(database, DagRun, each.run_id)) == 1


def test_a_batch_costs_few_statements(database: Database, workflow: str) -> None:
    small, large = _store(database, 2), _store(database, 20)
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    dispatch_batch(small, database=database)
    event.listen(database.engine, "before_cursor_execute", note)
    dispatch_batch(large, database=database)
    event.remove(database.engine, "before_cursor_execute", note)
    assert len(statements) <= 15
