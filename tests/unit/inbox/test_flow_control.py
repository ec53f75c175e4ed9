from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow.models.dagrun import DagRun
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, update

from flowforge_provider.inbox.dispatch import record_failure
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.flow import Flow
from flowforge_provider.inbox.releasing import forget_rates, release
from flowforge_provider.store.tables import DeliveryRow, RateRow
from tests.support.flow import (
    Line,
    batch,
    check_promises,
    debounce,
    publish_limited,
    rate,
    rows_of,
    runs_of,
)
from tests.support.front_door import make_delivery, publish_graph

if TYPE_CHECKING:
    from flowforge_provider.runs.database import Database


@pytest.fixture
def line(database: Database) -> Line:
    publish_graph()
    return Line(database)


def _refusal(line: Line, flow: Flow) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        line.write(flow=flow)
    return caught.value


def test_over_the_rate_a_delivery_is_refused_and_nothing_is_stored(line: Line, database: Database) -> None:
    flow = rate("k", limit=2, period=10)
    for _ in range(2):
        line.write(flow=flow)
    refusal = _refusal(line, flow)
    assert (refusal.status, refusal.error_code, refusal.headers) == (
        429,
        "rate-limited",
        {"Retry-After": "5"},
    )
    assert line.write(flow=rate("other", limit=2, period=10))
    line.advance(4)
    assert _refusal(line, flow).headers == {"Retry-After": "1"}
    line.advance(1)
    line.write(flow=flow)
    assert len(rows_of(database)) == 4


def test_of_deliveries_written_together_only_as_many_pass_as_may(line: Line, database: Database) -> None:
    flow = rate("k", limit=2, period=10)
    futures = line.write_all([make_delivery(flow=flow, dedup_key=str(number // 2)) for number in range(8)])
    results = [future.exception(timeout=0) or future.result().duplicate for future in futures]
    # The second of each pair repeats the first; it is not counted, and one that repeats a refused one is new.
    assert results[:4] == [False, True, False, True]
    assert all(isinstance(each, RefusedError) for each in results[4:])
    assert len(rows_of(database)) == 2


def test_spread_deliveries_run_one_after_another(line: Line, database: Database) -> None:
    flow = rate("k", limit=2, period=10, spread=True)
    for _ in range(5):
        line.write(flow=flow)
    delays = [row.run_after - line.now if row.run_after else None for row in rows_of(database).values()]
    assert delays == [None, None, *(timedelta(seconds=seconds) for seconds in (5, 10, 15))]
    line.dispatch()
    with database.session("read") as session:
        starts = {run.run_id: run.run_after for run in session.scalars(select(DagRun))}
    for row in rows_of(database).values():
        assert row.run_after is None or starts[str(row.run_id)] == row.run_after
    check_promises(database)


def test_rates_that_are_not_used_up_are_forgotten(line: Line, database: Database) -> None:
    line.write(flow=rate("short", limit=1, period=1))
    line.write(flow=rate("long", limit=1, period=100))
    line.advance(50)
    forget_rates(database=database, now=line.now)
    with database.session("read") as session:
        assert session.scalars(select(RateRow.key)).all() == ["long"]


def test_where_nothing_waits_one_look_is_enough(database: Database) -> None:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        assert release(database=database, claim_s=60) == ([], None)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert statements.count("BEGIN") == 1


def test_the_last_of_a_series_runs_and_the_others_are_skipped(line: Line, database: Database) -> None:
    accepted = []
    for number in range(3):
        accepted.append(line.write(flow=debounce("k", wait=10), body={"number": number}))
        line.advance(9)
        line.release()
    assert {each.execution_id for each in accepted} == {f"orders.webhook__{accepted[0].delivery_id}"}
    assert [row.state for row in rows_of(database).values()] == ["held"] * 3
    line.advance(1)
    line.release()
    line.dispatch()
    (run,) = runs_of(database).values()
    assert run["body"] == {"number": 2}
    assert run["delivery_id"] == accepted[2].delivery_id
    rows = list(rows_of(database).values())
    assert [(row.state, row.reason) for row in rows] == [
        ("skipped", "debounced"),
        ("skipped", "debounced"),
        ("dispatched", None),
    ]
    check_promises(database)


def test_a_series_without_an_end_runs_at_the_longest_wait(line: Line, database: Database) -> None:
    for number in range(6):
        line.write(flow=debounce("k", wait=10, longest=20), body=number)
        line.advance(5)
    line.finish()
    assert [run["body"] for run in runs_of(database).values()] == [3, 5]
    check_promises(database)


def test_a_batch_runs_when_it_is_full_or_late(line: Line, database: Database) -> None:
    for number in range(5):
        line.write(
            flow=batch("k", size=3, wait=60), body=number, headers={"n": str(number)}, query={"q": number}
        )
    line.release()
    line.dispatch()
    (full,) = runs_of(database).values()
    assert full["body"] == [0, 1, 2]
    assert full["headers"] == [{"n": "0"}, {"n": "1"}, {"n": "2"}]
    assert full["query"] == [{"q": 0}, {"q": 1}, {"q": 2}]
    rows = list(rows_of(database).values())
    assert full["deliveries"] == [row.id for row in rows[:3]]
    assert [row.state for row in rows] == ["dispatched"] * 3 + ["held"] * 2
    line.advance(60)
    line.release()
    line.dispatch()
    assert sorted(run["body"] for run in runs_of(database).values()) == [[0, 1, 2], [3, 4]]
    check_promises(database)


def test_a_batch_of_one_is_a_list_too(line: Line, database: Database) -> None:
    line.write(flow=batch("k", size=3), body="alone")
    line.finish()
    assert [run["body"] for run in runs_of(database).values()] == [["alone"]]


def test_a_batch_that_is_given_up_is_given_up_whole(line: Line, database: Database) -> None:
    for _ in range(3):
        line.write(flow=batch("k", size=3))
    line.release()
    first = next(iter(rows_of(database).values()))
    for _ in range(30):
        record_failure(make_delivery(id=first.id), ValueError("broken"), database=database)
    assert {(row.state, row.error) for row in rows_of(database).values()} == {
        ("failed", "ValueError: broken"),
    }


def test_the_next_moment_to_look_is_known(line: Line) -> None:
    assert line.release() is None
    line.now += timedelta(days=2000)  # The pause is by the real clock, on which this is far away.
    line.write(flow=debounce("k", wait=10))
    pause = line.release()
    assert pause is not None
    assert pause > 1000


def _end_runs(database: Database, count: int) -> None:
    """Finish the oldest runs, as Airflow's scheduler does."""
    with database.session() as session:
        open_ = session.scalars(select(DagRun.id).where(DagRun._state != "success").order_by(DagRun.id))
        ids = open_.all()[:count]
        session.execute(update(DagRun).where(DagRun.id.in_(ids)).values(_state="success"))


def test_deliveries_wait_for_their_turn_in_order_of_arrival(database: Database) -> None:
    publish_limited(2)
    line = Line(database)
    for number in range(5):
        line.write(flow=Flow(concurrency_key="hook:a"), body=number)
    line.write(flow=Flow(concurrency_key="hook:b"), body="other")
    line.release()
    line.dispatch()
    assert [run["body"] for run in runs_of(database).values()] == [0, 1, "other"]
    line.release()
    line.dispatch()
    assert len(runs_of(database)) == 3
    _end_runs(database, 1)
    line.release()
    line.dispatch()
    assert [run["body"] for run in runs_of(database).values()] == [0, 1, "other", 2]
    waiting = [row.body for row in rows_of(database).values() if row.state == "held"]
    assert waiting == [3, 4]
    assert line.release() == 1.0
    for _ in range(2):
        _end_runs(database, 10)
        line.release()
        line.dispatch()
    assert [run["body"] for run in runs_of(database).values()][-2:] == [3, 4]
    check_promises(database)
    _end_runs(database, 10)
    assert line.release() is None


def test_a_limit_that_is_lifted_lets_all_go(database: Database) -> None:
    publish_limited(1)
    line = Line(database)
    for _ in range(3):
        line.write(flow=Flow(concurrency_key="hook:a"))
    line.release()
    assert sorted(row.state for row in rows_of(database).values()) == ["held", "held", "pending"]
    publish_graph()
    line.release()
    line.dispatch()
    assert len(runs_of(database)) == 3
    check_promises(database)


def test_a_group_waits_for_its_turn_as_one(database: Database) -> None:
    publish_limited(1)
    line = Line(database)
    first = line.write(flow=Flow(concurrency_key="hook:a"))
    line.release()
    grouped = batch("k", size=2)
    for _ in range(2):
        line.write(flow=Flow(grouping=grouped.grouping, concurrency_key="hook:a"))
    line.release()
    line.dispatch()
    assert list(runs_of(database)) == [f"webhook__{first.delivery_id}"]
    _end_runs(database, 1)
    line.release()
    line.dispatch()
    assert len(runs_of(database)) == 2
    check_promises(database)


def test_a_key_is_new_again_when_its_window_is_over(line: Line, database: Database) -> None:
    window = timedelta(hours=1)
    first = line.write(dedup_key="a", dedup_window=window)
    line.advance(3599)
    again = line.write(dedup_key="a", dedup_window=window)
    assert (again.delivery_id, again.duplicate) == (first.delivery_id, True)
    line.advance(1)
    later = line.write(dedup_key="a", dedup_window=window)
    assert not later.duplicate
    assert line.write(dedup_key="a", dedup_window=window).delivery_id == later.delivery_id
    assert [row.dedup_key for row in rows_of(database).values()] == [None, "a"]


def test_triggers_of_one_workflow_do_not_share_keys(line: Line) -> None:
    first = line.write(dedup_key="a", node_id="hook")
    assert not line.write(dedup_key="a", node_id="other").duplicate
    assert line.write(dedup_key="a", node_id="hook").delivery_id == first.delivery_id


def test_what_is_skipped_is_recognised_too(line: Line, database: Database) -> None:
    fields: dict[str, Any] = {"dedup_key": "a", "state": "skipped", "reason": "filter"}
    first = line.write(**fields)
    again = line.write(**fields)
    assert again.to_json() == {
        "delivery_id": first.delivery_id,
        "skipped": True,
        "reason": "filter",
        "duplicate": True,
    }
    line.finish()
    assert runs_of(database) == {}
    check_promises(database)


def test_a_duplicate_joins_no_group_and_uses_no_rate(line: Line, database: Database) -> None:
    for _ in range(3):
        line.write(dedup_key="a", flow=batch("k", size=2))
    assert [row.state for row in rows_of(database).values()] == ["held"]
    line.finish()
    assert [run["body"] for run in runs_of(database).values()] == [[{"id": 7}]]


ARRIVE = st.tuples(st.just("arrive"), st.integers(0, 1))
STEPS = st.one_of(
    ARRIVE,
    ARRIVE,
    st.tuples(st.just("together"), st.integers(1, 6)),
    st.tuples(st.just("advance"), st.integers(1, 15)),
    st.tuples(st.sampled_from(["release", "dispatch"]), st.just(0)),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    flow=st.sampled_from([debounce("k"), debounce("k", wait=5, longest=12), batch("k", size=3)]),
    steps=st.lists(STEPS, min_size=5, max_size=25),
)
def test_groups_are_what_arrived_together_whenever_somebody_looks(
    line: Line, database: Database, flow: Flow, steps: list[tuple[str, int]]
) -> None:
    """Which deliveries share a run depends on their arrival alone, not on when the dispatcher comes by."""
    with database.session() as session:
        session.query(DeliveryRow).delete()
        session.query(DagRun).delete()
    grouping = flow.grouping
    assert grouping is not None
    expected: list[list[str]] = []
    begun = last = line.now

    def arrive(count: int) -> None:
        nonlocal begun, last
        deliveries = [make_delivery(flow=flow, received_at=line.now, size=1) for _ in range(count)]
        for future in line.write_all(deliveries):
            future.result(timeout=0)
        for each in deliveries:
            if grouping.kind == "batch":
                is_over = line.now >= begun + grouping.wait or (bool(expected) and len(expected[-1]) >= 3)
            else:
                longest = grouping.longest_wait or timedelta(days=1)
                is_over = line.now >= min(last + grouping.wait, begun + longest)
            if is_over or not expected:
                expected.append([])
                begun = line.now
            expected[-1].append(each.id)
            last = line.now

    for name, value in steps:
        if name == "arrive":
            arrive(1)
        elif name == "together":
            arrive(value)
        elif name == "advance":
            line.advance(value)
        elif name == "release":
            line.release()
        else:
            line.dispatch()
    line.finish()
    check_promises(database)
    found: dict[str, list[str]] = {}
    for row in rows_of(database).values():
        found.setdefault(str(row.run_id), []).append(row.id)
    assert sorted(found.values()) == expected
