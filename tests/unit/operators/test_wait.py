"""The wait step: until when, at once or later, over tries."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from threading import Timer
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from flowforge_provider.graph.models import Settings
from flowforge_provider.operators.wait import WaitOperator
from tests.factories import make_graph, make_node, make_trigger
from tests.unit.operators.runtime import FakeRun

if TYPE_CHECKING:
    from collections.abc import Mapping

UTC = timezone.utc


def run_of(parameters: Mapping[str, Any], *, body: Any = None, zone: str = "UTC") -> FakeRun:
    node = make_node("nap", "wait", parameters=dict(parameters))
    graph = make_graph(make_trigger(), node, settings=Settings(timezone=zone))
    return FakeRun(graph, conf={"trigger": {"type": "manual", "id": "start", "body": body}})


def moment_of(deferred: TaskDeferred) -> datetime:
    assert isinstance(deferred.trigger, DateTimeTrigger)
    return deferred.trigger.moment


def resume(run: FakeRun, deferred: TaskDeferred, **tries: Any) -> Any:
    return run.resume("nap", deferred.method_name, {**(deferred.kwargs or {}), "event": None}, **tries)


@pytest.mark.parametrize(
    ("amount", "unit", "seconds"),
    [(90, "seconds", 90), (1.5, "minutes", 90), (2, "hours", 7200), (3, "days", 259_200)],
)
def test_for_a_time(amount: float, unit: str, seconds: int) -> None:
    before = datetime.now(tz=UTC)
    deferred = run_of({"amount": amount, "unit": unit}).pause("nap")
    assert timedelta(0) <= moment_of(deferred) - before - timedelta(seconds=seconds) < timedelta(seconds=10)


def test_the_amount_may_come_from_data() -> None:
    run = run_of({"amount": "{{ trigger.body.minutes }}"}, body={"minutes": 10})
    left = moment_of(run.pause("nap")) - datetime.now(tz=UTC)
    assert timedelta(minutes=9) < left <= timedelta(minutes=10)
    assert run.input("nap")["amount"] == 10


def test_no_time_at_all_goes_on_at_once() -> None:
    output = run_of({"amount": 0}).execute("nap")
    assert output["waited_s"] < 5
    assert output["started_at"] <= output["ended_at"]


@pytest.mark.parametrize(("seconds", "is_handed_over"), [(4.5, False), (5.5, True)])
def test_a_short_wait_is_slept_through(
    monkeypatch: pytest.MonkeyPatch, seconds: float, is_handed_over: bool
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(WaitOperator, "_sleep", lambda _self, left_s: slept.append(left_s))
    run = run_of({"amount": seconds, "unit": "seconds"})
    if is_handed_over:
        run.pause("nap")
    else:
        run.execute("nap")
    assert len(slept) == (0 if is_handed_over else 1)
    assert all(seconds - 1 < left_s <= seconds for left_s in slept)


def test_a_short_wait_ends_when_the_task_is_killed() -> None:
    operator = run_of({"amount": 4, "unit": "seconds"}).operator("nap")
    assert isinstance(operator, WaitOperator)
    timer = Timer(0.05, operator.on_kill)
    timer.start()
    started = time.monotonic()
    operator._sleep(4)
    timer.join()
    assert time.monotonic() - started < 3


def test_the_output_tells_when_in_the_time_zone_of_the_workflow() -> None:
    run = run_of({"amount": 90, "unit": "seconds"}, zone="Asia/Tokyo")
    output = resume(run, run.pause("nap"))
    assert set(output) == {"waited_s", "started_at", "ended_at"}
    assert output["started_at"].endswith("+09:00")
    assert output["ended_at"].endswith("+09:00")
    assert 0 <= output["waited_s"] < 60


@pytest.mark.parametrize(
    ("text", "zone", "own", "expected"),
    [
        ("2100-06-01T12:00:00Z", "Asia/Tokyo", "", "2100-06-01T12:00:00+00:00"),
        ("2100-06-01T12:00", "Asia/Tokyo", "", "2100-06-01T03:00:00+00:00"),
        ("2100-06-01T12:00", "Asia/Tokyo", "Europe/Moscow", "2100-06-01T09:00:00+00:00"),
        ("2100-06-01 12:00:00.25+0530", "UTC", "", "2100-06-01T06:30:00.250000+00:00"),
        ("2100-06-01", "Europe/Moscow", "", "2100-05-31T21:00:00+00:00"),
    ],
)
def test_until_a_moment(
    monkeypatch: pytest.MonkeyPatch, text: str, zone: str, own: str, expected: str
) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_WAIT_S", str(10**10))
    run = run_of({"mode": "moment", "until": text, "timezone": own}, zone=zone)
    assert moment_of(run.pause("nap")).isoformat() == expected


def test_a_moment_may_come_from_data() -> None:
    due = (datetime.now(tz=UTC) + timedelta(days=2)).replace(microsecond=0)
    run = run_of(
        {"mode": "moment", "until": "{{ trigger.body.due | date_add(days=-1) }}"},
        body={"due": due.isoformat()},
    )
    assert moment_of(run.pause("nap")) == due - timedelta(days=1)


def test_a_moment_in_the_past_goes_on_at_once() -> None:
    output = run_of({"mode": "moment", "until": "2001-01-01T00:00:00Z"}).execute("nap")
    assert output["waited_s"] == 0 or output["waited_s"] < 5


def test_a_moment_in_the_past_can_be_an_error() -> None:
    run = run_of({"mode": "moment", "until": "2001-01-01T00:00:00Z", "past": "fail"})
    with pytest.raises(AirflowFailException, match="2001-01-01"):
        run.execute("nap", max_tries=3)
    assert run.error("nap")["code"] == "wait-passed"


def test_an_empty_moment_is_told() -> None:
    run = run_of({"mode": "moment", "until": "{{ trigger.body.due }}"}, body={"due": ""})
    with pytest.raises(AirflowFailException):
        run.execute("nap")
    assert run.error("nap")["code"] == "wait-moment"


def test_a_moment_that_is_none_is_told() -> None:
    run = run_of({"mode": "moment", "until": "{{ trigger.body.due }}"}, body={"due": "tomorrow"})
    with pytest.raises(AirflowFailException, match="tomorrow"):
        run.execute("nap")
    assert run.error("nap")["code"] == "wrong-parameter"


def test_until_a_time_of_day() -> None:
    run = run_of({"mode": "time_of_day", "time": "09:30", "weekdays": ["mon"]}, zone="Europe/Moscow")
    moment = moment_of(run.pause("nap"))
    assert (moment.weekday(), moment.hour, moment.minute) == (0, 6, 30)
    assert timedelta(0) < moment - datetime.now(tz=UTC) <= timedelta(days=7)


@pytest.mark.parametrize(
    "parameters",
    [{"amount": 367, "unit": "days"}, {"mode": "moment", "until": "9999-12-31"}, {"amount": 1e300}],
)
def test_a_wait_that_is_too_long_is_refused_at_once(parameters: Any) -> None:
    run = run_of(parameters)
    with pytest.raises(AirflowFailException, match="max_wait_s"):
        run.execute("nap", max_tries=3)
    assert run.error("nap")["code"] == "wait-too-long"


def test_the_longest_wait_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_WAIT_S", "60")
    with pytest.raises(AirflowFailException, match="max_wait_s"):
        run_of({"amount": 61, "unit": "seconds"}).execute("nap")
    assert run_of({"amount": 60, "unit": "seconds"}).pause("nap")


def test_a_retry_waits_for_what_is_left() -> None:
    run = run_of({"amount": 60, "unit": "seconds"})
    first = moment_of(run.pause("nap"))
    assert moment_of(run.pause("nap", try_number=2, max_tries=2)) == first


def test_a_retry_after_the_end_goes_on_at_once() -> None:
    run = run_of({"amount": 60, "unit": "seconds"})
    run.pause("nap")
    started = datetime.now(tz=UTC) - timedelta(seconds=100)
    run.stores["nap"]["flowforge_wait"] = {
        "started_at": started.isoformat(),
        "until": (started + timedelta(seconds=60)).isoformat(),
    }
    output = run.execute("nap", try_number=2, max_tries=2)
    assert 100 <= output["waited_s"] < 160


def test_a_step_that_was_cleared_waits_anew() -> None:
    run = run_of({"amount": 60, "unit": "seconds"})
    first = run.pause("nap")
    resume(run, first)
    assert moment_of(run.pause("nap", try_number=2, max_tries=3)) > moment_of(first)
