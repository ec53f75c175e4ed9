"""The steps that end an execution, and that set its result."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.execution_time import task_runner

from flowforge_provider.files import File, file_to_json
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.unit.operators.runtime import FakeRun

if TYPE_CHECKING:
    from airflow.sdk.execution_time.comms import SkipDownstreamTasks


class FakeSupervisor:
    """Keeps what a task tells the process that supervises it."""

    def __init__(self) -> None:
        self.sent: list[SkipDownstreamTasks] = []

    def send(self, msg: SkipDownstreamTasks) -> None:
        self.sent.append(msg)


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> FakeSupervisor:
    fake = FakeSupervisor()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", fake, raising=False)
    return fake


def stopping(**parameters: Any) -> FakeRun:
    nodes = [make_trigger(), make_node("end", "stop", parameters=parameters), *map(make_set, "abcde")]
    edges = [make_edge("start", "end"), *(make_edge("start", id_) for id_ in "abcde")]
    run = FakeRun(make_graph(*nodes, edges=edges))
    run.states.update(
        {
            ("start", -1): "success",
            ("end", -1): "running",
            ("a", -1): "running",
            ("b", -1): "queued",
            ("c", -1): "up_for_retry",
            ("d", -1): "upstream_failed",
        }
    )
    return run


def test_a_success_skips_what_has_not_begun(supervisor: FakeSupervisor) -> None:
    run = stopping(outcome="success", message="Nothing to do for {{ trigger.type }}.")
    assert run.execute("end") == {
        "outcome": "success",
        "message": "Nothing to do for manual.",
        "skipped": ["b", "c", "e"],
    }
    assert [message.tasks for message in supervisor.sent] == [["b", "c", "e"]]


def test_the_tasks_of_a_loop_are_skipped_one_by_one(supervisor: FakeSupervisor) -> None:
    run = stopping(outcome="success")
    del run.states["b", -1]
    run.states.update({("b", 0): "success", ("b", 1): "scheduled", ("b", 12): "deferred"})
    assert run.execute("end")["skipped"] == ["b", "c", "e", "b[1]", "b[12]"]
    assert supervisor.sent[0].tasks == ["b", "c", "e", ("b", 1), ("b", 12)]


def test_a_failure_fails_without_another_try_and_skips_the_rest(supervisor: FakeSupervisor) -> None:
    run = stopping(message="No items.")
    with pytest.raises(AirflowFailException, match=r"No items\."):
        run.execute("end", max_tries=3)
    error = run.error("end")
    assert (error["code"], error["message"]) == ("execution-stopped", "No items.")
    assert error["detail"] == {"skipped": ["b", "c", "e"]}
    assert len(supervisor.sent) == 1


def test_a_failure_says_something_in_any_case(supervisor: FakeSupervisor) -> None:
    with pytest.raises(AirflowFailException, match="ends here"):
        stopping().execute("end")
    assert supervisor.sent


def respond(**parameters: Any) -> Any:
    conf = {"trigger": {"type": "manual", "id": "start", "body": {"id": 7, "file": FILE}}}
    graph = make_graph(make_trigger(), make_node("answer", "respond", parameters=parameters))
    output = FakeRun(graph, conf=conf).execute("answer")
    assert datetime.fromisoformat(output.pop("responded_at")).tzinfo is not None
    return output


FILE = file_to_json(File("a.csv", "text/csv", b"a;b"))


def test_respond_with_json() -> None:
    assert respond(status=201, body={"id": "{{ trigger.body.id }}"}) == {
        "status": 201,
        "headers": {"content-type": "application/json"},
        "content": "json",
        "body": {"id": 7},
    }


def test_respond_with_text_and_headers() -> None:
    output = respond(
        content="text",
        text="Order {{ trigger.body.id }}",
        content_type="text/html",
        headers=[{"name": "X-Order", "value": "{{ trigger.body.id }}"}],
    )
    assert output["headers"] == {"content-type": "text/html", "x-order": "7"}
    assert output["body"] == "Order 7"


def test_respond_with_a_file() -> None:
    output = respond(content="file", file="{{ trigger.body.file }}")
    assert output["body"] == FILE
    assert output["headers"] == {"content-type": "text/csv"}
    with pytest.raises(AirflowFailException, match="is not a file"):
        respond(content="file", file={"a": 1})


def test_respond_with_nothing() -> None:
    assert respond(status=204, content="empty") == {
        "status": 204,
        "headers": {},
        "content": "empty",
        "body": None,
    }


@pytest.mark.parametrize(
    "parameters",
    [
        {"status": 99},
        {"status": "{{ 600 }}"},
        {"headers": [{"name": "a b", "value": ""}]},
        {"headers": [{"name": "a", "value": "{{ 'x\\ny' }}"}]},
    ],
)
def test_what_no_answer_can_have(parameters: Any) -> None:
    with pytest.raises(AirflowFailException, match="wrong parameters"):
        respond(**parameters)
