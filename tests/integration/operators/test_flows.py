"""Waits, other workflows and people, by a real scheduler, workers and triggerer."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.graph.load import dump_graph
from flowforge_provider.graph.models import Retry
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.integration.operators.loopback import wait_until
from tests.support.workflows import Workflows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.graph.models import Graph, Node
    from tests.support.airflow import AirflowInstance

pytestmark = pytest.mark.integration

EXAMPLES = Path(__file__).parents[3] / "dags" / "graphs"


@pytest.fixture(scope="module")
def workflows(airflow_postgres: AirflowInstance) -> Iterator[Workflows]:
    with airflow_postgres.client() as client:
        yield Workflows(client)


def example(name: str) -> dict[str, Any]:
    return dict(json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8")))


def errors(execution: dict[str, Any]) -> dict[str, Any]:
    return {node_id: step["error"] for node_id, step in execution["steps"].items() if step["error"]}


def sample_of(document: dict[str, Any]) -> Any:
    return next(node for node in document["nodes"] if node["type"] == "manual")["parameters"][
        "sample_payload"
    ]


def nap(seconds: float, **fields: Any) -> Node:
    return make_node("nap", "wait", parameters={"amount": seconds, "unit": "seconds"}, **fields)


def airflow_state(airflow: AirflowInstance, execution: dict[str, Any], task_id: str) -> str | None:
    """Return Airflow's own word for the state of a step."""
    with airflow.client() as client:
        path = (
            f"/api/v2/dags/{execution['workflow_id']}/dagRuns/{execution['run_id']}/taskInstances/{task_id}"
        )
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        state = answer.json()["state"]
        return None if state is None else str(state)


class TestWait:
    def test_the_example(self, workflows: Workflows) -> None:
        document = example("wait")
        execution = workflows.finish(workflows.start(workflows.publish(document), sample_of(document)))
        assert execution["state"] == "success", errors(execution)
        pause = execution["steps"]["pause"]
        assert pause["input"]["amount"] == 6
        assert set(pause["output"]) == {"waited_s", "started_at", "ended_at"}
        assert pause["output"]["waited_s"] >= 6
        assert execution["steps"]["remind"]["output"]["text"] == "Call the customer back"
        assert pause["tries"] == 1

    def test_no_worker_is_held_and_cancelling_ends_the_wait(
        self, workflows: Workflows, airflow_postgres: AirflowInstance
    ) -> None:
        graph = make_graph(make_trigger(), nap(300), make_set("after"), id="long_nap", name="long_nap")
        execution_id = workflows.start(workflows.publish(dump_graph(graph)))
        execution = workflows.read(execution_id)
        wait_until(lambda: airflow_state(airflow_postgres, execution, "nap") == "deferred", seconds=60)
        shown = {step["node_id"]: step["state"] for step in workflows.read(execution_id)["steps"]}
        assert shown["nap"] == "running"
        workflows.cancel(execution_id)
        ended = workflows.finish(execution_id, seconds=30)
        assert ended["state"] == "cancelled"
        assert ended["steps"]["nap"]["state"] == "cancelled"
        assert ended["steps"]["after"]["state"] in {"cancelled", "none"}

    @pytest.mark.slow
    def test_the_timeout_of_the_node_ends_the_wait_by_the_error_port(self, workflows: Workflows) -> None:
        told = make_set("told", why="{{ steps.nap.error.code }}")
        edges = [
            make_edge("start", "nap"),
            make_edge("nap", "after"),
            make_edge("nap", "told", "error"),
            make_edge("after", "end"),
            make_edge("told", "end"),
        ]
        step = nap(300, timeout_s=6, retry=Retry(retries=0))
        nodes = [make_trigger(), step, make_set("after"), told, make_set("end")]
        started = time.monotonic()
        execution = workflows.run(make_graph(*nodes, edges=edges, id="timed_nap", name="timed_nap"))
        assert time.monotonic() - started < 100
        assert execution["state"] == "success", errors(execution)
        states = {node_id: step["state"] for node_id, step in execution["steps"].items()}
        assert states == {
            "start": "success",
            "nap": "success",
            "after": "skipped",
            "told": "success",
            "end": "success",
        }
        assert execution["steps"]["told"]["output"] == {"why": "step-timeout"}

    def test_a_moment_in_the_past_goes_on_without_the_triggerer(self, workflows: Workflows) -> None:
        step = make_node("nap", "wait", parameters={"mode": "moment", "until": "2020-01-01"})
        execution = workflows.run(make_graph(make_trigger(), step, id="past_nap", name="past_nap"))
        assert execution["state"] == "success"
        assert execution["steps"]["nap"]["output"]["waited_s"] < 10


def call(workflow_id: str, payload: Any = None, *, id: str = "call", **fields: Any) -> Node:  # noqa: A002
    parameters = {"workflow_id": workflow_id, "payload": payload or {}, **fields.pop("parameters", {})}
    return make_node(id, "workflow.run", parameters=parameters, **fields)


def children(workflows: Workflows, workflow_id: str) -> list[dict[str, Any]]:
    """Return the executions of a workflow, oldest first."""
    found = workflows.list(workflow_id)
    return sorted(found, key=lambda execution: str(execution["created_at"]))


class TestRunWorkflow:
    def test_the_example(self, workflows: Workflows) -> None:
        workflows.publish(example("delivery_price"))
        document = example("workflow_run")
        execution = workflows.finish(workflows.start(workflows.publish(document), sample_of(document)))
        assert execution["state"] == "success", errors(execution)
        delivery = execution["steps"]["delivery"]
        assert delivery["input"]["payload"] == {"weight_kg": 2.5, "express": True}
        child_id = delivery["output"]["execution_id"]
        assert delivery["child_execution_id"] == child_id
        assert delivery["output"]["state"] == "success"
        assert execution["steps"]["quote"]["output"]["execution"] == child_id
        child = workflows.read(child_id)
        assert (child["state"], child["trigger_type"]) == ("success", "workflow")
        assert child["trigger"]["type"] == "workflow"
        assert child["trigger"]["id"] == "start"
        assert child["trigger"]["body"] == {"weight_kg": 2.5, "express": True}
        parent = child["trigger"]["parent"]
        assert parent["execution_id"] == execution["id"]
        assert (parent["node_id"], parent["depth"], parent["chain"]) == ("delivery", 1, ["workflow_run"])
        assert delivery["output"]["url"].endswith(f"/workflows/delivery_price/executions/{child_id}")

    def test_the_child_fails(self, workflows: Workflows) -> None:
        broken = make_set("broken", x="{{ trigger.body.missing }}")
        workflows.publish(dump_graph(make_graph(make_trigger(), broken, id="broken", name="broken")))
        told = make_set("told", error="{{ steps.call.error }}")
        edges = [make_edge("start", "call"), make_edge("call", "good"), make_edge("call", "told", "error")]
        graph = make_graph(
            make_trigger(), call("broken"), make_set("good"), told, edges=edges, id="calls", name="calls"
        )
        execution = workflows.run(graph)
        assert execution["state"] == "success", errors(execution)
        assert execution["steps"]["good"]["state"] == "skipped"
        error = execution["steps"]["told"]["output"]["error"]
        (child,) = children(workflows, "broken")
        assert error["code"] == "workflow-failed"
        assert child["id"] in error["message"]
        assert "broken" in error["detail"]["failed_steps"]
        assert child["state"] == "failed"

    @pytest.mark.slow
    def test_a_retry_after_a_failed_child_starts_another_one(self, workflows: Workflows) -> None:
        broken = make_set("broken", x="{{ trigger.body.missing }}")
        workflows.publish(dump_graph(make_graph(make_trigger(), broken, id="twice", name="twice")))
        step = call("twice", retry=Retry(retries=1, delay_s=0, never_on=[]))
        execution = workflows.run(make_graph(make_trigger(), step, id="retries", name="retries"))
        assert execution["state"] == "failed"
        assert execution["steps"]["call"]["tries"] == 2
        assert len(children(workflows, "twice")) == 2

    def test_without_waiting(self, workflows: Workflows) -> None:
        workflows.publish(dump_graph(make_graph(make_trigger(), nap(300), id="slow", name="slow")))
        step = call("slow", parameters={"mode": "start"})
        execution = workflows.run(make_graph(make_trigger(), step, id="fires", name="fires"))
        assert execution["state"] == "success"
        output = execution["steps"]["call"]["output"]
        (child,) = children(workflows, "slow")
        assert (output["result"], output["state"], output["execution_id"]) == (None, "queued", child["id"])
        assert child["state"] in {"queued", "running"}
        workflows.cancel(child["id"])

    @pytest.mark.parametrize("together", [True, False])
    def test_cancelling_the_parent(self, workflows: Workflows, together: bool) -> None:
        child_id = f"napper_{together}".lower()
        workflows.publish(dump_graph(make_graph(make_trigger(), nap(300), id=child_id, name=child_id)))
        step = call(child_id, parameters={"cancel_child": together})
        parent = f"cancels_{together}".lower()
        execution_id = workflows.start(
            workflows.publish(dump_graph(make_graph(make_trigger(), step, id=parent, name=parent)))
        )
        wait_until(
            lambda: [child["state"] for child in children(workflows, child_id)] == ["running"], seconds=60
        )
        shown = {step["node_id"]: step for step in workflows.read(execution_id)["steps"]}
        (child,) = children(workflows, child_id)
        assert shown["call"]["child_execution_id"] == child["id"]
        workflows.cancel(execution_id)
        assert workflows.finish(execution_id)["state"] == "cancelled"
        state = workflows.read(child["id"])["state"]
        assert state == ("cancelled" if together else "running")
        if not together:
            workflows.cancel(child["id"])

    def test_a_run_that_an_earlier_try_has_started_is_taken_up(
        self, workflows: Workflows, airflow_postgres: AirflowInstance
    ) -> None:
        """As when a worker dies after Airflow has started the child, and before it says that it waits."""
        workflows.publish(dump_graph(make_graph(make_trigger(), make_set("a"), id="once", name="once")))
        graph = make_graph(make_trigger(), call("once"), id="crashed", name="crashed")
        workflows.publish(dump_graph(graph))
        names = [airflow_postgres.url, "crashed", "manual__crash", "call", -1, "0"]
        namespace = uuid.UUID("8f1b3c52-5a1e-4b0e-9d3b-6c1d2f4a7e90")
        run_id = f"workflow__{uuid.uuid5(namespace, json.dumps(names))}"
        with airflow_postgres.client() as client:
            for dag_id, started in (("once", run_id), ("crashed", "manual__crash")):
                body = {"dag_run_id": started, "logical_date": None, "conf": {"trigger": {"type": "manual"}}}
                answer = client.post(f"/api/v2/dags/{dag_id}/dagRuns", json=body)
                assert answer.status_code == 200, answer.text
        execution = workflows.finish("crashed.manual__crash")
        assert execution["state"] == "success", errors(execution)
        assert execution["steps"]["call"]["output"]["execution_id"] == f"once.{run_id}"
        assert [child["run_id"] for child in children(workflows, "once")] == [run_id]

    @pytest.mark.slow
    def test_a_paused_workflow(self, workflows: Workflows, airflow_postgres: AirflowInstance) -> None:
        workflows.publish(dump_graph(make_graph(make_trigger(), make_set("a"), id="resting", name="resting")))
        with airflow_postgres.client() as client:
            answer = client.patch("/api/v2/dags/resting", json={"is_paused": True})
            assert answer.status_code == 200, answer.text
        graph = make_graph(make_trigger(), call("resting"), id="wakes", name="wakes")
        assert [issue["code"] for issue in workflows.issues(dump_graph(graph))] == ["workflow-paused"]
        execution = workflows.run(graph)
        assert execution["steps"]["call"]["error"]["code"] == "workflow-paused"
        assert children(workflows, "resting") == []

    @pytest.mark.slow
    def test_an_unknown_and_an_unpublished_workflow(self, workflows: Workflows) -> None:
        gone = workflows.publish(
            dump_graph(make_graph(make_trigger(), make_set("a"), id="offline", name="offline"))
        )
        workflows.unpublish(gone)
        for target, warning in (("nowhere", "workflow-not-found"), ("offline", "workflow-not-published")):
            name = f"calls_{target}"
            graph = make_graph(make_trigger(), call(target), id=name, name=name)
            assert [issue["code"] for issue in workflows.issues(dump_graph(graph))] == [warning]
            execution = workflows.run(graph)
            assert execution["steps"]["call"]["error"]["code"] == "workflow-not-runnable"
            assert target in execution["steps"]["call"]["error"]["message"]

    @pytest.mark.parametrize("chain", [["ring"], ["ping", "pong"]])
    def test_recursion_ends_at_its_limit(self, workflows: Workflows, chain: list[str]) -> None:
        """The first run is said to be eight levels deep already; two more are allowed."""
        for index, name in enumerate(chain):
            # Without retries, so that each run has one child at most, whatever Airflow makes of a quick one.
            step = call(chain[(index + 1) % len(chain)], retry=Retry(retries=0))
            workflows.publish(dump_graph(make_graph(make_trigger(), step, id=name, name=name)))
        first = workflows.start_in_airflow(
            chain[0], {"trigger": {"type": "workflow", "parent": {"depth": 8, "chain": ["x"] * 8}}}
        )
        execution = workflows.finish(first)
        assert execution["state"] == "failed"
        runs = [run for name in chain for run in children(workflows, name)]
        assert len(runs) == 3
        (deepest,) = [
            run
            for run in map(workflows.read, (run["id"] for run in runs))
            if run["trigger"]["parent"]["depth"] == 10
        ]
        (step,) = [step for step in deepest["steps"] if step["node_id"] == "call"]
        assert step["error"]["code"] == "workflow-depth"
        assert "max_workflow_depth" in step["error"]["message"]
        assert " -> ".join([*chain, chain[0]][-2:]) in step["error"]["message"]


def asks(name: str, parameters: dict[str, Any] | None = None, *, ports: tuple[str, ...] = ()) -> Graph:
    """Return: an approval with a step at each of the ports, and one after all of them."""
    ask = make_node("ask", "approval", parameters={"title": "Go?", **(parameters or {})})
    taken = ports or ("approved", "rejected", "expired")
    edges = [make_edge("start", "ask")]
    for port in taken:
        edges += [make_edge("ask", f"on_{port}", port), make_edge(f"on_{port}", "end")]
    nodes = [make_set(f"on_{port}", decision="{{ steps.ask.decision }}") for port in taken]
    return make_graph(make_trigger(), ask, *nodes, make_set("end"), edges=edges, id=name, name=name)


def ways(execution: dict[str, Any]) -> dict[str, str]:
    return {
        node_id.removeprefix("on_"): step["state"]
        for node_id, step in execution["steps"].items()
        if node_id.startswith("on_") or node_id == "end"
    }


class TestApproval:
    def test_the_example(self, workflows: Workflows, airflow_postgres: AirflowInstance) -> None:
        document = example("approval")
        execution_id = workflows.start(workflows.publish(document), sample_of(document))
        wait_until(lambda: workflows.read(execution_id)["approvals"], seconds=120)
        waiting = workflows.read(execution_id)
        (question,) = waiting["approvals"]
        assert question["title"] == "Refund order 7?"
        assert question["body"] == "**Ann** asks for 20 EUR back."
        assert question["options"] == ["Approve", "Reject"]
        assert [(field["name"], field["type"], field["value"]) for field in question["fields"]] == [
            ("amount", "number", 20),
            ("way", "select", "card"),
            ("comment", "long_text", None),
        ]
        assert question["expires_at"] is not None
        assert airflow_state(airflow_postgres, waiting, "ask") == "awaiting_input"

        with airflow_postgres.client() as client:
            path = f"/flowforge/api/executions/{execution_id}/steps/ask/answer"
            wrong = client.post(path, json={"option": "Approve", "values": {"amount": "much"}})
            assert (wrong.status_code, wrong.json()["code"]) == (422, "approval-form")
            wrong = client.post(path, json={"option": "Perhaps"})
            assert (wrong.status_code, wrong.json()["code"]) == (422, "approval-form")
        workflows.answer(execution_id, "ask", "Approve", {"amount": 15, "comment": "Fine."})
        execution = workflows.finish(execution_id)
        assert execution["state"] == "success", errors(execution)
        answer = execution["steps"]["ask"]["output"]
        assert (answer["decision"], answer["approved"]) == ("approved", True)
        assert answer["values"] == {"amount": 15, "way": "card", "comment": "Fine."}
        assert answer["by"]["name"]
        assert execution["steps"]["refund"]["output"] == {
            "refund": 15,
            "way": "card",
            "approved_by": answer["by"]["name"],
        }
        states = {node_id: step["state"] for node_id, step in execution["steps"].items()}
        assert (states["refund"], states["refuse"], states["remind"]) == ("success", "skipped", "skipped")

        with airflow_postgres.client() as client:
            again = client.post(path, json={"option": "Reject"})
            assert (again.status_code, again.json()["code"]) == (409, "approval-answered")

    def test_an_answer_by_airflows_own_api_counts_the_same(
        self, workflows: Workflows, airflow_postgres: AirflowInstance
    ) -> None:
        execution_id = workflows.start(workflows.publish(dump_graph(asks("asks_airflow"))))
        workflows.wait_for_question(execution_id)
        run_id = execution_id.partition(".")[2]
        with airflow_postgres.client() as client:
            answer = client.patch(
                f"/api/v2/dags/asks_airflow/dagRuns/{run_id}/taskInstances/ask/-1/hitlDetails",
                json={"chosen_options": ["Reject"], "params_input": {}},
            )
            assert answer.status_code == 200, answer.text
        execution = workflows.finish(execution_id)
        assert execution["state"] == "success", errors(execution)
        assert execution["steps"]["ask"]["output"]["decision"] == "rejected"
        assert ways(execution) == {
            "approved": "skipped",
            "rejected": "success",
            "expired": "skipped",
            "end": "success",
        }

    def test_an_approval_expires_at_its_port(self, workflows: Workflows) -> None:
        soon = {"expiry": "expired", "expires_after": 1, "expires_unit": "seconds"}
        execution = workflows.run(asks("asks_expiry", soon))
        assert execution["state"] == "success", errors(execution)
        assert execution["steps"]["ask"]["output"]["by"] is None
        assert ways(execution)["expired"] == "success"

    @pytest.mark.slow
    def test_an_approval_that_expires_may_count_as_rejected(self, workflows: Workflows) -> None:
        soon = {"expiry": "reject", "expires_after": 1, "expires_unit": "seconds"}
        execution = workflows.run(asks("asks_default", soon))
        assert execution["steps"]["ask"]["output"]["decision"] == "rejected"
        assert ways(execution)["rejected"] == "success"

    @pytest.mark.slow
    def test_an_approval_that_expires_without_a_port_fails(self, workflows: Workflows) -> None:
        soon = {"expiry": "expired", "expires_after": 1, "expires_unit": "seconds"}
        execution = workflows.run(asks("asks_no_port", soon, ports=("approved",)))
        assert execution["state"] == "failed"
        assert execution["steps"]["ask"]["error"]["code"] == "approval-expired"

    def test_cancelling_takes_the_question_back(
        self, workflows: Workflows, airflow_postgres: AirflowInstance
    ) -> None:
        execution_id = workflows.start(workflows.publish(dump_graph(asks("asks_cancel"))))
        workflows.wait_for_question(execution_id)
        workflows.cancel(execution_id)
        assert workflows.finish(execution_id)["state"] == "cancelled"
        assert workflows.read(execution_id)["approvals"] == []
        with airflow_postgres.client() as client:
            path = f"/flowforge/api/executions/{execution_id}/steps/ask/answer"
            late = client.post(path, json={"option": "Approve"})
            assert (late.status_code, late.json()["code"]) == (409, "approval-answered")
