from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from flowforge_provider.inbox.housekeeping import Housekeeper
from flowforge_provider.inbox.writer import DeliveryWriter
from flowforge_provider.runs.published import read_published
from flowforge_provider.store import tables
from flowforge_provider.store.retention import Counts, clean_batch, count_old
from flowforge_provider.store.tables import DeliveryRow, FileRow, RememberedKeyRow
from tests.support.deliveries import NOON, add_delivery, add_file
from tests.support.front_door import make_delivery, publish_graph

if TYPE_CHECKING:
    import pytest

    from flowforge_provider.inbox.delivery import Accepted
    from flowforge_provider.runs.database import Database

CUT = NOON + timedelta(hours=1)


def _left(database: Database, column: Any) -> set[str]:
    with database.session("read") as session:
        return set(session.scalars(select(column)))


def _clean(database: Database, **options: Any) -> Counts:
    given = {"older_than": CUT, "now": CUT, **options}
    return database.transaction(lambda session: clean_batch(session=session, **given))


def test_what_is_old_goes_with_its_files_and_nothing_that_waits(database: Database) -> None:
    gone = {add_delivery(minutes=at, state=state) for at, state in enumerate(("dispatched", "failed"))}
    gone.add(add_delivery(minutes=5, state="skipped", reason="filter", run_id=None))
    kept = {add_delivery(state="pending"), add_delivery(state="held"), add_delivery(minutes=60)}
    for delivery in gone | kept:
        add_file(delivery)
    orphan = add_file("0" * 32)
    young_orphan = add_file("1" * 32, created_at=CUT)
    with database.session("read") as session:
        assert count_old(older_than=CUT, now=CUT, session=session) == Counts(3, 1, 0)
    assert _clean(database) == Counts(3, 1, 0)
    assert _left(database, DeliveryRow.id) == kept
    assert _left(database, FileRow.delivery_id) == kept | {"1" * 32}
    assert orphan not in _left(database, FileRow.id)
    assert young_orphan in _left(database, FileRow.id)
    assert not _clean(database)


def test_a_key_is_recognised_for_its_time_whatever_is_removed(database: Database) -> None:
    """A window of 31 days, deliveries kept for 2: the same delivery on the 30th day is no new one."""
    publish_graph()
    with database.session("read") as session:
        seq = read_published("orders", session).seq
    writer = DeliveryWriter(
        database=database, on_written=lambda _: None, claim_s=15, may_claim=lambda *_: False
    )
    writer.start()

    def send(day: float, **fields: Any) -> Accepted:
        given = {"dedup_key": "msg_1", "dedup_window": timedelta(days=31), **fields}
        delivery = make_delivery(received_at=NOON + timedelta(days=day), **given)
        return writer.write(delivery, seq=seq).result(30)

    def clean(day: float) -> int:
        with database.session() as session:
            session.execute(update(DeliveryRow).values(state="dispatched"))
        moment = NOON + timedelta(days=day)
        return _clean(database, older_than=moment - timedelta(days=2), now=moment).deliveries

    try:
        first = send(0)
        skipped = send(
            0, dedup_key="msg_2", dedup_window=timedelta(days=10), state="skipped", reason="filter"
        )
        short = send(0, dedup_key="msg_3", dedup_window=timedelta(days=1))
        assert clean(3) == 3
        assert _left(database, DeliveryRow.id) == set()
        again = send(30)
        assert (again.duplicate, again.delivery_id, again.run_id) == (True, first.delivery_id, first.run_id)
        assert send(9, dedup_key="msg_2").delivery_id == skipped.delivery_id
        assert not send(9, dedup_key="msg_3").duplicate
        assert short.run_id is not None
        # After its time the key is free, and the next one that has it is recognised instead.
        second = send(31.5)
        assert not second.duplicate
        assert send(31.6).delivery_id == second.delivery_id
        assert _left(database, RememberedKeyRow.dedup_key) == {"msg_2"}
        clean(40)
        assert send(61).delivery_id == second.delivery_id
        assert _left(database, RememberedKeyRow.dedup_key) == {"msg_1"}
    finally:
        writer.stop()


def test_a_key_belongs_to_the_delivery_that_had_it_last(database: Database) -> None:
    for minutes in (0, 1):
        until = NOON + timedelta(days=31)
        last = add_delivery(minutes=minutes, dedup_key="msg_1", remember_until=until)
        assert _clean(database).deliveries == 1
    assert _left(database, RememberedKeyRow.delivery_id) == {last}


def test_one_batch_is_bounded(database: Database) -> None:
    ids = [add_delivery(minutes=minute) for minute in range(5)]
    assert _clean(database, limit=2).deliveries == 2
    assert _left(database, DeliveryRow.id) == set(ids[2:])


def test_what_was_caught_at_a_test_address_goes_sooner(database: Database) -> None:
    caught, young = add_delivery(state="captured"), add_delivery(state="captured", minutes=30)
    old = add_delivery()
    now = NOON + timedelta(days=7, minutes=1)
    with database.session() as session:
        for node_id, until in (("a", NOON), ("b", NOON + timedelta(minutes=2))):
            session.add(
                tables.TestListenerRow(
                    workflow_id="orders", node_id=node_id, until=until, refusals=[], started_by="ann"
                )
            )
    counts = _clean(database, older_than=NOON - timedelta(days=1), now=now)
    assert counts == Counts(1, 0, 1)
    assert caught not in _left(database, DeliveryRow.id)
    assert _left(database, DeliveryRow.id) == {young, old}
    assert _left(database, tables.TestListenerRow.node_id) == {"b"}


def test_the_housekeeper_keeps_what_the_setting_says(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__DELIVERY_RETENTION_DAYS", "2")
    now = datetime.now(tz=timezone.utc)
    ages = [timedelta(days=3), timedelta(days=2, hours=-1)]
    _, kept = (add_delivery(received_at=now - age) for age in ages)
    assert Housekeeper(database=database).clean() == 1
    assert _left(database, DeliveryRow.id) == {kept}


def test_the_housekeeper_outlives_a_database_that_is_away(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    tried = threading.Semaphore(0)

    def fail(_self: Housekeeper) -> int:
        tried.release()
        raise OSError("away")

    monkeypatch.setattr(Housekeeper, "clean", fail)
    keeper = Housekeeper(database=database, pause_s=0.01)
    keeper.start()
    assert tried.acquire(timeout=10)
    assert tried.acquire(timeout=10)
    keeper.stop()


def test_the_command_counts_first_and_then_removes(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    import json
    from argparse import Namespace

    from flowforge_provider.cli.commands.deliveries import clean

    ids = [add_delivery(minutes=minute) for minute in range(3)]
    add_delivery(state="pending")
    given = {"older_than": 1.0, "batch": 2, "output": "json", "verbose": False}
    clean(Namespace(dry_run=True, **given))
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["removed"], row["deliveries"]) == ("no (dry run)", "3")
    assert set(ids) <= _left(database, DeliveryRow.id)
    clean(Namespace(dry_run=False, **given))
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["removed"], row["deliveries"]) == ("yes", "3")
    assert len(_left(database, DeliveryRow.id)) == 1
