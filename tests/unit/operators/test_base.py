"""What every step does: render, record, run, follow a port."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowSkipException,
    AirflowTaskTimeout,
    DownstreamTasksSkipped,
)

from flowforge_provider.exceptions import StepError
from flowforge_provider.graph.models import Graph, Settings
from flowforge_provider.operators.base import FlowForgeOperator
from flowforge_provider.operators.ports import PortOutput
from flowforge_provider.operators.transform import TransformOperator
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.unit.operators.runtime import FakeRun, FakeTaskInstance


def with_error_port() -> Graph:
    return make_graph(
        make_trigger(),
        *map(make_set, ("a", "good", "bad")),
        edges=[make_edge("start", "a"), make_edge("a", "good"), make_edge("a", "bad", "error")],
    )


def failing(error: BaseException) -> Any:
    def run(*_: Any) -> Any:
        raise error

    return run


def test_expressions_see_trigger_steps_run_workflow_and_vars() -> None:
    graph = make_graph(
        make_trigger(),
        make_set("first", price=2.5),
        make_set(
            "second",
            total="{{ steps.first.price * trigger.body.quantity }}",
            run="{{ run.id }}",
            workflow="{{ workflow.id }}/{{ workflow.name }}",
            zone="{{ workflow.timezone }}",
            limit="{{ vars.limit }}",
        ),
        settings=Settings(variables={"limit": [1, 2]}, timezone="Asia/Tokyo"),
    )
    run = FakeRun(graph, conf={"trigger": {"type": "manual", "body": {"quantity": 4}}})
    run.execute("first")

    assert run.execute("second") == {
        "total": 10.0,
        "run": "manual__1",
        "workflow": "orders/Orders",
        "zone": "Asia/Tokyo",
        "limit": [1, 2],
    }


def test_only_the_steps_that_are_named_are_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = make_graph(
        make_trigger(), make_set("a", x=1), make_set("b", x=2), make_set("c", y="{{ steps.a.x }}")
    )
    run = FakeRun(graph)
    for task_id in "ab":
        run.execute(task_id)
    asked: list[str] = []
    original = FakeRun.context

    def context(self: FakeRun, task_id: str, **kwargs: Any) -> Any:
        made = original(self, task_id, **kwargs)
        pull = made["ti"].xcom_pull

        def recording(**options: Any) -> Any:
            asked.append(options["task_ids"])
            return pull(**options)

        made["ti"].xcom_pull = recording
        return made

    monkeypatch.setattr(FakeRun, "context", context)
    run.execute("c")
    assert asked == ["a"]


def test_all_steps_at_once_are_those_before_this_one() -> None:
    graph = make_graph(
        make_trigger(), make_set("a", x=1), make_set("b", all="{{ steps }}"), make_set("c", x=3)
    )
    run = FakeRun(graph)
    run.execute("a")
    assert run.execute("b") == {"all": {"a": {"x": 1}}}


def test_a_step_without_output_is_null() -> None:
    run = FakeRun(make_graph(make_trigger(), make_set("a"), make_set("b", was="{{ steps.a }}")))
    assert run.execute("b") == {"was": None}


def test_the_input_is_recorded_rendered_and_masked() -> None:
    graph = make_graph(
        make_trigger(), make_set("a", password="hunter2", greeting="Hello {{ trigger.body.name }}")
    )
    run = FakeRun(graph, conf={"trigger": {"type": "manual", "body": {"name": "Ann"}}})
    run.execute("a")
    assert run.input("a")["operations"][0]["fields"] == [
        {"name": "password", "value": "***"},
        {"name": "greeting", "value": "Hello Ann"},
    ]


def test_airflow_templates_reach_nothing() -> None:
    assert not FlowForgeOperator.template_fields
    run = FakeRun(make_graph(make_trigger(), make_set("a", secret="{{ conn.orders_db.password }}")))
    with pytest.raises(AirflowFailException, match="conn"):
        run.execute("a", max_tries=3)
    assert run.error("a")["code"].startswith("expression")


def test_a_wrong_rendered_parameter_fails_for_good() -> None:
    node = make_node("call", "http.request", parameters={"url": "x", "read_timeout_s": "{{ trigger.body }}"})
    run = FakeRun(make_graph(make_trigger(), node), conf={"trigger": {"type": "manual", "body": "soon"}})
    with pytest.raises(AirflowFailException, match="read_timeout_s"):
        run.execute("call", max_tries=3)
    error = run.error("call")
    assert error["code"] == "wrong-parameter"
    assert [problem["field"] for problem in error["detail"]] == ["read_timeout_s"]


def test_a_failure_is_recorded_and_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    run = FakeRun(make_graph(make_trigger(), make_set("a")))
    error = StepError("The service is down.", code="http-status", detail={"status": 503})
    monkeypatch.setattr(TransformOperator, "run", failing(error))
    with pytest.raises(StepError) as caught:
        run.execute("a", try_number=2, max_tries=3)
    assert caught.value is error
    assert run.error("a") == {
        "type": "StepError",
        "code": "http-status",
        "message": "The service is down.",
        "detail": {"status": 503},
        "try_number": 2,
    }


def test_each_try_keeps_its_error_and_input_beyond_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    run = FakeRun(make_graph(make_trigger(), make_set("a")))
    for number in (1, 2):
        error = StepError(f"No answer to try {number}.")
        monkeypatch.setattr(TransformOperator, "run", failing(error))
        with pytest.raises(StepError):
            run.execute("a", try_number=number, max_tries=2)
    kept = run.stores["a"]
    assert [kept[f"flowforge_error_{number}"]["message"] for number in (1, 2)] == [
        "No answer to try 1.",
        "No answer to try 2.",
    ]
    assert kept["flowforge_error_1"]["input"] == run.input("a")


def test_a_try_that_fails_before_it_knows_its_input_keeps_none() -> None:
    run = FakeRun(make_graph(make_trigger(), make_set("a", value="{{ steps.nobody }}")))
    with pytest.raises(Exception, match="nobody"):
        run.execute("a", max_tries=2)
    assert run.stores["a"]["flowforge_error_1"]["input"] is None


def test_a_failure_that_cannot_be_recorded_is_still_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    run = FakeRun(make_graph(make_trigger(), make_set("a")))
    monkeypatch.setattr(TransformOperator, "run", failing(KeyError("gone")))

    def push(self: FakeTaskInstance, key: str, value: Any) -> None:
        if key == "flowforge_error":
            raise ConnectionError("no api")

    monkeypatch.setattr(FakeTaskInstance, "xcom_push", push)
    with pytest.raises(KeyError, match="gone"):
        run.execute("a")


def test_an_unexpected_error_tells_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    run = FakeRun(make_graph(make_trigger(), make_set("a")))
    monkeypatch.setattr(TransformOperator, "run", failing(KeyError("gone")))
    with pytest.raises(KeyError):
        run.execute("a")
    assert run.error("a")["message"] == "KeyError: 'gone'"
    assert run.error("a")["code"] == "step-error"


def test_success_follows_its_port() -> None:
    run = FakeRun(with_error_port())
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        run.execute("a")
    assert skipped.value.tasks == [("bad", -1)]
    assert run.output("a") == {"done": True}


@pytest.mark.parametrize("error", [StepError("No.", code="no-way"), ValueError("No."), AirflowTaskTimeout()])
def test_the_last_failed_try_follows_the_error_port(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    run = FakeRun(with_error_port())
    monkeypatch.setattr(TransformOperator, "run", failing(error))
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        run.execute("a", try_number=3, max_tries=2)
    assert skipped.value.tasks == [("good", -1)]
    assert run.output("a") == {"error": run.error("a")}
    assert run.output("a")["error"]["try_number"] == 3


def test_an_earlier_failed_try_does_not_follow_the_error_port(monkeypatch: pytest.MonkeyPatch) -> None:
    run = FakeRun(with_error_port())
    monkeypatch.setattr(TransformOperator, "run", failing(StepError("No.")))
    with pytest.raises(StepError):
        run.execute("a", try_number=2, max_tries=2)


def test_an_error_that_no_try_can_mend_follows_the_error_port_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = FakeRun(with_error_port())
    monkeypatch.setattr(TransformOperator, "run", failing(StepError("No.", retryable=False)))
    with pytest.raises(DownstreamTasksSkipped):
        run.execute("a", try_number=1, max_tries=5)
    assert run.output("a")["error"]["message"] == "No."


def test_a_task_that_is_killed_does_not_follow_the_error_port(monkeypatch: pytest.MonkeyPatch) -> None:
    run = FakeRun(with_error_port())

    def killed(self: TransformOperator, *_: Any) -> Any:
        self.on_kill()
        raise StepError("The request was stopped.")

    monkeypatch.setattr(TransformOperator, "run", killed)
    with pytest.raises(StepError):
        run.execute("a")


def test_control_flow_of_airflow_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    run = FakeRun(with_error_port())
    monkeypatch.setattr(TransformOperator, "run", failing(AirflowSkipException()))
    with pytest.raises(AirflowSkipException):
        run.execute("a")
    assert ("a", "flowforge_error") not in run.xcoms


def test_a_step_may_take_another_port(monkeypatch: pytest.MonkeyPatch) -> None:
    run = FakeRun(with_error_port())
    monkeypatch.setattr(TransformOperator, "run", lambda *_: PortOutput("error", {"odd": 1}))
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        run.execute("a")
    assert skipped.value.tasks == [("good", -1)]
    assert run.output("a") == {"odd": 1}


def test_on_kill_stops_what_the_step_waits_for() -> None:
    run = FakeRun(make_graph(make_trigger(), make_set("a")))
    operator = run.operator("a")
    calls: list[int] = []
    with operator.stopped_by(lambda: calls.append(1)):
        operator.on_kill()
    operator.on_kill()
    assert calls == [1]


def test_a_timeout_stops_what_the_step_waits_for() -> None:
    operator = FakeRun(make_graph(make_trigger(), make_set("a"))).operator("a")
    calls: list[int] = []
    with pytest.raises(AirflowTaskTimeout), operator.stopped_by(lambda: calls.append(1)):
        raise AirflowTaskTimeout
    assert calls == [1]


class TestSkippingIsToldToTheScheduler:
    """A task that may skip others makes the scheduler look for what it skipped; others spare it the query."""

    def test_with_ports(self) -> None:
        assert FakeRun(with_error_port()).dag.get_task("a").inherits_from_skipmixin

    def test_without(self) -> None:
        assert not FakeRun(with_error_port()).dag.get_task("good").inherits_from_skipmixin


def test_the_limits_of_expressions_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__EXPRESSION_MAX_OUTPUT_BYTES", "10")
    run = FakeRun(make_graph(make_trigger(), make_set("a", text="{{ 'long' * 10 }}")))
    with pytest.raises(AirflowFailException):
        run.execute("a")
    assert run.error("a")["code"] == "expression-limit"
