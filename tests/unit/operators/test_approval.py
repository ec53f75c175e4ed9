"""The step that asks a person: the request that it writes, and what it makes of the answer."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowTaskTimeout,
    DownstreamTasksSkipped,
    TaskAwaitingInput,
)

from flowforge_provider.graph.models import Settings
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.unit.operators.runtime import FakeRun, FakeTaskInstance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALL = ("approved", "rejected", "expired", "error")
NOON = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)
FORM = [
    {"name": "reason", "label": "Why", "type": "text", "required": True},
    {"name": "amount", "type": "number", "default": "{{ trigger.body.amount }}"},
    {"name": "speed", "type": "select", "options": ["slow", "fast"], "default": "slow"},
    {"name": "tell", "type": "boolean"},
]


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was written to Airflow."""
    sent: list[Any] = []

    class Comms:
        def send(self, msg: Any) -> Any:
            sent.append(msg)
            return None

    monkeypatch.setattr("airflow.sdk.execution_time.task_runner.SUPERVISOR_COMMS", Comms(), raising=False)
    monkeypatch.setattr(FakeTaskInstance, "id", uuid.UUID(int=7), raising=False)
    return sent


def run_of(
    parameters: Mapping[str, Any] | None = None, *, ports: Sequence[str] = ALL, zone: str = "UTC"
) -> FakeRun:
    ask = make_node("ask", "approval", parameters={"title": "Refund?", **(parameters or {})})
    edges = [make_edge("start", "ask"), *(make_edge("ask", f"on_{port}", port) for port in ports)]
    nodes = [make_trigger(), ask, *(make_set(f"on_{port}") for port in ports)]
    graph = make_graph(*nodes, edges=edges, settings=Settings(timezone=zone))
    conf = {"trigger": {"type": "manual", "id": "start", "body": {"id": 7, "amount": 20}}}
    return FakeRun(graph, conf=conf)


def ask(run: FakeRun, **tries: Any) -> TaskAwaitingInput:
    with pytest.raises(TaskAwaitingInput) as waiting:
        run.execute("ask", **tries)
    return waiting.value


def answer(run: FakeRun, waiting: TaskAwaitingInput, event: Mapping[str, Any]) -> tuple[str, Any]:
    """Return (port, output)."""
    full = {"params_input": {}, "responded_at": NOON, "responded_by_user": None, "timedout": False, **event}
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        run.resume("ask", waiting.method_name, {**(waiting.kwargs or {}), "event": full})
    left = {f"on_{port}" for port in ALL} - {task_id for task_id, _ in skipped.value.tasks}
    (taken,) = left & set(run.dag.task_ids)
    return taken.removeprefix("on_"), run.output("ask")


ANN = {"id": "7", "name": "ann"}
EXPIRED = {"error": "The time has passed.", "error_type": "timeout"}


def test_the_request_is_one_of_airflows_own(requests: list[Any]) -> None:
    ask(
        run_of(
            {
                "title": "Refund order {{ trigger.body.id }}?",
                "body": "**{{ trigger.body.amount }}** EUR",
                "approvers": ["ann", "{{ trigger.body.id }}"],
                "fields": FORM,
            }
        )
    )
    (request,) = requests
    assert request.ti_id == uuid.UUID(int=7)
    assert request.subject == "Refund order 7?"
    assert request.body == "**20** EUR"
    assert (request.options, request.defaults, request.multiple) == (["Approve", "Reject"], None, False)
    assert [user.id for user in request.assigned_users] == ["ann", "7"]
    assert request.params == {
        "reason": {
            "value": None,
            "description": None,
            "schema": {"type": "string", "minLength": 1, "title": "Why"},
        },
        "amount": {
            "value": 20,
            "description": None,
            "schema": {"type": ["number", "null"], "title": "amount"},
        },
        "speed": {
            "value": "slow",
            "description": None,
            "schema": {"type": ["string", "null"], "enum": ["slow", "fast", None], "title": "speed"},
        },
        "tell": {"value": False, "description": None, "schema": {"type": "boolean", "title": "tell"}},
    }


def test_airflow_knows_such_params(requests: list[Any]) -> None:
    from airflow.sdk import Param
    from airflow.sdk.definitions.param import ParamsDict

    ask(run_of({"fields": FORM[1:]}))
    (request,) = requests
    params = ParamsDict(
        {
            name: Param(param["value"], description=param["description"], **param["schema"])
            for name, param in request.params.items()
        }
    )
    assert params.validate() == {"amount": 20, "speed": "slow", "tell": False}


@pytest.mark.parametrize(("option", "port"), [("Approve", "approved"), ("Reject", "rejected")])
def test_the_answer_takes_its_port(requests: list[Any], option: str, port: str) -> None:
    run = run_of({"fields": FORM}, zone="Asia/Tokyo")
    values = {"reason": "ok", "amount": 3.5, "speed": "fast", "tell": True}
    event = {"chosen_options": [option], "params_input": values, "responded_by_user": ANN}
    taken, output = answer(run, ask(run), event)
    assert taken == port
    assert output == {
        "decision": port,
        "approved": port == "approved",
        "by": ANN,
        "at": "2030-01-01T21:00:00+09:00",
        "values": values,
    }
    assert requests


def test_buttons_may_say_something_else(requests: list[Any]) -> None:
    run = run_of({"approve_label": "Ship it", "reject_label": "Hold"})
    waiting = ask(run)
    assert requests[0].options == ["Ship it", "Hold"]
    assert answer(run, waiting, {"chosen_options": ["Ship it"]})[0] == "approved"
    assert answer(run, waiting, {"chosen_options": ["Hold"]})[0] == "rejected"


def test_values_that_were_not_given_are_the_forms_own(requests: list[Any]) -> None:
    run = run_of({"fields": FORM})
    _, output = answer(run, ask(run), {"chosen_options": ["Approve"], "params_input": {"reason": "x"}})
    assert output["values"] == {"reason": "x", "amount": 20, "speed": "slow", "tell": False}
    assert requests


@pytest.mark.parametrize(
    "values",
    [{}, {"reason": ""}, {"reason": 5}, {"reason": "x", "amount": "many"}, {"reason": "x", "speed": "warp"}],
)
def test_a_wrong_form_takes_the_error_port(requests: list[Any], values: Any) -> None:
    run = run_of({"fields": FORM})
    port, output = answer(run, ask(run), {"chosen_options": ["Approve"], "params_input": values})
    assert port == "error"
    assert output["error"]["code"] == "approval-form"
    assert requests


def test_a_rejection_needs_no_form(requests: list[Any]) -> None:
    run = run_of({"fields": FORM})
    assert answer(run, ask(run), {"chosen_options": ["Reject"]})[0] == "rejected"
    assert requests


def test_an_answer_survives_a_worker_that_died_with_it(requests: list[Any]) -> None:
    run = run_of()
    answer(run, ask(run), {"chosen_options": ["Approve"], "responded_by_user": ANN})
    run.xcoms.pop(("ask", "return_value"))
    with pytest.raises(DownstreamTasksSkipped):
        run.execute("ask", try_number=2, max_tries=2)
    assert run.output("ask")["decision"] == "approved"
    assert run.output("ask")["by"] == ANN
    assert run.output("ask")["at"] == NOON.isoformat()
    assert len(requests) == 1


def test_a_step_that_was_cleared_asks_again(requests: list[Any]) -> None:
    run = run_of()
    answer(run, ask(run), {"chosen_options": ["Approve"], "responded_by_user": ANN})
    ask(run, try_number=2, max_tries=3)
    assert len(requests) == 2


def test_a_retry_without_an_answer_asks_again(requests: list[Any]) -> None:
    run = run_of()
    ask(run)
    ask(run, try_number=2, max_tries=2)
    assert len(requests) == 2


class TestExpiry:
    def test_without_one_it_waits_for_ever(self, requests: list[Any]) -> None:
        assert ask(run_of()).timeout is None
        assert requests

    def test_the_time_is_handed_to_airflow(self, requests: list[Any]) -> None:
        waiting = ask(run_of({"expiry": "expired", "expires_after": 2, "expires_unit": "days"}))
        assert waiting.timeout == timedelta(days=2)
        assert requests[0].defaults is None

    def test_it_has_a_port(self, requests: list[Any]) -> None:
        run = run_of({"expiry": "expired"})
        port, output = answer(run, ask(run), EXPIRED)
        assert port == "expired"
        assert (output["decision"], output["approved"], output["by"]) == ("expired", False, None)
        assert requests

    def test_without_a_step_at_the_port_it_is_an_error(self, requests: list[Any]) -> None:
        run = run_of({"expiry": "expired"}, ports=("approved", "error"))
        port, output = answer(run, ask(run), EXPIRED)
        assert port == "error"
        assert output["error"]["code"] == "approval-expired"
        assert requests

    @pytest.mark.parametrize(
        ("expiry", "option", "port"), [("approve", "Approve", "approved"), ("reject", "Reject", "rejected")]
    )
    def test_it_may_count_as_an_answer(
        self, requests: list[Any], expiry: str, option: str, port: str
    ) -> None:
        run = run_of({"expiry": expiry, "fields": FORM})
        waiting = ask(run)
        assert requests[0].defaults == [option]
        values = {"reason": None, "amount": 20, "speed": "slow", "tell": False}
        taken, output = answer(
            run, waiting, {"chosen_options": [option], "params_input": values, "timedout": True}
        )
        assert (taken, output["by"], output["values"]) == (port, None, values)

    def test_a_retry_does_not_prolong_it(self, requests: list[Any]) -> None:
        run = run_of({"expiry": "expired", "expires_after": 1, "expires_unit": "hours"})
        ask(run)
        begun = datetime.now(tz=timezone.utc) - timedelta(minutes=50)
        run.stores["ask"]["flowforge_approval"] = (begun + timedelta(hours=1)).isoformat()
        waiting = ask(run, try_number=2, max_tries=2)
        assert timedelta(minutes=9) < waiting.timeout < timedelta(minutes=11)
        assert requests

    def test_the_timeout_of_the_node_is_an_error(self, requests: list[Any]) -> None:
        run = run_of({"expiry": "expired"}, ports=())
        run.operator("ask").execution_timeout = timedelta(minutes=1)
        waiting = ask(run)
        assert waiting.timeout <= timedelta(minutes=1)
        with pytest.raises(AirflowTaskTimeout):
            run.resume("ask", waiting.method_name, {**(waiting.kwargs or {}), "event": EXPIRED})
        assert run.error("ask")["code"] == "step-timeout"
        assert requests

    def test_it_has_a_bound(self, requests: list[Any]) -> None:
        with pytest.raises(AirflowFailException, match="max_wait_s"):
            run_of({"expiry": "expired", "expires_after": 400, "expires_unit": "days"}, ports=()).execute(
                "ask"
            )
        assert requests


def test_a_default_that_does_not_fit_is_told_at_once(requests: list[Any]) -> None:
    run = run_of({"fields": [{"name": "n", "type": "number", "default": "{{ trigger.body }}"}]}, ports=())
    with pytest.raises(AirflowFailException, match='"n" takes a number'):
        run.execute("ask")
    assert requests == []
