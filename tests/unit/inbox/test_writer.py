from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, func, select

from flowforge_provider.inbox.errors import InboxClosedError, StalePublicationError
from flowforge_provider.inbox.writer import DeliveryWriter
from flowforge_provider.store.tables import DeliveryRow
from tests.support.front_door import make_delivery, publish_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.runs.database import Database


class Kit:
    """A writer that has not been started yet, and what it handed on."""

    def __init__(self, database: Database) -> None:
        self.written: list[Delivery] = []
        self.writer = DeliveryWriter(
            database=database, on_written=self.written.extend, claim_s=15, may_claim=lambda *_: True
        )
        self.seq = self._live_seq(database)

    @staticmethod
    def _live_seq(database: Database) -> int:
        from flowforge_provider.runs.published import read_published

        with database.session("read") as session:
            return read_published("orders", session).seq


@pytest.fixture
def kit(database: Database) -> Iterator[Kit]:
    publish_graph()
    kit = Kit(database)
    yield kit
    if kit.writer._thread.is_alive():
        kit.writer.stop()


def _count(database: Database) -> int:
    with database.session("read") as session:
        return session.scalar(select(func.count()).select_from(DeliveryRow)) or 0


def test_what_arrives_together_shares_a_commit(kit: Kit, database: Database) -> None:
    commits: list[object] = []

    def count_commit(connection: object) -> None:
        commits.append(connection)

    event.listen(database.engine, "commit", count_commit)
    futures = [kit.writer.write(make_delivery(), seq=kit.seq) for _ in range(40)]
    kit.writer.start()
    accepted = {future.result(timeout=10).delivery_id for future in futures}
    event.remove(database.engine, "commit", count_commit)
    assert len(accepted) == 40
    assert len(commits) == 1
    assert {delivery.id for delivery in kit.written} == accepted
    assert _count(database) == 40


def test_one_that_was_verified_by_an_older_publication_is_not_written(kit: Kit, database: Database) -> None:
    good = kit.writer.write(make_delivery(), seq=kit.seq)
    stale = kit.writer.write(make_delivery(), seq=kit.seq - 1)
    kit.writer.start()
    assert good.result(timeout=10)
    with pytest.raises(StalePublicationError):
        stale.result(timeout=10)
    assert _count(database) == 1


def test_a_repeated_key_is_the_first_delivery(kit: Kit, database: Database) -> None:
    first = kit.writer.write(make_delivery(dedup_key="a"), seq=kit.seq)
    same_batch = kit.writer.write(make_delivery(dedup_key="a"), seq=kit.seq)
    kit.writer.start()
    assert not first.result(timeout=10).duplicate
    later = kit.writer.write(make_delivery(dedup_key="a"), seq=kit.seq)
    for again in (same_batch, later):
        assert again.result(timeout=10).duplicate
        assert again.result().delivery_id == first.result().delivery_id
    assert len(kit.written) == 1
    assert _count(database) == 1


def test_one_that_the_database_refuses_does_not_harm_the_others(kit: Kit, database: Database) -> None:
    bad = kit.writer.write(make_delivery(body=object()), seq=kit.seq)
    good = kit.writer.write(make_delivery(), seq=kit.seq)
    kit.writer.start()
    assert good.result(timeout=10)
    with pytest.raises(Exception, match="not JSON serializable"):
        bad.result(timeout=10)
    assert _count(database) == 1


def test_a_sender_that_has_gone_away_gets_no_run(kit: Kit, database: Database) -> None:
    gone = kit.writer.write(make_delivery(), seq=kit.seq)
    gone.cancel()
    stays = kit.writer.write(make_delivery(), seq=kit.seq)
    kit.writer.start()
    stays.result(timeout=10)
    assert _count(database) == 1


def test_stopping_writes_what_has_arrived(kit: Kit, database: Database) -> None:
    future = kit.writer.write(make_delivery(), seq=kit.seq)
    kit.writer.start()
    kit.writer.stop()
    assert future.result(timeout=0)
    with pytest.raises(InboxClosedError):
        kit.writer.write(make_delivery(), seq=kit.seq)
