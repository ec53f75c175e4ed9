"""Executions mended, and steps tested, by a real scheduler and workers."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.graph.load import dump_graph
from flowforge_provider.graph.models import Pinned, Retry
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.integration.operators.loopback import wait_until
from tests.support.workflows import Workflows

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from flowforge_provider.graph.models import Graph, Node
    from tests.support.airflow import AirflowInstance

pytestmark = pytest.mark.integration


class Service:
    """A service that fails on some paths until it is mended, and remembers what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.failing: set[str] = set()
        self.calls: list[tuple[str, str | None]] = []

    def count(self, path: str) -> int:
        return sum(1 for called, _ in self.calls if called == path)

    def keys(self, path: str) -> list[str | None]:
        return [key for called, key in self.calls if called == path]


@contextmanager
def running_service() -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            made.calls.append((self.path, self.headers.get("Idempotency-Key")))
            answer = json.dumps({"path": self.path, "body": body, "number": len(made.calls)}).encode()
            self.send_response(500 if self.path in made.failing else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Service(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as running:
        yield running


@pytest.fixture(scope="module")
def client(airflow_postgres: AirflowInstance) -> Iterator[httpx.Client]:
    with airflow_postgres.client() as opened:
        yield opened


@pytest.fixture(scope="module")
def workflows(client: httpx.Client) -> Workflows:
    return Workflows(client)


def post(id: str, url: str, **fields: Any) -> Node:  # noqa: A002
    parameters = {"method": "POST", "url": url, "body_type": "json", "body": {"id": "{{ trigger.body.id }}"}}
    return make_node(id, "http.request", parameters=parameters, retry=Retry(retries=0), **fields)


def chain(name: str, service: Service) -> Graph:
    """start -> check -(true)-> first -> second -> end, check -(false)-> other."""
    condition = {"mode": "expression", "expression": "{{ trigger.body.id > 0 }}"}
    return make_graph(
        make_trigger(),
        make_node("check", "if", parameters={"conditions": condition}),
        post("first", f"{service.url}/first"),
        post("second", f"{service.url}/second"),
        make_set("other"),
        make_set("end", number="{{ steps.first.body.number }}", path="{{ steps.second.body.path }}"),
        edges=[
            make_edge("start", "check"),
            make_edge("check", "first", "true"),
            make_edge("check", "other", "false"),
            make_edge("first", "second"),
            make_edge("second", "end"),
        ],
        id=name,
        name=name,
    )


def states(execution: dict[str, Any]) -> dict[str, str]:
    return {node_id: step["state"] for node_id, step in execution["steps"].items()}


def ask(client: httpx.Client, method: str, path: str, **body: Any) -> dict[str, Any]:
    sent = body if method == "POST" else None
    answer = client.request(method, f"/flowforge/api{path}", json=sent)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_failed_step_is_retried_in_the_same_run(
    workflows: Workflows, client: httpx.Client, service: Service
) -> None:
    service.failing.add("/second")
    failed = workflows.run(chain("retry_chain", service), {"id": 7})
    assert failed["state"] == "failed"
    service.failing.clear()
    ask(client, "POST", f"/executions/{failed['id']}/retry")
    mended = workflows.finish(failed["id"])
    assert mended["state"] == "success"
    assert mended["steps"]["end"]["output"] == {"number": 1, "path": "/second"}
    assert states(mended)["other"] == "skipped"
    # What had succeeded was left alone; tries go on counting, with the key of the tries before.
    assert (service.count("/first"), service.count("/second")) == (1, 2)
    assert (mended["steps"]["first"]["tries"], mended["steps"]["second"]["tries"]) == (1, 2)
    before, after = service.keys("/second")
    assert before == after is not None


def test_a_run_from_a_step_takes_what_the_others_have_done_and_an_edited_input(
    workflows: Workflows, client: httpx.Client, service: Service
) -> None:
    service.failing.add("/second")
    failed = workflows.run(chain("rerun_chain", service), {"id": 7})
    edited = {**failed["steps"]["second"]["input"], "url": f"{service.url}/other{{{{ 1 }}}}"}
    new = ask(client, "POST", f"/executions/{failed['id']}/rerun", from_step="second", input=edited)
    assert new["rerun_of"] == failed["id"]
    done = workflows.finish(new["id"])
    assert done["state"] == "success", done["steps"]
    # An expression in an edited input is a text like any other.
    assert service.calls[-1][0] == "/other%7B%7B%201%20%7D%7D"
    assert service.count("/first") == 1
    assert done["steps"]["end"]["output"]["number"] == 1
    assert {name: step["reused"] for name, step in done["steps"].items()} == {
        "start": True,
        "check": True,
        "first": True,
        "other": True,
        "second": False,
        "end": False,
    }
    assert done["steps"]["first"]["reused_from"] == failed["id"]
    assert states(done)["other"] == "skipped"
    assert workflows.read(failed["id"])["state"] == "failed"


@pytest.mark.slow
def test_of_a_loop_only_failed_items_run_again(
    workflows: Workflows, client: httpx.Client, service: Service
) -> None:
    service.failing.add("/item/2")
    graph = make_graph(
        make_trigger(),
        make_node("each", "for_each", parameters={"items": "{{ trigger.body.items }}"}),
        post("send", f"{service.url}/item/{{{{ item }}}}"),
        make_set("kept", path="{{ steps.send.body.path }}"),
        post("after", f"{service.url}/after"),
        edges=[
            make_edge("start", "each"),
            make_edge("each", "send", "item"),
            make_edge("send", "kept"),
            make_edge("each", "after", "done"),
        ],
        id="retry_loop",
        name="retry_loop",
    )
    failed = workflows.run(graph, {"id": 1, "items": [1, 2, 3]})
    assert failed["state"] == "failed"
    service.failing.clear()
    ask(client, "POST", f"/executions/{failed['id']}/retry")
    mended = workflows.finish(failed["id"])
    assert mended["state"] == "success", mended["steps"]
    results = mended["steps"]["each"]["output"]["results"]
    assert [result["path"] for result in results] == ["/item/1", "/item/2", "/item/3"]
    assert [service.count(f"/item/{item}") for item in (1, 2, 3)] == [1, 2, 1]
    assert len(set(service.keys("/item/2"))) == 1

    # A later step runs again on the loop's results, without the loop.
    new = ask(client, "POST", f"/executions/{failed['id']}/rerun", from_step="after")
    done = workflows.finish(new["id"])
    assert done["state"] == "success"
    assert done["steps"]["each"]["reused"]
    assert service.count("/item/1") == 1
    assert service.count("/after") == 2
    # And the loop itself on another list.
    new = ask(client, "POST", f"/executions/{failed['id']}/rerun", from_step="each", input={"items": [9]})
    done = workflows.finish(new["id"])
    assert done["steps"]["each"]["output"]["total"] == 1
    assert service.count("/item/9") == 1


@pytest.mark.slow
def test_the_latest_revision_runs_from_a_step_on_earlier_outputs(
    workflows: Workflows, client: httpx.Client, service: Service
) -> None:
    service.failing.add("/second")
    graph = chain("rerun_latest", service)
    failed = workflows.run(graph, {"id": 7})
    nodes = [post("second", f"{service.url}/mended") if node.id == "second" else node for node in graph.nodes]
    document = dump_graph(graph.model_copy(update={"nodes": nodes}))
    workflow = client.get(f"/flowforge/api/workflows/{failed['workflow_id']}").json()
    saved = client.put(
        f"/flowforge/api/workflows/{failed['workflow_id']}",
        json={"graph": document},
        headers={"If-Match": f'"{workflow["version"]}"'},
    )
    assert saved.status_code == 200, saved.text
    ask(client, "POST", f"/workflows/{failed['workflow_id']}/publish")
    body = {"revision": "latest", "from_step": "second"}
    new = ask(client, "POST", f"/executions/{failed['id']}/rerun", **body)
    done = workflows.finish(new["id"])
    assert (done["state"], done["revision"]) == ("success", 2)
    assert (service.count("/first"), service.count("/mended")) == (1, 1)
    # The original revision is still there, with the step that fails.
    old = ask(client, "POST", f"/executions/{failed['id']}/rerun", from_step="second")
    assert workflows.finish(old["id"])["state"] == "failed"
    assert service.count("/second") == 2


def run_test(client: httpx.Client, workflow_id: str, node: str, **body: Any) -> dict[str, Any]:
    """Test a step and wait for the result."""
    path = f"/workflows/{workflow_id}/steps/{node}/test"
    test = ask(client, "POST", path, **body)
    wait_until(
        lambda: ask(client, "GET", f"{path}/{test['id']}")["state"] in ("success", "failed"), seconds=120
    )
    return ask(client, "GET", f"{path}/{test['id']}")


def make_draft(client: httpx.Client, graph: Graph) -> str:
    made = client.post("/flowforge/api/workflows", json={"name": graph.name, "graph": dump_graph(graph)})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_a_step_of_a_draft_runs_on_a_worker(client: httpx.Client, service: Service) -> None:
    graph = chain("step_test", service)
    pinned = Pinned(output={"body": {"path": "/pinned"}})
    nodes = [
        node.model_copy(update={"pinned": pinned}) if node.id == "second" else node for node in graph.nodes
    ]
    workflow_id = make_draft(client, graph.model_copy(update={"nodes": nodes}))
    data = {"trigger": {"body": {"id": 4}}}
    sent = run_test(client, workflow_id, "first", data=data)
    assert (sent["state"], sent["ports"]) == ("success", ["success"]), sent
    assert sent["output"]["body"]["body"] == '{"id": 4}'
    assert sent["input"]["url"] == f"{service.url}/first"
    assert service.count("/first") == 1
    branch = run_test(client, workflow_id, "check", data=data)
    assert branch["ports"] == ["true"]
    total = run_test(client, workflow_id, "end", data={"steps": {"first": {"body": {"number": 5}}}, **data})
    assert total["output"] == {"number": 5, "path": "/pinned"}

    service.failing.add("/first")
    failed = run_test(client, workflow_id, "first", data=data)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "http-status")
    assert (failed["error"]["detail"]["status"], failed["ports"]) == (500, [])
    assert service.count("/first") == 2
    log = ask(client, "GET", f"/workflows/{workflow_id}/steps/first/test/{failed['id']}/logs")
    assert any("/first" in line["message"] for line in log["lines"])
    # The draft is a draft still, and nothing of it has run.
    assert ask(client, "GET", f"/workflows/{workflow_id}")["state"] == "draft"
    assert client.get(f"/flowforge/api/executions?workflow_id={workflow_id}").json()["executions"] == []


@pytest.mark.slow
def test_what_depends_on_other_steps_and_what_waits_can_be_tested(
    workflows: Workflows, client: httpx.Client
) -> None:
    answering = make_graph(
        make_trigger(),
        make_node("answer", "respond", parameters={"body": {"got": "{{ trigger.body.id }}"}}),
        id="test_child",
        name="test_child",
    )
    child = workflows.publish(dump_graph(answering))
    graph = make_graph(
        make_trigger(),
        make_set("left"),
        make_set("right"),
        make_node("both", "merge"),
        make_node("each", "for_each", parameters={"items": "{{ trigger.body.items }}"}),
        make_set("one", told="{{ item.id }} at {{ item_index }}"),
        make_node("call", "workflow.run", parameters={"workflow_id": child, "payload": {"id": 3}}),
        make_node("rows", parameters={"operations": [{"operation": "limit", "count": 1}]}),
        edges=[
            make_edge("start", "left"),
            make_edge("start", "right"),
            make_edge("left", "both"),
            make_edge("right", "both"),
            make_edge("start", "each"),
            make_edge("each", "one", "item"),
            make_edge("start", "call"),
            make_edge("left", "rows"),
        ],
        id="test_kinds",
        name="test_kinds",
    )
    workflow_id = make_draft(client, graph)
    merged = run_test(client, workflow_id, "both", data={"steps": {"left": 1, "right": 2}})
    assert merged["output"] == {"left": 1, "right": 2}
    item = run_test(client, workflow_id, "one", data={"item": {"id": "a"}, "item_index": 2})
    assert item["output"] == {"told": "a at 2"}
    rows = run_test(client, workflow_id, "rows", data={"steps": {"left": [1, 2]}})
    assert rows["output"] == [1]
    called = run_test(client, workflow_id, "call")
    assert called["state"] == "success", called
    assert called["output"]["result"]["body"] == {"got": 3}
    assert called["child_execution_id"] == called["output"]["execution_id"]


@pytest.mark.slow
def test_a_configuration_that_somebody_wrote_by_hand_runs_nothing(
    workflows: Workflows, client: httpx.Client, service: Service
) -> None:
    workflow_id = make_draft(client, chain("sealed_test", service))
    run_test(client, workflow_id, "first", data={"trigger": {"body": {"id": 4}}})
    conf = {"flowforge_step_test": {"json": "{}", "signature": "0"}}
    started = client.post(
        "/api/v2/dags/flowforge.step-test/dagRuns", json={"conf": conf, "logical_date": None}
    )
    assert started.status_code == 200, started.text
    run_id = started.json()["dag_run_id"]
    url = f"/api/v2/dags/flowforge.step-test/dagRuns/{run_id}"
    wait_until(lambda: client.get(url).json()["state"] == "failed", seconds=120)
    # Nor does an edited input that was not checked.
    child = workflows.publish(dump_graph(chain("sealed_rerun", service)))
    forged = {
        "trigger": {"type": "manual", "body": {"id": 1}},
        "flowforge_rerun": {"task_id": "first", "input": {"json": '{"url": "x"}', "signature": "0"}},
    }
    started = client.post(f"/api/v2/dags/{child}/dagRuns", json={"conf": forged, "logical_date": None})
    execution = workflows.finish(f"{child}.{started.json()['dag_run_id']}")
    assert execution["steps"]["first"]["error"]["code"] == "conf-not-sealed"
    assert service.count("/first") == 1
