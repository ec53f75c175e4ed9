"""The timetable of several schedules, as Airflow's scheduler asks it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from airflow.serialization.decoders import decode_timetable
from airflow.serialization.encoders import encode_timetable
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from pendulum import instance

from flowforge_provider.nodes.schedules import Schedule
from flowforge_provider.timetables import workflow as module
from flowforge_provider.timetables.workflow import WorkflowTimetable

UTC = timezone.utc
MOSCOW: dict[str, Any] = {"node": "moscow", "crons": ["0 9 * * *"], "timezone": "Europe/Moscow"}
TOKYO: dict[str, Any] = {"node": "tokyo", "crons": ["0 9 * * *"], "timezone": "Asia/Tokyo"}


def at(text: str) -> Any:
    return instance(datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    def stand(text: str) -> None:
        monkeypatch.setattr(module, "utcnow", lambda: at(text))

    return stand


def timetable(*schedules: dict[str, Any]) -> WorkflowTimetable:
    return WorkflowTimetable(workflow="orders", schedules=schedules)


def next_run(
    table: WorkflowTimetable, *, last: str | None, since: str | None = None, until: str | None = None
) -> DagRunInfo | None:
    interval = DataInterval.exact(at(last)) if last else None
    restriction = TimeRestriction(
        earliest=at(since) if since else None, latest=at(until) if until else None, catchup=False
    )
    return table.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)


def moment(*args: Any, **kwargs: Any) -> str | None:
    info = next_run(*args, **kwargs)
    return info.logical_date.strftime("%Y-%m-%d %H:%M") if info and info.logical_date else None


def test_two_time_zones_take_turns(clock: Any) -> None:
    clock("2026-03-01 05:00:00")
    table = timetable(MOSCOW, TOKYO)
    assert moment(table, last=None) == "2026-03-01 06:00"
    clock("2026-03-01 06:00:01")
    assert moment(table, last="2026-03-01 06:00") == "2026-03-02 00:00"


def test_the_newest_missed_moment_of_each_node_is_made_up_for(clock: Any) -> None:
    clock("2026-03-05 05:00:00")
    table = timetable(MOSCOW, TOKYO)
    assert moment(table, last="2026-03-01 06:00") == "2026-03-04 06:00"
    assert moment(table, last="2026-03-04 06:00") == "2026-03-05 00:00"
    assert moment(table, last="2026-03-05 00:00") == "2026-03-05 06:00"


def test_every_missed_moment_is_made_up_for_where_that_is_asked(clock: Any) -> None:
    clock("2026-03-05 05:00:00")
    table = timetable({**MOSCOW, "catch_up": True})
    assert moment(table, last="2026-03-01 06:00") == "2026-03-02 06:00"
    table = timetable({**MOSCOW, "catch_up": True, "start": "2026-02-01"})
    assert moment(table, last=None) == "2026-02-01 06:00"


def test_nothing_before_the_workflow_was_switched_on_is_made_up_for(clock: Any) -> None:
    clock("2026-03-05 05:00:00")
    for catch_up in (True, False):
        table = timetable({**MOSCOW, "catch_up": catch_up})
        assert moment(table, last="2026-03-01 06:00", since="2026-03-05 04:59") == "2026-03-05 06:00"
        assert moment(table, last=None, since="2026-03-05 04:59") == "2026-03-05 06:00"
    # But what passed after that is.
    clock("2026-03-06 05:00:00")
    assert moment(timetable(MOSCOW), last=None, since="2026-03-05 04:59") == "2026-03-05 06:00"


def test_the_first_run_waits_for_its_moment(clock: Any) -> None:
    clock("2026-03-05 06:00:01")
    assert moment(timetable(MOSCOW), last=None) == "2026-03-06 06:00"


def test_start_and_end_bound_a_schedule(clock: Any) -> None:
    clock("2026-03-05 05:00:00")
    table = timetable({**MOSCOW, "start": "2026-03-10T09:00", "end": "2026-03-11"})
    assert moment(table, last=None) == "2026-03-10 06:00"
    clock("2026-03-10 07:00:00")
    assert moment(table, last="2026-03-10 06:00") == "2026-03-11 06:00"
    clock("2026-03-11 07:00:00")
    assert moment(table, last="2026-03-11 06:00") is None
    assert moment(timetable(MOSCOW), last="2026-03-11 06:00", until="2026-03-12 00:00") is None


def test_jitter_delays_the_run_and_not_its_moment(clock: Any) -> None:
    clock("2026-03-05 05:00:00")
    jitter = {**MOSCOW, "jitter_s": 600}
    info = next_run(timetable(jitter), last=None)
    assert info is not None
    assert info.logical_date == at("2026-03-05 06:00")
    delay = info.run_after - at("2026-03-05 06:00")
    assert timedelta(0) < delay <= timedelta(seconds=600)
    assert next_run(timetable(jitter), last=None) == info
    others = {
        Schedule.read(jitter).due(at("2026-03-05 06:00"), workflow=f"workflow-{number}")
        for number in range(50)
    }
    assert len(others) > 30


def test_a_moment_that_is_not_due_yet_is_not_lost_while_its_file_is_read_again(clock: Any) -> None:
    schedule = {**MOSCOW, "jitter_s": 3600}
    table = timetable(schedule)
    due = Schedule.read(schedule).due(at("2026-03-05 06:00"), workflow="orders")
    assert due > at("2026-03-05 06:01")
    clock("2026-03-05 06:01:00")
    for last in (None, "2026-03-04 06:00"):
        assert moment(table, last=last) == "2026-03-05 06:00"


def test_jitter_never_reaches_the_next_moment() -> None:
    schedule = Schedule(node="often", crons=("* * * * *",), timezone="UTC", jitter_s=3600)
    begin = at("2026-03-05 06:00")
    for minute in range(200):
        own = begin + timedelta(minutes=minute)
        assert own <= schedule.due(own, workflow="orders") < own + timedelta(minutes=1)


def test_restarts_at_any_second_fire_each_moment_once(clock: Any) -> None:
    """As the scheduler works: make the run once it is due, then ask for the next."""
    table = timetable({**MOSCOW, "crons": ["*/10 * * * *"], "jitter_s": 400}, TOKYO)
    start = datetime(2026, 3, 5, 5, 0, tzinfo=UTC)
    fired: list[str] = []
    last: str | None = None
    for second in range(0, 7200, 45):
        now = (start + timedelta(seconds=second)).strftime("%Y-%m-%d %H:%M:%S")
        clock(now)
        info = next_run(table, last=last, since="2026-03-05 05:00")
        assert info is not None
        if info.run_after <= at(now):
            last = info.logical_date.strftime("%Y-%m-%d %H:%M") if info.logical_date else None
            fired.append(str(last))
    assert len(fired) == len(set(fired))
    expected = [(start + timedelta(minutes=10 * count)).strftime("%Y-%m-%d %H:%M") for count in range(13)]
    assert fired[:12] == expected[:12]


def test_airflow_stores_it(clock: Any) -> None:
    clock("2026-03-05 05:00:00")
    table = timetable(MOSCOW, {**TOKYO, "jitter_s": 5, "catch_up": True})
    again = decode_timetable(encode_timetable(table))
    assert isinstance(again, WorkflowTimetable)
    assert again.serialize() == table.serialize()
    assert again.summary == "0 9 * * * (Europe/Moscow); 0 9 * * * (Asia/Tokyo)"
    assert next_run(again, last=None) == next_run(table, last=None)


def test_a_run_that_begins_late_holds_up_no_other_schedule(clock: Any) -> None:
    late = {"node": "late", "crons": ["3 * * * *"], "timezone": "UTC", "jitter_s": 3000}
    often = {"node": "often", "crons": ["*/5 * * * *"], "timezone": "UTC"}
    table = timetable(late, often)
    now, last = at("2026-03-01 10:00:01"), None
    made = []
    while now < at("2026-03-01 13:00:30"):
        clock(now.strftime("%Y-%m-%d %H:%M:%S"))
        info = next_run(table, last=last, since="2026-03-01 10:00:01")
        assert info is not None
        assert info.logical_date is not None
        if info.run_after > now:
            now = info.run_after
            continue
        last = info.logical_date.strftime("%Y-%m-%d %H:%M")
        made.append(last)
    expected = [at("2026-03-01 10:05") + timedelta(minutes=5 * index) for index in range(36)]
    expected += [at(f"2026-03-01 {hour}:03") for hour in (10, 11, 12)]
    assert sorted(made) == sorted(each.strftime("%Y-%m-%d %H:%M") for each in expected)


def test_a_moment_of_two_schedules_is_one_run_though_one_begins_late(clock: Any) -> None:
    late = {"node": "late", "crons": ["0 * * * *"], "timezone": "UTC", "jitter_s": 3000}
    often = {"node": "often", "crons": ["*/30 * * * *"], "timezone": "UTC"}
    clock("2026-03-01 10:00:10")
    table = timetable(late, often)
    assert moment(table, last="2026-03-01 09:30") == "2026-03-01 10:00"
    assert moment(table, last="2026-03-01 10:00") == "2026-03-01 10:30"
    clock("2026-03-01 10:30:10")
    assert moment(table, last="2026-03-01 10:30") == "2026-03-01 11:00"
