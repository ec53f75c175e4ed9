"""The step that runs another workflow: what it asks of Airflow, and what it makes of the answers."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowRuntimeError, ErrorType, TaskDeferred
from airflow.sdk.execution_time.comms import ErrorResponse, OKResponse, TriggerDagRun

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks import child_runs
from flowforge_provider.triggers.child_run import ChildRunTrigger
from tests.factories import make_graph, make_node, make_trigger
from tests.unit.operators.runtime import FakeRun, FakeTaskInstance

if TYPE_CHECKING:
    from collections.abc import Mapping


class FakeAirflow:
    """What the execution API answers: Dags, runs and their ended tasks."""

    def __init__(self) -> None:
        self.paused: dict[str, bool] = {"orders": False}
        self.runs: dict[tuple[str, str], str] = {}
        self.confs: dict[str, Any] = {}
        self.tasks: list[dict[str, Any]] = []
        self.refusal: ErrorResponse | None = None

    def send(self, message: Any) -> Any:
        assert isinstance(message, TriggerDagRun)
        if self.refusal is not None:
            raise AirflowRuntimeError(self.refusal)
        key = (message.dag_id, message.run_id)
        if key in self.runs:
            return ErrorResponse(error=ErrorType.DAGRUN_ALREADY_EXISTS)
        self.runs[key] = "queued"
        self.confs[message.run_id] = message.conf
        return OKResponse(ok=True)

    def get_dag(self, dag_id: str) -> Any:
        if dag_id not in self.paused:
            raise AirflowRuntimeError(not_found(404))
        return type("Dag", (), {"is_paused": self.paused[dag_id]})

    def state(self, dag_id: str, run_id: str) -> str:
        return self.runs[dag_id, run_id]


def not_found(status: int, message: str = "not found") -> ErrorResponse:
    detail = {
        "status_code": status,
        "message": "x",
        "detail": {"detail": {"reason": "r", "message": message}},
    }
    return ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail=detail)


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> FakeAirflow:
    fake = FakeAirflow()
    monkeypatch.setattr("airflow.sdk.execution_time.task_runner.SUPERVISOR_COMMS", fake, raising=False)
    monkeypatch.setattr(FakeTaskInstance, "get_dag", staticmethod(fake.get_dag), raising=False)
    monkeypatch.setattr(FakeTaskInstance, "get_dagrun_state", staticmethod(fake.state), raising=False)
    monkeypatch.setattr(child_runs, "_ended_tasks", lambda *_: fake.tasks)
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.com/")
    return fake


def run_of(
    parameters: Mapping[str, Any] | None = None, *, trigger: Any = None, dag_id: str = "parent"
) -> FakeRun:
    node = make_node("call", "workflow.run", parameters={"workflow_id": "orders", **(parameters or {})})
    conf = {"trigger": {"type": "manual", "id": "start", "body": {"id": 7}, **(trigger or {})}}
    return FakeRun(make_graph(make_trigger(), node, id=dag_id, name=dag_id), conf=conf)


def go_on(run: FakeRun, deferred: TaskDeferred, state: str, **tries: Any) -> Any:
    return run.resume(
        "call", deferred.method_name, {**(deferred.kwargs or {}), "event": {"state": state}}, **tries
    )


def test_it_starts_the_workflow_with_its_payload_and_waits(airflow: FakeAirflow) -> None:
    run = run_of({"payload": {"number": "{{ trigger.body.id }}"}})
    deferred = run.pause("call")
    ((dag_id, run_id),) = airflow.runs
    assert isinstance(deferred.trigger, ChildRunTrigger)
    assert deferred.trigger.serialize()[1] == {"dag_id": "orders", "run_id": run_id}
    assert dag_id == "orders"
    trigger = airflow.confs[run_id]["trigger"]
    assert trigger["type"] == "workflow"
    assert trigger["body"] == {"number": 7}
    assert trigger["parent"] == {
        "workflow_id": "parent",
        "run_id": "manual__1",
        "execution_id": "parent.manual__1",
        "node_id": "call",
        "item_index": None,
        "depth": 1,
        "chain": ["parent"],
    }


def test_the_output_of_the_respond_step_is_its_result(airflow: FakeAirflow) -> None:
    run = run_of()
    deferred = run.pause("call")
    ((_, run_id),) = airflow.runs
    airflow.tasks = [
        {"task_id": "a", "map_index": -1, "state": "success", "operator": "TransformOperator"},
        {"task_id": "not_taken", "map_index": -1, "state": "skipped", "operator": "RespondOperator"},
        {"task_id": "answer", "map_index": -1, "state": "success", "operator": "RespondOperator"},
    ]
    asked: list[Any] = []

    def pull(_self: Any, **options: Any) -> Any:
        asked.append(options)
        return {"price": 5}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeTaskInstance, "xcom_pull", pull)
        output = go_on(run, deferred, "success")
    assert asked == [{"task_ids": "answer", "dag_id": "orders", "run_id": run_id, "map_indexes": -1}]
    assert output == {
        "result": {"price": 5},
        "state": "success",
        "workflow_id": "orders",
        "execution_id": f"orders.{run_id}",
        "url": f"https://airflow.example.com/plugin/flowforge/workflows/orders/executions/orders.{run_id}",
    }


def test_without_a_respond_step_the_result_is_null(airflow: FakeAirflow) -> None:
    run = run_of()
    assert go_on(run, run.pause("call"), "success")["result"] is None
    assert airflow.runs


def test_a_failed_run_is_named(airflow: FakeAirflow) -> None:
    run = run_of()
    deferred = run.pause("call")
    ((_, run_id),) = airflow.runs
    airflow.tasks = [{"task_id": "charge", "map_index": -1, "state": "failed", "operator": "X"}]
    with pytest.raises(StepError, match=f"orders.{run_id} .failed: charge") as caught:
        go_on(run, deferred, "failed")
    assert caught.value.error_code == "workflow-failed"
    assert run.error("call")["detail"]["failed_steps"] == ["charge"]


def test_a_run_that_was_deleted_is_told(airflow: FakeAirflow) -> None:
    run = run_of()
    deferred = run.pause("call")
    with pytest.raises(StepError, match="was deleted"):
        go_on(run, deferred, "gone")
    assert run.error("call")["code"] == "workflow-run-gone"
    assert airflow.runs


def test_without_waiting_it_goes_on_at_once(airflow: FakeAirflow) -> None:
    output = run_of({"mode": "start"}).execute("call")
    ((_, run_id),) = airflow.runs
    assert (output["state"], output["result"], output["execution_id"]) == ("queued", None, f"orders.{run_id}")


@pytest.mark.parametrize("mode", ["wait", "start"])
@pytest.mark.parametrize("state", ["queued", "running", "success"])
def test_a_retry_takes_up_the_run_that_was_started(airflow: FakeAirflow, mode: str, state: str) -> None:
    run = run_of({"mode": mode})
    for try_number in (1, 2):
        with contextlib.suppress(TaskDeferred):
            run.execute("call", try_number=try_number, max_tries=2)
        ((key, _),) = airflow.runs.items()
        airflow.runs[key] = state
    assert len(airflow.runs) == 1


def test_a_retry_after_a_failed_run_starts_another_one(airflow: FakeAirflow) -> None:
    run = run_of()
    deferred = run.pause("call")
    ((key, _),) = airflow.runs.items()
    airflow.runs[key] = "failed"
    with pytest.raises(StepError, match="has failed"):
        go_on(run, deferred, "failed")
    run.pause("call", try_number=2, max_tries=2)
    assert len(airflow.runs) == 2
    run.pause("call", try_number=3, max_tries=2)
    assert len(airflow.runs) == 2


@pytest.mark.parametrize("state", ["running", "success", "failed"])
@pytest.mark.parametrize("try_number", [1, 2])
def test_a_lost_answer_starts_no_second_run(airflow: FakeAirflow, state: str, try_number: int) -> None:
    run = run_of()
    first = airflow.send

    def lose(message: Any) -> Any:
        # The client of Airflow's workers sends a request again that was not answered in time.
        first(message)
        airflow.runs[message.dag_id, message.run_id] = state
        return first(message)

    airflow.send = lose  # type: ignore[method-assign]
    with contextlib.suppress(TaskDeferred):
        run.execute("call", try_number=try_number, max_tries=2)
    assert len(airflow.runs) == 1


def test_a_retry_takes_up_a_failed_run_that_nobody_was_told_of(airflow: FakeAirflow) -> None:
    run = run_of()
    run.pause("call")
    ((key, _),) = airflow.runs.items()
    airflow.runs[key] = "failed"
    deferred = run.pause("call", try_number=2, max_tries=2)
    assert len(airflow.runs) == 1
    with pytest.raises(StepError, match="has failed"):
        go_on(run, deferred, "failed", try_number=2, max_tries=2)


@pytest.mark.parametrize(("state", "count"), [("success", 2), ("failed", 2), ("running", 1)])
def test_a_step_that_was_cleared_runs_it_again(airflow: FakeAirflow, state: str, count: int) -> None:
    run = run_of()
    run.pause("call")
    ((key, _),) = airflow.runs.items()
    airflow.runs[key] = state
    run.pause("call", try_number=2, max_tries=3)
    assert len(airflow.runs) == count


def test_who_cancels_the_run_finds_what_it_waits_for(airflow: FakeAirflow) -> None:
    run = run_of()
    run.pause("call")
    ((_, run_id),) = airflow.runs
    assert run.xcoms["call", "flowforge_child"] == {"workflow_id": "orders", "run_id": run_id, "cancel": True}


@pytest.mark.parametrize("parameters", [{"cancel_child": False}, {"mode": "start"}])
def test_what_is_not_to_be_cancelled_is_marked_so(airflow: FakeAirflow, parameters: Any) -> None:
    run = run_of(parameters)
    with contextlib.suppress(TaskDeferred):
        run.execute("call")
    assert airflow.runs
    assert run.xcoms["call", "flowforge_child"]["cancel"] is False


def test_a_paused_workflow_is_not_started(airflow: FakeAirflow) -> None:
    airflow.paused["orders"] = True
    with pytest.raises(StepError, match="paused"):
        run_of().execute("call")
    assert airflow.runs == {}


def test_an_unknown_workflow_is_told(airflow: FakeAirflow) -> None:
    with pytest.raises(StepError, match="nowhere") as caught:
        run_of({"workflow_id": "nowhere"}).execute("call")
    assert caught.value.error_code == "workflow-not-runnable"
    assert airflow.runs == {}


@pytest.mark.parametrize(("status", "reason"), [(404, "gone"), (400, "has import errors")])
def test_what_airflow_does_not_start_is_told(airflow: FakeAirflow, status: int, reason: str) -> None:
    airflow.refusal = not_found(status, reason)
    with pytest.raises(StepError, match="orders") as caught:
        run_of().execute("call")
    assert caught.value.error_code == "workflow-not-runnable"
    assert status == 404 or reason in caught.value.message


def test_a_fault_of_airflow_is_not_explained_away(airflow: FakeAirflow) -> None:
    airflow.refusal = not_found(500)
    with pytest.raises(AirflowRuntimeError):
        run_of().execute("call")


class TestDepth:
    def test_each_level_is_counted(self, airflow: FakeAirflow) -> None:
        run = run_of(trigger={"parent": {"depth": 3, "chain": ["a", "b", "c"]}}, dag_id="d")
        run.pause("call")
        (conf,) = airflow.confs.values()
        assert conf["trigger"]["parent"]["depth"] == 4
        assert conf["trigger"]["parent"]["chain"] == ["a", "b", "c", "d"]

    @pytest.mark.parametrize("chain", [["orders"] * 10, ["orders", "parent"] * 5])
    def test_too_deep(self, airflow: FakeAirflow, chain: list[str]) -> None:
        run = run_of(trigger={"parent": {"depth": 10, "chain": chain}})
        with pytest.raises(AirflowFailException, match="parent -> orders"):
            run.execute("call", max_tries=2)
        assert run.error("call")["code"] == "workflow-depth"
        assert airflow.runs == {}

    def test_the_last_level_is_allowed(self, airflow: FakeAirflow) -> None:
        run_of(trigger={"parent": {"depth": 9, "chain": []}}).pause("call")
        assert airflow.runs

    def test_the_limit_is_a_setting(self, airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_WORKFLOW_DEPTH", "1")
        run_of().pause("call")
        with pytest.raises(AirflowFailException, match="max_workflow_depth"):
            run_of(trigger={"parent": {"depth": 1, "chain": ["a"]}}).execute("call")
        assert len(airflow.runs) == 1

    @pytest.mark.parametrize("parent", [None, "x", {"depth": "many"}, {"depth": -5, "chain": 3}])
    def test_a_configuration_of_strangers_counts_as_the_first_level(
        self, airflow: FakeAirflow, parent: Any
    ) -> None:
        run_of(trigger={"parent": parent}).pause("call")
        (conf,) = airflow.confs.values()
        assert conf["trigger"]["parent"]["depth"] == 1


@pytest.mark.parametrize(
    ("payload", "code"), [("a\0b", "invalid-payload"), ("x" * 2_000_000, "body-too-large")]
)
def test_a_payload_that_no_run_can_have_is_refused(
    airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch, payload: str, code: str
) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__EXPRESSION_MAX_OUTPUT_BYTES", "10000000")
    run = run_of({"payload": "{{ trigger.body }}"}, trigger={"body": payload})
    with pytest.raises(AirflowFailException):
        run.execute("call")
    assert run.error("call")["code"] == code
    assert airflow.runs == {}
