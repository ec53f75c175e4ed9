"""Waits, other workflows and people, by a real scheduler, workers and triggerer."""

from __future__ import annotations

import json
import time
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

    from flowforge_provider.graph.models import Node
    from tests.support.airflow import AirflowInstance

pytestmark = pytest.mark.integration

EXAMPLES = Path(__file__).parents[3] / "dags" / "graphs"


@pytest.fixture(scope="module")
def workflows(airflow_postgres: AirflowInstance) -> Iterator[Workflows]:
    with airflow_postgres.client() as client:
        yield Workflows(client)


def example(name: str) -> dict[str, Any]:
    return dict(json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8")))


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
        assert execution["state"] == "success", execution
        pause = execution["steps"]["pause"]
        assert pause["input"]["amount"] == 2
        assert set(pause["output"]) == {"waited_s", "started_at", "ended_at"}
        assert pause["output"]["waited_s"] >= 2
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

    def test_the_timeout_of_the_node_ends_the_wait_by_the_error_port(self, workflows: Workflows) -> None:
        told = make_set("told", why="{{ steps.nap.error.code }}")
        edges = [
            make_edge("start", "nap"),
            make_edge("nap", "after"),
            make_edge("nap", "told", "error"),
            make_edge("after", "end"),
            make_edge("told", "end"),
        ]
        step = nap(300, timeout_s=2, retry=Retry(retries=0))
        nodes = [make_trigger(), step, make_set("after"), told, make_set("end")]
        started = time.monotonic()
        execution = workflows.run(make_graph(*nodes, edges=edges, id="timed_nap", name="timed_nap"))
        assert time.monotonic() - started < 100
        assert execution["state"] == "success", execution
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
