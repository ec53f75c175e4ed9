"""Callers that wait, and files that came in, with a real scheduler and real workers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_edge, make_graph, make_node
from tests.support.workflows import Workflows

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from flowforge_provider.graph.models import Node
    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def client(airflow_postgres: AirflowInstance) -> Iterator[httpx.Client]:
    with airflow_postgres.client() as client:
        yield client


def hook(**parameters: Any) -> Node:
    return make_node(
        "hook", "webhook", parameters={"authentication": "none", "respond_limit_s": 120, **parameters}
    )


def publish(client: httpx.Client, name: str, *nodes: Node) -> str:
    """Publish a chain of nodes and return the address of its webhook."""
    ids = [node.id for node in nodes]
    edges = [make_edge(source, target) for source, target in pairwise(ids)]
    graph = make_graph(*nodes, edges=edges, id=name, name=name)
    workflow_id = Workflows(client).publish(graph.model_dump(mode="json"))
    return f"/flowforge/api/webhooks/{workflow_id}"


def test_workflows_answer_those_who_wait(client: httpx.Client) -> None:
    """Files come in by reference, are read by a worker, and go out again; failures are told by their step."""
    read = make_node(
        "read",
        "transform",
        parameters={"input": "{{ trigger.body.table }}", "operations": [{"operation": "parse_csv"}]},
    )
    told = make_node(
        "told",
        "respond",
        parameters={
            "status": 201,
            "body": {"rows": "{{ steps.read }}", "by": "{{ trigger.body.by }}"},
            "headers": [{"name": "X-Rows", "value": "{{ steps.read | length }}"}],
        },
    )
    back = make_node("back", "respond", parameters={"content": "file", "file": "{{ trigger.body }}"})
    stop = make_node("stop", "stop", name="Give up", parameters={"message": "password=hunter2"})
    rows = publish(client, "answer-rows", hook(respond="respond_step"), read, told)
    file = publish(client, "answer-file", hook(respond="respond_step"), back)
    end = publish(client, "answer-end", hook(respond="when_finished"), stop)
    done = publish(
        client,
        "answer-done",
        hook(respond="when_finished"),
        told.model_copy(update={"parameters": {"body": 7}}),
    )
    table = ("таблица.csv", b"id,name\n1,Ada\n2,Bob\n", "text/csv")
    with ThreadPoolExecutor(4) as threads:
        calls = [
            threads.submit(partial(client.post, url, timeout=150, **options))
            for url, options in (
                (rows, {"files": {"table": table}, "data": {"by": "me"}}),
                (file, {"content": b"%PDF\x00", "headers": {"Content-Type": "application/pdf"}}),
                (end, {"json": {}}),
                (done, {"json": {}}),
            )
        ]
        by_step, by_file, failed, finished = (call.result() for call in calls)
    assert (by_step.status_code, by_step.json()) == (
        201,
        {"rows": [{"id": "1", "name": "Ada"}, {"id": "2", "name": "Bob"}], "by": "me"},
    )
    assert by_step.headers["x-rows"] == "2"
    assert by_file.content == b"%PDF\x00"
    assert by_file.headers["content-type"] == "application/pdf"
    assert by_file.headers["x-content-type-options"] == "nosniff"
    assert failed.status_code == 500
    assert failed.json()["code"] == "execution-failed"
    assert failed.json()["failed_steps"] == ["stop"]
    assert "Give up" in failed.json()["detail"]
    assert "hunter2" not in failed.text
    assert finished.status_code == 200
    assert (finished.json()["state"], finished.json()["result"]["body"]) == ("success", 7)
