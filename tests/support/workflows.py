"""Publish graphs in a running Airflow, run them, and look at their executions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flowforge_provider.graph.load import dump_graph
from tests.integration.operators.loopback import wait_until

if TYPE_CHECKING:
    import httpx

    from flowforge_provider.graph.models import Graph

ENDED = ("success", "failed", "cancelled")


class Workflows:
    """Publishes graphs and runs them."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def publish(self, document: dict[str, Any]) -> str:
        made = self._client.post(
            "/flowforge/api/workflows", json={"name": document["name"], "graph": document}
        )
        assert made.status_code == 201, made.text
        workflow_id = str(made.json()["id"])
        published = self._client.post(f"/flowforge/api/workflows/{workflow_id}/publish", json={})
        assert published.status_code == 200, published.text
        return workflow_id

    def start(self, workflow_id: str, payload: Any = None) -> str:
        body = {"workflow_id": workflow_id, "payload": payload or {}}
        started = self._client.post("/flowforge/api/executions", json=body)
        assert started.status_code == 201, started.text
        return str(started.json()["id"])

    def read(self, execution_id: str) -> dict[str, Any]:
        answer = self._client.get(f"/flowforge/api/executions/{execution_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def finish(self, execution_id: str, *, seconds: float = 120) -> dict[str, Any]:
        """Wait for the end and return the execution, with ``steps`` by node id."""
        wait_until(lambda: self.read(execution_id)["state"] in ENDED, seconds=seconds)
        execution = self.read(execution_id)
        return {**execution, "steps": {step["node_id"]: step for step in execution["steps"]}}

    def run(self, graph: Graph, payload: Any = None) -> dict[str, Any]:
        return self.finish(self.start(self.publish(dump_graph(graph)), payload))

    def cancel(self, execution_id: str) -> None:
        answer = self._client.post(f"/flowforge/api/executions/{execution_id}/cancel")
        assert answer.status_code == 200, answer.text

    def wait_for_question(self, execution_id: str) -> None:
        """
        Wait until an approval asks, and a moment longer, as a person does.

        Airflow 3.3.2 takes a task whose answer overtakes the report of its worker for a killed one.
        """
        wait_until(lambda: self.read(execution_id)["approvals"], seconds=120)
        time.sleep(2)

    def answer(
        self,
        execution_id: str,
        node_id: str,
        option: str,
        values: dict[str, Any] | None = None,
        *,
        map_index: int = -1,
    ) -> None:
        """Answer an approval as soon as it asks."""
        wait_until(lambda: self.read(execution_id)["approvals"], seconds=120)
        answer = self._client.post(
            f"/flowforge/api/executions/{execution_id}/steps/{node_id}/answer",
            json={"option": option, "values": values or {}, "map_index": map_index},
        )
        assert answer.status_code == 200, answer.text

    def list(self, workflow_id: str) -> Any:
        """Return the newest executions of a workflow."""
        answer = self._client.get("/flowforge/api/executions", params={"workflow_id": workflow_id})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["executions"])

    def wait_for_run(self, workflow_id: str, *, trigger_type: str, seconds: float = 120) -> str:
        """Wait for a run that nobody has started by hand, and return its id."""

        def find() -> str | None:
            found = (one["id"] for one in self.list(workflow_id) if one["trigger_type"] == trigger_type)
            return next(found, None)

        wait_until(lambda: find() is not None, seconds=seconds)
        return str(find())

    def issues(self, document: dict[str, Any]) -> Any:
        """Return what is wrong with a graph."""
        answer = self._client.post("/flowforge/api/validate", json={"graph": document})
        assert answer.status_code == 200, answer.text
        return answer.json()["issues"]

    def unpublish(self, workflow_id: str) -> None:
        answer = self._client.post(f"/flowforge/api/workflows/{workflow_id}/unpublish")
        assert answer.status_code == 200, answer.text

    def start_in_airflow(self, workflow_id: str, conf: dict[str, Any]) -> str:
        """Start a run by Airflow's own API and return the execution's id."""
        body = {"logical_date": None, "conf": conf}
        answer = self._client.post(f"/api/v2/dags/{workflow_id}/dagRuns", json=body)
        assert answer.status_code == 200, answer.text
        return f"{workflow_id}.{answer.json()['dag_run_id']}"
