"""Statistics of a workflow on each kind of database, against the same counted by hand."""

from __future__ import annotations

import dataclasses
import statistics
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import event, select, update

from flowforge_provider.runs.start import RunRequest, create_runs
from flowforge_provider.runs.statistics import choose_days, counting, kept, read_statistics, steps
from flowforge_provider.runs.statistics.days import Days
from flowforge_provider.store.tables import CancellationRow, DeliveryRow, RerunRow
from flowforge_provider.store.transactions import run_in_transaction
from tests.factories import make_graph
from tests.support.front_door import publish_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.integration

ZONE = "America/New_York"
# The clock is put on in the night of the 8th, so that this day is an hour shorter.
FIRST, LAST = date(2026, 3, 7), date(2026, 3, 9)
DAYS = Days(FIRST, LAST, ZONE)


@pytest.fixture(autouse=True)
def _fresh(metadata: str) -> Iterator[None]:
    from flowforge_provider.runs.published import forget_published

    forget_published()
    kept.forget_statistics()
    yield
    forget_published()
    kept.forget_statistics()


def _local(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, second, tzinfo=ZoneInfo(ZONE)).astimezone(timezone.utc)


def _make(runs: dict[str, dict[str, Any]], *, workflow_id: str = "orders") -> None:
    """Make runs with the given columns; those without a state stay queued."""
    now = datetime.now(tz=timezone.utc)
    requests = [RunRequest(run_id, {"type": "manual"}, now) for run_id in runs]
    run_in_transaction(
        lambda session: create_runs(workflow_id=workflow_id, requests=requests, session=session)
    )
    with create_session() as session:
        for run_id, columns in runs.items():
            this = (DagRun.dag_id == workflow_id, DagRun.run_id == run_id)
            session.execute(update(DagRun).where(*this).values(columns))


def _ended(made: datetime, seconds: float, state: str = "success", **more: Any) -> dict[str, Any]:
    end = made + timedelta(seconds=seconds)
    return {"_state": state, "created_at": made, "start_date": made, "end_date": end, **more}


def _read(days: Days = DAYS, workflow_id: str = "orders") -> kept.Statistics:
    with create_session() as session:
        return read_statistics(workflow_id, days, session)


def test_days_are_those_of_the_time_zone_and_end_where_the_next_begins() -> None:
    publish_graph(make_graph())
    publish_graph(make_graph(id="other", name="Other"))
    _make(
        {
            "before": _ended(_local(6, 23, 59, 59), 1),
            "first": _ended(_local(7, 0), 2),
            "evening": _ended(_local(7, 23, 59, 59), 4, "failed"),
            "short": _ended(_local(8, 0), 8),
            "short-late": {
                "_state": "running",
                "created_at": _local(8, 23, 59),
                "start_date": _local(8, 23, 59),
            },
            "last": _ended(_local(9, 23, 59, 59), 16),
            "after": _ended(_local(10, 0), 32),
        }
    )
    _make({"foreign": _ended(_local(7, 12), 64)}, workflow_id="other")
    found = _read()
    assert {day: dict(figures.states) for day, figures in found.on_days.items()} == {
        0: {"success": 1, "failed": 1},
        1: {"success": 1, "running": 1},
        2: {"success": 1},
    }
    assert found.total.states == {"success": 3, "failed": 1, "running": 1}
    medians = {day: figures.durations and figures.durations.p50 for day, figures in found.on_days.items()}
    assert medians == pytest.approx({0: 2, 1: 8, 2: 16})


@pytest.mark.parametrize("number", [1, 2, 101])
def test_percentiles_are_those_of_what_succeeded(number: int) -> None:
    publish_graph(make_graph())
    seconds = [((each * 37) % number) * 0.25 + 0.125 for each in range(number)]
    begin = _local(7, 1)
    runs = {f"r{each}": _ended(begin + timedelta(minutes=each), value) for each, value in enumerate(seconds)}
    _make({**runs, "slow": _ended(begin, 5000, "failed"), "odd": _ended(begin, -3, "failed")})
    total, day = (figures.durations for figures in (_read().total, _read().on_days[0]))
    assert total is not None
    assert total == day
    expected = [seconds[0]] * 100
    if number > 1:
        expected = statistics.quantiles(seconds, n=100, method="inclusive")
    assert (total.p50, total.p95, total.p99) == pytest.approx(
        (expected[49], expected[94], expected[98]), abs=1e-3
    )


def test_of_very_many_runs_the_times_of_an_even_share_are_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    publish_graph(make_graph())
    begin = _local(7, 1)
    _make({f"r{each}": _ended(begin + timedelta(minutes=each), each) for each in range(400)})
    monkeypatch.setattr(counting, "_MOST_TIMED", 100)
    found = _read()
    assert found.total.states == {"success": 400}
    times = found.total.durations
    assert times is not None
    assert (times.p50, times.p95) == pytest.approx((200, 380), abs=8)
    assert times.p50 != pytest.approx(199.5)
    assert counting.timed_share(400) == 0.25


def test_what_was_cancelled_is_no_failure_and_repeats_count_as_what_they_repeat() -> None:
    publish_graph(make_graph())
    made = _local(7, 12)
    cancelled_at = made + timedelta(minutes=1)
    _make(
        {
            "manual__a": _ended(made, 1),
            "manual__b": _ended(made, 60, "failed"),
            "manual__c": _ended(made, 60, "failed"),
            "rerun__d": _ended(made, 1),
            "rerun__e": _ended(made, 1),
            **{f"webhook__{each:032}": _ended(made, 1) for each in range(3)},
            "webhook__gone": _ended(made, 1),
            "asset": _ended(made, 1, run_type="asset_triggered"),
            "cron": _ended(made, 1, run_type="scheduled"),
            "child": _ended(made, 1, run_type="operator_triggered"),
        }
    )
    with create_session() as session:
        for run_id in ("manual__b", "manual__a"):
            session.add(
                CancellationRow(
                    workflow_id="orders", run_id=run_id, cancelled_at=cancelled_at, cancelled_by="ann"
                )
            )
        session.execute(update(DagRun).values(queued_at=made))
        session.add(
            RerunRow(
                workflow_id="orders",
                run_id="rerun__d",
                of_run_id="manual__a",
                trigger_type="cron",
                reused={},
                created_at=made,
                created_by="ann",
            )
        )
        for each, kind in enumerate(("webhook", "form", "form")):
            session.add(
                DeliveryRow(
                    id=f"{each:032}",
                    workflow_id="orders",
                    node_id="start",
                    kind=kind,
                    state="dispatched",
                    method="POST",
                    headers={},
                    query={},
                    received_at=made,
                )
            )
    found = _read()
    assert found.total.states == {"success": 10, "failed": 1, "cancelled": 1}
    assert found.on_days[0].states == found.total.states
    assert found.triggers == {
        "manual": 4,
        "cron": 2,
        "webhook": 2,
        "form": 2,
        "asset": 1,
        "workflow": 1,
    }


def test_many_deliveries_are_shared_out_as_the_newest_are() -> None:
    assert counting._share_out(1_000_001, {"form": 3, "email": 1}) == {"form": 750_001, "email": 250_000}
    assert counting._share_out(7, {"webhook": 7}) == {"webhook": 7}
    assert counting._share_out(7, {}) == {"webhook": 7}


def test_steps_are_those_of_the_newest_executions(monkeypatch: pytest.MonkeyPatch) -> None:
    publish_graph(make_graph())
    made = _local(7, 12)
    _make({f"run{each}": _ended(made + timedelta(minutes=each), 1) for each in range(30)})
    with create_session() as session:
        for task in session.scalars(select(TaskInstance)):
            number = int(task.run_id.removeprefix("run"))
            task.start_date = made
            task.end_date = made + timedelta(
                seconds=10 if number < 5 else 1 if task.task_id == "start" else 2
            )
            task.state = "failed" if number % 10 == 9 and task.task_id != "start" else "success"
            task.try_number = 3 if number == 28 else 1
        tasks = {task.task_id for task in session.scalars(select(TaskInstance))}
    assert len(tasks) > 1

    def figures() -> tuple[dict[str, Any], int]:
        found = _read()
        return {step.task_id: step for step in found.steps}, found.step_runs

    found, looked_at = figures()
    assert (set(found), looked_at) == (tasks, 30)
    start = found["start"]
    assert (start.ended, start.failed, start.retried) == (30, 0, 1)
    assert dataclasses.astuple(start.durations) == pytest.approx((1, 10, 10))
    others = [figures for task_id, figures in found.items() if task_id != "start"]
    assert {(one.ended, one.failed, one.retried) for one in others} == {(30, 3, 1)}

    # So many tasks are looked at, and no more.
    monkeypatch.setattr(steps, "_MOST_TASKS", 25 * len(tasks))
    kept.forget_statistics()
    found, looked_at = figures()
    assert looked_at == 25
    assert found["start"].ended == 25
    assert dataclasses.astuple(found["start"].durations) == pytest.approx((1, 1, 1))


def test_nothing_is_asked_again_for_some_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    publish_graph(make_graph())
    _make({"one": _ended(_local(7, 12), 1)})
    asked: list[str] = []
    with create_session() as session:
        event.listen(session.get_bind(), "before_cursor_execute", lambda *args: asked.append(args[2]))
        first = read_statistics("orders", DAYS, session)
        before = len(asked)
        assert before > 0
        assert read_statistics("orders", DAYS, session) is first
        assert len(asked) == before
        monkeypatch.setattr("flowforge_provider.runs.statistics.kept.time.monotonic", lambda: 1e12)
        assert read_statistics("orders", DAYS, session) is not first
        assert read_statistics("orders", Days(FIRST, FIRST, "UTC"), session).total.states == {"success": 1}


def test_no_runs_are_no_statistics() -> None:
    publish_graph(make_graph())
    assert _read().total.states == {}
    _make({"later": _ended(_local(20, 12), 1)})
    kept.forget_statistics()
    found = _read(choose_days(first=FIRST, last=LAST, timezone_name=ZONE, now=_local(9, 1)))
    assert (found.total.states, dict(found.on_days), list(found.steps)) == ({}, {}, [])
