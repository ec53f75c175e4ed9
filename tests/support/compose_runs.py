"""Workflows on the services of docker-compose.yaml, and the books that are kept of their executions."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from flowforge_provider.graph.models import Retry
from tests.factories import make_node
from tests.integration.operators.loopback import wait_until
from tests.support.front_door import CONNECTION_ID, TOKEN, TOKEN_HEADERS
from tests.support.workflows import Workflows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.graph.models import Node
    from tests.support.compose import ComposeSetup

_FINISHED = "success"
_FAILED = ("failed", "cancelled")


@dataclass(frozen=True)
class Counts:
    """
    The executions of a workflow by how they stand.

    :param waiting: not ended yet, whatever they wait for
    """

    started: int
    finished: int
    failed: int
    waiting: int


class ComposeRuns:
    """
    Publishes, sends and counts, signed in as the administrator.

    :param setup: whose services run
    :param client: of the api-server
    """

    def __init__(self, setup: ComposeSetup, client: httpx.Client) -> None:
        self.setup = setup
        self.client = client
        self.workflows = Workflows(client)

    def add_connection(self, connection_id: str, **fields: Any) -> None:
        """Add or replace a Connection; ``fields`` are those of Airflow's API."""
        self.client.delete(f"/api/v2/connections/{connection_id}")
        answer = self.client.post("/api/v2/connections", json={"connection_id": connection_id, **fields})
        assert answer.status_code == 201, answer.text

    def send(self, workflow_id: str, body: Any, *, key: str = "") -> str:
        """
        Post to a workflow's webhook at the front door and return the id of the execution.

        :param key: by which a repetition is recognised
        """
        answer = httpx.post(
            f"{self.setup.front_door_url}/flowforge/api/webhooks/{workflow_id}",
            json=body,
            headers={**TOKEN_HEADERS, **({"Idempotency-Key": key} if key else {})},
            timeout=60,
        )
        assert answer.status_code in (200, 202), answer.text
        return str(answer.json()["execution_id"])

    def test_step(self, workflow_id: str, node_id: str, **body: Any) -> dict[str, Any]:
        """Test a step of a draft, and return the result when it has ended."""
        path = f"/flowforge/api/workflows/{workflow_id}/steps/{node_id}/test"
        begun = self.client.post(path, json=body)
        assert begun.status_code == 202, begun.text
        url = f"{path}/{begun.json()['id']}"
        wait_until(lambda: self.client.get(url).json()["state"] in ("success", "failed"), seconds=180)
        return dict(self.client.get(url).json())

    def count(self, workflow_id: str) -> Counts:
        """Count the executions of a workflow, from Airflow's own table of runs."""
        rows = self.setup.postgres.query(
            self.setup.database,
            "SELECT state::text, count(*) FROM dag_run WHERE dag_id = %s GROUP BY state",
            (workflow_id,),
        )
        states = {str(state): int(number) for state, number in rows}
        finished = states.pop(_FINISHED, 0)
        failed = sum(states.pop(state, 0) for state in _FAILED)
        waiting = sum(states.values())
        return Counts(finished + failed + waiting, finished, failed, waiting)

    def wait_for_end(self, workflow_id: str, *, started: int, seconds: float = 300) -> Counts:
        """
        Wait until no execution of a workflow waits, counting all the while, and return the last count.

        :param started: how many there are; fails when one is lost or doubled on the way
        """
        deadline = time.monotonic() + seconds
        while True:
            counts = self.count(workflow_id)
            assert counts.started == started, counts
            if counts.waiting == 0:
                return counts
            assert time.monotonic() < deadline, f"{counts}\n{self.steps(workflow_id)}"
            time.sleep(0.5)

    def steps(self, workflow_id: str) -> list[tuple[str, str, str, int, str]]:
        """Return (run, task, state, try, name of the worker) of each step of a workflow, as they are now."""
        return [
            (str(run), str(task), str(state), int(try_number), str(worker))
            for run, task, state, try_number, worker in self.setup.postgres.query(
                self.setup.database,
                "SELECT run_id, task_id, state, try_number, hostname FROM task_instance WHERE dag_id = %s"
                " ORDER BY run_id, task_id",
                (workflow_id,),
            )
        ]

    def workers(self, workflow_id: str, task_id: str) -> dict[str, str]:
        """Return run -> name of the worker that has a step of it."""
        return {run: worker for run, task, _, _, worker in self.steps(workflow_id) if task == task_id}


@contextmanager
def signed_in(setup: ComposeSetup) -> Iterator[ComposeRuns]:
    """
    Yield the tool, with the Connection that webhooks ask for.

    :param setup: whose services run
    """
    with setup.client() as client:
        runs = ComposeRuns(setup, client)
        runs.add_connection(CONNECTION_ID, conn_type="generic", password=TOKEN)
        yield runs


def call(id: str, url: str, *, retries: int = 3) -> Node:  # noqa: A002 - the document's name
    """
    Return a step that posts the body of the trigger.

    :param url: where to
    :param retries: tries after the first one, without delay
    """
    parameters = {
        "method": "POST",
        "url": url,
        "body_type": "json",
        "body": "{{ trigger.body }}",
        "read_timeout_s": 120,
        "total_timeout_s": 120,
    }
    return make_node(id, "http.request", parameters=parameters, retry=Retry(retries=retries, delay_s=0))
