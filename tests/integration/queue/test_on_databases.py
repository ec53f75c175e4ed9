"""Holding runs and gathering dead letters, on each kind of database."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from sqlalchemy import func, select, update

from flowforge_provider.queue import collecting, letting, pauses, processing
from flowforge_provider.queue.dead_letters import discard, list_groups
from flowforge_provider.queue.stats import count_queue, recount
from flowforge_provider.queue.waiting import list_waiting
from flowforge_provider.runs.ids import ExecutionId
from flowforge_provider.store.queue_tables import DeadLetterRow, HeldRunRow
from flowforge_provider.store.transactions import run_in_transaction
from tests.factories import make_graph
from tests.support.front_door import publish_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.integration

PAST = datetime.now(tz=timezone.utc) - timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _fresh(metadata: str) -> Iterator[None]:
    from flowforge_provider.runs.published import forget_published

    forget_published()
    recount()
    yield
    forget_published()


def _start(number: int) -> list[str]:
    from flowforge_provider.runs.start import RunRequest, create_runs

    run_ids = [f"run{each:03}" for each in range(number)]
    requests = [RunRequest(run_id, {"type": "manual"}, PAST) for run_id in run_ids]
    run_in_transaction(lambda session: create_runs(workflow_id="orders", requests=requests, session=session))
    return run_ids


def _startable() -> list[str]:
    with create_session() as session:
        return sorted(run.run_id for run in DagRun.get_queued_dag_runs_to_set_running(session))


def test_one_goes_through_and_the_others_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processing, "_SETTLE_S", 0)
    publish_graph(make_graph())
    run_ids = _start(12)
    run_in_transaction(lambda session: pauses.pause_all(reason="", user="ann", session=session))
    with create_session() as session:
        chosen = processing.find_next(session=session)
    assert chosen == ExecutionId("orders", "run000")
    processing.let_through(chosen, user="ann")
    assert _startable() == ["run000"]
    with create_session() as session:
        assert session.scalar(select(func.count()).select_from(HeldRunRow)) == 11
        counts = count_queue(session).counts["orders"]
        page = list_waiting(session=session, limit=100)
    assert (counts.waiting, counts.running, counts.scheduled) == (12, 0, 0)
    reasons = {item.execution_id.run_id: [reason.code for reason in item.reasons] for item in page.items}
    assert "held" in reasons["run001"]
    assert "paused" not in reasons["run000"]
    with create_session() as session:
        session.execute(update(DagRun).where(DagRun.run_id == "run000").values({"_state": "success"}))
    run_in_transaction(lambda session: letting.follow("orders", session))
    assert _startable() == []
    run_in_transaction(pauses.resume_all)
    assert _startable() == run_ids[1:]
    with create_session() as session:
        assert session.scalar(select(func.count()).select_from(HeldRunRow)) == 0
        assert set(session.scalars(select(DagRun.run_after))) == {PAST}


def test_hundreds_of_failures_are_gathered_once() -> None:
    publish_graph(make_graph())
    _start(250)
    with create_session() as session:
        session.execute(
            update(DagRun).values({"_state": "failed", "end_date": datetime.now(tz=timezone.utc)})
        )
    found = [run_in_transaction(collecting.collect) for _ in range(3)]
    assert found == [collecting.BATCH, 50, 0]
    with create_session() as session:
        page = list_groups(session=session)
        assert not collecting.needs_collecting(session)
    ((group, name),) = page.rows
    assert (group.open_count, group.total_count, name, page.total_open) == (250, 250, "Orders", 250)
    settled = run_in_transaction(
        lambda session: discard(group.id, ids=None, comment="", user="ann", session=session)
    )
    assert settled == 250
    with create_session() as session:
        assert set(session.scalars(select(DeadLetterRow.state))) == {"handled"}
        assert not collecting.needs_collecting(session)
