"""Steps that give their worker back and go on later: one way for output, errors, masking and ports."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowTaskTimeout,
    DownstreamTasksSkipped,
    TaskAwaitingInput,
    TaskDeferred,
)

from flowforge_provider.exceptions import StepError
from flowforge_provider.operators.ports import PortOutput
from flowforge_provider.operators.transform import TransformOperator
from tests.factories import make_edge, make_graph, make_set, make_trigger
from tests.unit.operators.runtime import FakeRun, FakeTaskInstance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

FAIL = "__fail__"


def paused(
    monkeypatch: pytest.MonkeyPatch,
    *,
    timeout: timedelta | None = None,
    ports: bool = True,
    resume: Any = None,
) -> tuple[FakeRun, TaskDeferred]:
    """Return a run whose step ``a`` waits, and what it waits for."""
    edges = [make_edge("start", "a"), make_edge("a", "good")]
    edges += [make_edge("a", "bad", "error")] if ports else []
    nodes = [make_set("a", secret_token="{{ trigger.body.x }}"), make_set("good")]
    nodes += [make_set("bad")] if ports else []
    run = FakeRun(
        make_graph(make_trigger(), *nodes, edges=edges),
        conf={"trigger": {"type": "manual", "id": "start", "body": {"x": 7}}},
    )
    run.operator("a").execution_timeout = timeout

    def pause(self: TransformOperator, parameters: Any, context: Context) -> Any:
        state = {"x": parameters.operations[0].fields[0].value, "n": 1}
        self.pause(TimeDeltaTrigger(timedelta(hours=1)), context, state=state)

    def go_on(self: TransformOperator, state: Mapping[str, Any], event: Any, context: Context) -> Any:
        return {"state": dict(state), "event": event}

    monkeypatch.setattr(TransformOperator, "run", pause)
    monkeypatch.setattr(TransformOperator, "resume", resume or go_on)
    return run, run.pause("a")


def go_on(run: FakeRun, deferred: TaskDeferred, event: Any = None, **tries: Any) -> Any:
    return run.resume("a", deferred.method_name, {**(deferred.kwargs or {}), "event": event}, **tries)


def raising(error: BaseException) -> Any:
    def resume(*_: Any) -> Any:
        raise error

    return resume


def test_it_goes_on_with_its_state_and_the_event(monkeypatch: pytest.MonkeyPatch) -> None:
    run, deferred = paused(monkeypatch, ports=False)
    assert go_on(run, deferred, {"fired": True}) == {"state": {"x": 7, "n": 1}, "event": {"fired": True}}


def test_pausing_is_no_failure_and_follows_no_port(monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = paused(monkeypatch)
    assert set(run.xcoms) == {("a", "flowforge_input")}


def test_the_input_is_recorded_once_and_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    run, deferred = paused(monkeypatch, ports=False)
    fields = run.input("a")["operations"][0]["fields"]
    assert fields == [{"name": "secret_token", "value": "***"}]
    pushed: list[str] = []
    original = FakeTaskInstance.xcom_push

    def push(self: FakeTaskInstance, key: str, value: Any) -> None:
        pushed.append(key)
        original(self, key, value)

    monkeypatch.setattr(FakeTaskInstance, "xcom_push", push)
    go_on(run, deferred)
    assert pushed == []


def test_success_follows_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    run, deferred = paused(monkeypatch)
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        go_on(run, deferred)
    assert skipped.value.tasks == [("bad", -1)]
    assert run.output("a")["state"] == {"x": 7, "n": 1}


def test_another_port_can_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    run, deferred = paused(monkeypatch, resume=lambda *_: PortOutput("error", {"odd": 1}))
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        go_on(run, deferred)
    assert skipped.value.tasks == [("good", -1)]
    assert run.output("a") == {"odd": 1}


def test_the_last_failed_try_follows_the_error_port(monkeypatch: pytest.MonkeyPatch) -> None:
    run, deferred = paused(monkeypatch, resume=raising(StepError("No.", code="no-way")))
    with pytest.raises(StepError):
        go_on(run, deferred, try_number=1, max_tries=1)
    with pytest.raises(DownstreamTasksSkipped):
        go_on(run, deferred, try_number=2, max_tries=1)
    assert run.output("a")["error"]["code"] == "no-way"


def test_an_error_that_no_try_can_mend_fails_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    run, deferred = paused(monkeypatch, ports=False, resume=raising(StepError("No.", retryable=False)))
    with pytest.raises(AirflowFailException):
        go_on(run, deferred, max_tries=3)


def test_an_output_that_is_no_json_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    run, deferred = paused(monkeypatch, ports=False, resume=lambda *_: {1, 2})
    with pytest.raises(AirflowFailException, match="not JSON"):
        go_on(run, deferred)
    assert run.error("a")["code"] == "output-not-json"


def test_a_wait_that_breaks_is_an_error_of_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = paused(monkeypatch)
    with pytest.raises(DownstreamTasksSkipped):
        run.resume("a", FAIL, {"error": "Trigger failure", "traceback": ["Boom"]})
    assert run.output("a")["error"]["code"] == "wait-broken"


def test_a_wait_that_breaks_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = paused(monkeypatch)
    with pytest.raises(StepError, match="triggerer"):
        run.resume("a", FAIL, {"error": "Trigger failure"}, max_tries=1)
    # What the try was given is told with its error, although another process has filled it in.
    assert run.stores["a"]["flowforge_error_1"]["input"] == run.input("a")


def test_a_wait_that_outlasts_the_timeout_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = paused(monkeypatch, ports=False)
    with pytest.raises(AirflowTaskTimeout):
        run.resume("a", FAIL, {"error": "Trigger timeout"})
    assert run.error("a")["code"] == "step-timeout"


def test_the_timeout_of_the_node_counts_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    _, deferred = paused(monkeypatch, timeout=timedelta(seconds=100))
    assert isinstance(deferred.timeout, timedelta)
    assert timedelta(seconds=90) < deferred.timeout <= timedelta(seconds=100)


def test_without_a_timeout_the_wait_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    _, deferred = paused(monkeypatch)
    assert deferred.timeout is None


def test_a_timeout_that_is_over_leaves_nothing() -> None:
    run = FakeRun(make_graph(make_trigger(), make_set("a")))
    operator, context = run.operator("a"), run.context("a")
    operator.execution_timeout = timedelta(seconds=5)
    context["ti"].start_date = datetime.now(tz=timezone.utc) - timedelta(seconds=60)
    assert operator.time_left(context) == timedelta(0)


def test_waiting_for_a_person_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    run = FakeRun(make_graph(make_trigger(), make_set("a")))
    monkeypatch.setattr(TransformOperator, "run", raising(TaskAwaitingInput(method_name="resume")))
    with pytest.raises(TaskAwaitingInput):
        run.execute("a")
    assert ("a", "flowforge_error") not in run.xcoms


def test_a_step_that_only_pauses_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    run, deferred = paused(monkeypatch, ports=False)
    monkeypatch.undo()
    with pytest.raises(TypeError, match="TransformOperator"):
        go_on(run, deferred)
