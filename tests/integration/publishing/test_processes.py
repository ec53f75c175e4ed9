"""Publishing on a whole Airflow with real workers, through the API, on SQLite and PostgreSQL."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_graph, make_node, make_set, make_trigger
from tests.support.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from flowforge_provider.graph.models import Graph
    from tests.support.airflow import AirflowInstance

pytestmark = pytest.mark.integration

API = "/flowforge/api"


@pytest.fixture(params=["sqlite", "postgres"])
def airflow(request: pytest.FixtureRequest) -> AirflowInstance:
    instance: AirflowInstance = request.getfixturevalue(f"airflow_{request.param}")
    return instance


@pytest.fixture
def client(airflow: AirflowInstance) -> Iterator[httpx.Client]:
    with airflow.client() as value:
        yield value


@pytest.fixture
def gate() -> Iterator[Gate]:
    with Gate() as value:
        yield value


def waiting_graph(gate: Gate, value: str) -> Graph:
    """A step that waits for the gate, then one whose output tells the revision."""
    wait = make_node("wait", type="http.request", parameters={"method": "GET", "url": gate.url})
    return make_graph(make_trigger(), wait, make_set("mark", revision=value))


def create(client: httpx.Client, name: str, graph: Graph) -> str:
    answer = client.post(f"{API}/workflows", json={"name": name, "graph": graph.model_dump(mode="json")})
    assert answer.status_code == 201, answer.text
    workflow_id: str = answer.json()["id"]
    return workflow_id


def save(client: httpx.Client, workflow_id: str, graph: Graph) -> None:
    etag = client.get(f"{API}/workflows/{workflow_id}").headers["etag"]
    answer = client.patch(
        f"{API}/workflows/{workflow_id}",
        json={"graph": graph.model_dump(mode="json")},
        headers={"If-Match": etag},
    )
    assert answer.status_code == 200, answer.text


def publish(client: httpx.Client, workflow_id: str) -> dict[str, Any]:
    answer = client.post(f"{API}/workflows/{workflow_id}/publish", json={"message": ""})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert body["state"] == "runnable"
    return body


def start(client: httpx.Client, workflow_id: str) -> str:
    answer = client.post(f"{API}/executions", json={"workflow_id": workflow_id, "payload": {}})
    assert answer.status_code == 201, answer.text
    execution_id: str = answer.json()["id"]
    return execution_id


def finish(client: httpx.Client, execution_id: str, *, timeout_s: float = 90) -> dict[str, Any]:
    deadline = time.monotonic() + timeout_s
    while True:
        body: dict[str, Any] = client.get(f"{API}/executions/{execution_id}").json()
        if body["state"] not in {"queued", "running"}:
            return body
        assert time.monotonic() < deadline, body
        time.sleep(0.2)


def output_of(execution: dict[str, Any], node_id: str) -> Any:
    return next(step["output"] for step in execution["steps"] if step["node_id"] == node_id)


def eventually(check: Callable[[], bool], *, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def was_parsed(client: httpx.Client, dag_id: str) -> bool:
    """Publishing alone measures no parsing."""
    dag = client.get(f"/api/v2/dags/{dag_id}").json()
    return not dag["is_stale"] and dag["last_parse_duration"] is not None


def dag_versions(client: httpx.Client, dag_id: str) -> list[int]:
    body = client.get(f"/api/v2/dags/{dag_id}/dagVersions").json()
    return [version["version_number"] for version in body["dag_versions"]]


def test_a_published_workflow_runs_at_once(client: httpx.Client) -> None:
    workflow_id = create(client, "Runs at once", make_graph(make_trigger(), make_set("mark", revision="a")))
    published = publish(client, workflow_id)

    execution = finish(client, start(client, workflow_id))

    assert execution["state"] == "success"
    assert output_of(execution, "mark") == {"revision": "a"}
    assert (execution["revision"], execution["seq"]) == (1, published["seq"])


def test_a_run_in_progress_finishes_on_the_revision_it_began_with(client: httpx.Client, gate: Gate) -> None:
    workflow_id = create(client, "Pinned", waiting_graph(gate, "old"))
    publish(client, workflow_id)
    first = start(client, workflow_id)
    assert gate.arrived.wait(60)

    # A step that only changes its parameters, and one that is not in the old revision at all.
    graph = waiting_graph(gate, "new")
    extended = make_graph(*graph.nodes, make_set("added", extra=True))
    save(client, workflow_id, extended)
    publish(client, workflow_id)
    second = start(client, workflow_id)
    gate.open()

    old, new = finish(client, first), finish(client, second)
    assert (old["state"], old["revision"]) == ("success", 1)
    assert output_of(old, "mark") == {"revision": "old"}
    assert [step["node_id"] for step in old["steps"]] == ["start", "wait", "mark"]
    assert (new["state"], new["revision"]) == ("success", 2)
    assert output_of(new, "mark") == {"revision": "new"}
    assert output_of(new, "added") == {"extra": True}


def test_a_run_in_progress_finishes_after_unpublishing(
    airflow: AirflowInstance, client: httpx.Client, gate: Gate
) -> None:
    workflow_id = create(client, "Taken offline", waiting_graph(gate, "old"))
    publish(client, workflow_id)
    running = start(client, workflow_id)
    assert gate.arrived.wait(60)

    assert client.post(f"{API}/workflows/{workflow_id}/unpublish").status_code == 200

    refused = client.post(f"{API}/executions", json={"workflow_id": workflow_id, "payload": {}})
    assert refused.status_code == 409
    # Neither does Airflow's own way of starting runs get around it.
    refused = client.post(f"/api/v2/dags/{workflow_id}/dagRuns", json={"logical_date": None})
    assert refused.status_code in {400, 409}
    gate.open()
    assert finish(client, running)["state"] == "success"
    # Then the Dag leaves Airflow's list.
    eventually(lambda: client.get(f"/api/v2/dags/{workflow_id}").json()["is_stale"])


def test_the_dag_processor_reads_the_same_dag(airflow: AirflowInstance, client: httpx.Client) -> None:
    workflow_id = create(client, "Read again", make_graph(make_trigger(), make_set("mark", revision="a")))
    publish(client, workflow_id)

    eventually(lambda: was_parsed(client, workflow_id))

    assert dag_versions(client, workflow_id) == [1]
    dag = client.get(f"/api/v2/dags/{workflow_id}").json()
    assert (dag["is_stale"], dag["has_import_errors"], dag["is_paused"]) == (False, False, False)
    source = client.get(f"{API}/workflows/{workflow_id}/export", params={"format": "python"}).text
    shown = client.get(f"/api/v2/dagSources/{workflow_id}", headers={"Accept": "text/plain"}).text
    assert shown == source


def test_twenty_workflows_from_four_clients_at_once_lose_none(airflow: AirflowInstance) -> None:
    def publish_some(client_number: int) -> list[tuple[str, int]]:
        published = []
        with airflow.client() as client:
            for number in range(5):
                name = f"Crowd {client_number} {number}"
                workflow_id = create(client, name, make_graph(make_trigger(), make_set("mark", name=name)))
                published.append((workflow_id, publish(client, workflow_id)["seq"]))
        return published

    with ThreadPoolExecutor(max_workers=4) as pool:
        published = [each for some in pool.map(publish_some, range(4)) for each in some]

    assert len({seq for _, seq in published}) == 20
    with airflow.client() as client:
        # The dag-processor, which was reading files all the while, has not taken any of them away.
        eventually(lambda: all(was_parsed(client, workflow_id) for workflow_id, _ in published))
        for workflow_id, seq in published:
            workflow = client.get(f"{API}/workflows/{workflow_id}").json()
            assert (workflow["published_seq"], workflow["runnable"]) == (seq, True)
            assert dag_versions(client, workflow_id) == [1]
        last = published[-1][0]
        assert finish(client, start(client, last))["state"] == "success"


def test_what_could_not_be_registered_is_read_by_the_dag_processor(
    airflow: AirflowInstance, client: httpx.Client
) -> None:
    workflow_id = create(client, "Read later", make_graph(make_trigger(), make_set("mark", revision="a")))

    printed = airflow.run_python(_PUBLISH_WITHOUT_REGISTERING.format(workflow_id=workflow_id))

    assert printed.splitlines()[-1] == "published"
    eventually(lambda: client.get(f"{API}/workflows/{workflow_id}").json()["runnable"])
    assert finish(client, start(client, workflow_id))["state"] == "success"


_PUBLISH_WITHOUT_REGISTERING = """
from airflow.models.serialized_dag import SerializedDagModel

def refuse(*_, **__):
    raise TypeError("write_dag has changed")

SerializedDagModel.write_dag = refuse
from flowforge_provider.publishing import publish

print(publish(workflow_id={workflow_id!r}, user="ann").state)
"""


def test_a_workflow_that_cannot_compile_leaves_the_others_alone(client: httpx.Client) -> None:
    good = create(client, "Good neighbour", make_graph(make_trigger(), make_set("mark", revision="a")))
    bad = create(client, "Bad neighbour", make_graph(make_set("a"), make_set("b"), edges=[]))
    publish(client, good)

    answer = client.post(f"{API}/workflows/{bad}/publish", json={})

    assert answer.status_code == 422
    assert answer.json()["issues"]
    listed = client.get(f"{API}/workflows", params={"search": "neighbour"}).json()
    assert {row["id"] for row in listed["workflows"]} == {good, bad}
    assert finish(client, start(client, good))["state"] == "success"


def test_a_file_that_cannot_be_imported_leaves_the_others_alone(
    airflow: AirflowInstance, client: httpx.Client
) -> None:
    # As when a node package is removed from the dag-processor's machine after publishing.
    good = create(client, "Sound file", make_graph(make_trigger(), make_set("mark", revision="a")))
    bad = create(client, "Broken file", make_graph(make_trigger(), make_set("mark", revision="b")))
    publish(client, good)
    airflow.run_python(_PUBLISH_A_BROKEN_FILE.format(workflow_id=bad))

    def broken_files() -> list[str]:
        errors = client.get("/api/v2/importErrors", params={"limit": 100}).json()["import_errors"]
        return [error["filename"] for error in errors if "the package is gone" in error["stack_trace"]]

    eventually(lambda: len(broken_files()) == 1)
    assert bad in broken_files()[0]
    eventually(lambda: was_parsed(client, good))
    listed = client.get(f"{API}/workflows", params={"search": "file"}).json()
    assert {row["id"] for row in listed["workflows"]} == {good, bad}
    assert client.get(f"{API}/workflows/{good}").json()["runnable"]
    assert not client.get(f"{API}/workflows/{bad}").json()["runnable"]
    assert finish(client, start(client, good))["state"] == "success"


_PUBLISH_A_BROKEN_FILE = """
import dataclasses
from flowforge_provider.publishing import publish, registration

prepare = registration.prepare

def prepare_broken(**arguments):
    prepared = prepare(**arguments)
    source = prepared.source + "\\nraise ImportError('the package is gone')\\n"
    return dataclasses.replace(prepared, source=source)

registration.prepare = prepare_broken
publish(workflow_id={workflow_id!r}, user="ann")
"""
