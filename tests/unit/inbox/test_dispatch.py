from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import OperationalError

from flowforge_provider.exceptions import ConflictError
from flowforge_provider.inbox.claims import claim_deliveries
from flowforge_provider.inbox.dispatch import dispatch, record_failure
from flowforge_provider.inbox.dispatcher import Dispatcher
from flowforge_provider.inbox.writer import make_row
from flowforge_provider.publishing import unpublish
from flowforge_provider.store.tables import DeliveryRow
from tests.support.front_door import make_delivery, publish_graph, wait_until

if TYPE_CHECKING:
    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.runs.database import Database

PAST = datetime(2020, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def workflow(database: Database) -> str:
    return publish_graph()


def _store(database: Database, *, claimed_until: datetime | None = None, **fields: Any) -> Delivery:
    delivery = make_delivery(**fields)
    with database.session() as session:
        session.execute(insert(DeliveryRow), [make_row(delivery, claimed_until=claimed_until)])
    return delivery


def _read(database: Database, delivery: Delivery) -> DeliveryRow:
    with database.session("read") as session:
        return session.scalars(select(DeliveryRow).where(DeliveryRow.id == delivery.id)).one()


def _runs(database: Database) -> int:
    with database.session("read") as session:
        return session.scalar(select(func.count()).select_from(DagRun)) or 0


def test_a_delivery_becomes_a_pinned_run(database: Database, workflow: str) -> None:
    delivery = _store(database)
    run = dispatch(delivery, database=database)
    assert run is not None
    assert run.created
    with database.session("read") as session:
        stored = session.scalars(select(DagRun)).one()
    assert stored.run_id == delivery.run_id
    assert stored.bundle_version == str(run.seq)
    assert stored.created_dag_version_id is not None
    assert stored.conf is not None
    assert stored.conf["trigger"]["delivery_id"] == delivery.id
    row = _read(database, delivery)
    assert (row.state, row.attempts, row.claimed_until) == ("dispatched", 1, None)


def test_many_dispatchers_make_one_run(database: Database, workflow: str) -> None:
    delivery = _store(database)
    results: list[Any] = []
    threads = [
        threading.Thread(target=lambda: results.append(dispatch(delivery, database=database)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert sum(result is not None for result in results) == 1
    assert _runs(database) == 1


def test_a_run_that_is_there_already_is_not_made_again(database: Database, workflow: str) -> None:
    delivery = _store(database)
    dispatch(delivery, database=database)
    with database.session() as session:
        session.execute(update(DeliveryRow).values(state="pending"))
    again = dispatch(delivery, database=database)
    assert again is not None
    assert not again.created
    assert _runs(database) == 1
    assert _read(database, delivery).state == "dispatched"


def test_a_failed_attempt_leaves_no_half_of_it(database: Database, workflow: str) -> None:
    delivery = _store(database)
    with database.session() as session:
        session.execute(update(DagModel).values(bundle_version="1"))
    with pytest.raises(ConflictError) as caught:
        dispatch(delivery, database=database)
    assert caught.value.error_code == "workflow-not-registered"
    assert _read(database, delivery).state == "pending"
    assert _runs(database) == 0


def test_what_is_not_registered_yet_is_tried_again_for_ever(database: Database, workflow: str) -> None:
    delivery = _store(database)
    error = ConflictError("not yet", code="workflow-not-registered")
    for _ in range(50):
        record_failure(delivery, error, database=database)
    row = _read(database, delivery)
    assert row.state == "pending"
    assert row.attempts == 50
    assert row.error == "not yet [workflow-not-registered]"
    assert row.claimed_until is not None
    delay = row.claimed_until - datetime.now(tz=timezone.utc)
    assert timedelta(seconds=50) < delay <= timedelta(seconds=60)


def test_a_database_that_is_away_is_waited_for(database: Database, workflow: str) -> None:
    delivery = _store(database)
    for _ in range(50):
        record_failure(delivery, OperationalError("SELECT", {}, Exception("gone")), database=database)
    assert _read(database, delivery).state == "pending"


def test_a_workflow_that_went_offline_ends_the_delivery_after_some_patience(
    database: Database, workflow: str
) -> None:
    delivery = _store(database)
    unpublish(workflow_id=workflow, user="me")
    states = []
    for _ in range(4):
        with pytest.raises(ConflictError) as caught:
            dispatch(delivery, database=database)
        record_failure(delivery, caught.value, database=database)
        states.append(_read(database, delivery).state)
    assert states == ["pending", "pending", "pending", "failed"]
    assert "not published" in (_read(database, delivery).error or "")


def test_only_what_nobody_holds_is_claimed_and_the_oldest_first(database: Database, workflow: str) -> None:
    future = datetime.now(tz=timezone.utc) + timedelta(minutes=1)
    held = _store(database, claimed_until=future)
    expired = _store(database, claimed_until=PAST, received_at=PAST + timedelta(days=1))
    free = _store(database, received_at=PAST)
    claimed = claim_deliveries(database=database, limit=10, claim_s=15)
    assert [delivery.id for delivery in claimed] == [free.id, expired.id]
    assert claimed[0] == free
    assert claim_deliveries(database=database, limit=10, claim_s=15) == []
    assert _read(database, held).claimed_until == future


def test_large_bodies_are_claimed_few_at_a_time(database: Database, workflow: str) -> None:
    stored = [_store(database, size=10 * 1024 * 1024, received_at=PAST + timedelta(days=n)) for n in range(3)]
    batches = [claim_deliveries(database=database, limit=10, claim_s=15) for _ in range(4)]
    assert [[each.id for each in batch] for batch in batches] == [[each.id] for each in stored] + [[]]


def test_the_loop_dispatches_what_it_is_offered_and_what_others_have_left(
    database: Database, workflow: str
) -> None:
    left = [_store(database, claimed_until=PAST) for _ in range(3)]
    dispatcher = Dispatcher(database=database, claim_s=15, count_senders=lambda: 1)
    dispatcher.start()
    try:
        offered = _store(database, claimed_until=datetime.now(tz=timezone.utc) + timedelta(minutes=1))
        dispatcher.offer([offered])
        wait_until(lambda: all(_read(database, each).state == "dispatched" for each in [*left, offered]))
    finally:
        dispatcher.stop()
    assert _runs(database) == 4


def test_a_backlog_of_another_process_waits_for_no_sweep(
    database: Database, workflow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowforge_provider.inbox.dispatcher._SWEEP_S", 3600.0)
    monkeypatch.setattr("flowforge_provider.inbox.dispatcher._CLAIM_BATCH", 4)
    left = [_store(database, claimed_until=PAST) for _ in range(10)]
    dispatcher = Dispatcher(database=database, claim_s=15, count_senders=lambda: 0)
    dispatcher.start()
    try:
        wait_until(lambda: all(_read(database, each).state == "dispatched" for each in left))
    finally:
        dispatcher.stop()
    assert _runs(database) == 10


def test_the_loop_outlives_a_delivery_that_fails(database: Database, workflow: str) -> None:
    bad = _store(database, workflow_id="nothing")
    good = _store(database)
    dispatcher = Dispatcher(database=database, claim_s=15, count_senders=lambda: 0)
    dispatcher.start()
    try:
        wait_until(lambda: _read(database, good).state == "dispatched")
        wait_until(lambda: _read(database, bad).attempts == 1)
    finally:
        dispatcher.stop()
    assert "no workflow" in (_read(database, bad).error or "")


def test_a_storm_waits_in_the_database_and_not_in_memory(database: Database, workflow: str) -> None:
    dispatcher = Dispatcher(database=database, claim_s=15, count_senders=lambda: 0)
    deliveries = [make_delivery() for _ in range(250)]
    dispatcher.offer(deliveries)
    assert not dispatcher.has_room("orders", 0)
    assert len(dispatcher._waiting) == 200
    assert dispatcher._waiting.has_spilled
