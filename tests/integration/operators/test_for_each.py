"""Loops run by a real scheduler and workers: order, limits, errors, branches, batches, retries."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.graph.load import dump_graph
from flowforge_provider.graph.models import Retry
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.integration.operators.loopback import Loopback, running_loopback, wait_until
from tests.support.killed_step import KilledStep
from tests.support.workflows import Workflows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowforge_provider.dev.guard import Guard
    from flowforge_provider.graph.models import Edge, Graph, Node
    from tests.support.airflow import AirflowInstance
    from tests.support.databases import MigratedPostgres

pytestmark = pytest.mark.integration


# Fewer than Airflow's default of 1,024, so that a test need not run so many tasks to get there.
MAX_MAP_LENGTH = 30


@pytest.fixture(scope="module")
def airflow(migrated_postgres: MigratedPostgres, guard: Guard) -> Iterator[AirflowInstance]:
    """An Airflow that makes few tasks of a list."""
    from tests.support.airflow import AirflowInstance, running_airflow

    settings = {("core", "max_map_length"): str(MAX_MAP_LENGTH)}
    instance = AirflowInstance(database_url=migrated_postgres.copy(), settings=settings, guard=guard)
    with running_airflow(instance=instance, migrate=False):
        yield instance


@pytest.fixture(scope="module")
def workflows(airflow: AirflowInstance) -> Iterator[Workflows]:
    with airflow.client() as client:
        yield Workflows(client)


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with running_loopback() as running:
        yield running


def loop(*body: Node, id: str, edges: list[Edge] | None = None, **parameters: Any) -> Graph:  # noqa: A002
    """Return: start -> each; each.item -> the body (a chain when no edges are given); each.done -> after."""
    each = make_node("each", "for_each", parameters={"items": "{{ trigger.body.items }}", **parameters})
    inner = edges
    if inner is None:
        inner = [make_edge(left.id, right.id) for left, right in pairwise(body)]
    first = [] if any(edge.source == "each" for edge in inner) else [make_edge("each", body[0].id, "item")]
    return make_graph(
        make_trigger(),
        each,
        *body,
        make_set("after", got="{{ steps.each }}"),
        edges=[make_edge("start", "each"), *first, *inner, make_edge("each", "after", "done")],
        id=id,
        name=id,
    )


def test_results_are_in_the_order_of_the_items(workflows: Workflows) -> None:
    graph = loop(
        make_set("double", twice="{{ item * 2 }}"),
        make_set("told", text="{{ item_index }}: {{ steps.double.twice }}"),
        id="loop_order",
    )
    execution = workflows.run(graph, {"items": [3, 1, 2]})
    assert execution["state"] == "success", execution
    each = execution["steps"]["each"]["output"]
    assert each == {
        "results": [{"text": "0: 6"}, {"text": "1: 2"}, {"text": "2: 4"}],
        "errors": [],
        "total": 3,
        "succeeded": 3,
        "failed": 0,
    }
    assert execution["steps"]["after"]["output"] == {"got": each}


def test_an_empty_list_skips_the_body_and_goes_on(workflows: Workflows) -> None:
    execution = workflows.run(loop(make_set("a"), make_set("b"), id="loop_empty"), {"items": []})
    assert execution["state"] == "success", execution
    each = execution["steps"]["each"]["output"]
    assert each == {"results": [], "errors": [], "total": 0, "succeeded": 0, "failed": 0}
    assert execution["steps"]["after"]["state"] == "success"


def call(id: str, url: str, *, retries: int = 0, **fields: Any) -> Node:  # noqa: A002
    retry = Retry(retries=retries, delay_s=0)
    return make_node(id, "http.request", parameters={"url": url}, retry=retry, **fields)


def branching(server: Loopback, *, id: str, **parameters: Any) -> Graph:  # noqa: A002
    """Return a body that asks the server, goes on by success or by error, and joins both ways."""
    return loop(
        call("ask", f"{server.url}/status/{{{{ item }}}}"),
        make_set("good", status="{{ steps.ask.status }}"),
        make_set("bad", code="{{ steps.ask.error.code }}"),
        make_set("end", item="{{ item }}", good="{{ steps.good }}", bad="{{ steps.bad }}"),
        edges=[
            make_edge("each", "ask", "item"),
            make_edge("ask", "good"),
            make_edge("ask", "bad", "error"),
            make_edge("good", "end"),
            make_edge("bad", "end"),
        ],
        id=id,
        **parameters,
    )


BRANCHED = [
    {"item": 200, "good": {"status": 200}, "bad": None},
    {"item": 404, "good": None, "bad": {"code": "http-status"}},
    {"item": 201, "good": {"status": 201}, "bad": None},
    {"item": 400, "good": None, "bad": {"code": "http-status"}},
]


@pytest.mark.parametrize("batch_size", [1, 3])
def test_each_item_takes_its_own_way(workflows: Workflows, server: Loopback, batch_size: int) -> None:
    graph = branching(server, id=f"loop_ways_{batch_size}", batch_size=batch_size)
    execution = workflows.run(graph, {"items": [200, 404, 201, 400]})
    assert execution["state"] == "success", execution
    assert execution["steps"]["each"]["output"]["results"] == BRANCHED


@pytest.mark.parametrize("batch_size", [1, 2])
def test_failed_items_are_told_and_the_others_go_on(
    workflows: Workflows, server: Loopback, batch_size: int
) -> None:
    graph = loop(
        call("ask", f"{server.url}/status/{{{{ item }}}}"),
        make_set("told", status="{{ steps.ask.status }}"),
        id=f"loop_continue_{batch_size}",
        continue_on_item_error=True,
        batch_size=batch_size,
    )
    execution = workflows.run(graph, {"items": [200, 500, 201]})
    assert execution["state"] == "success", execution
    each = execution["steps"]["each"]["output"]
    assert each["results"] == [{"status": 200}, None, {"status": 201}]
    assert (each["total"], each["succeeded"], each["failed"]) == (3, 2, 1)
    [error] = each["errors"]
    assert (error["index"], error["item"], error["step"]) == (1, 500, "ask")
    assert (error["error"]["code"], error["error"]["detail"]["status"]) == ("http-status", 500)


@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_failed_item_fails_the_loop_and_no_further_one_is_begun(
    workflows: Workflows, server: Loopback, batch_size: int
) -> None:
    server.requests.clear()
    graph = loop(
        call("ask", f"{server.url}/status/{{{{ item }}}}"),
        id=f"loop_stop_{batch_size}",
        concurrency=1,
        batch_size=batch_size,
    )
    execution = workflows.run(graph, {"items": [200, 500, 201, 202]})
    assert execution["state"] == "failed"
    each = execution["steps"]["each"]
    assert each["error"]["code"] == "loop-item-failed"
    detail = each["error"]["detail"]
    assert (detail["total"], detail["succeeded"], detail["failed"], detail["not_begun"]) == (4, 1, 1, 2)
    assert [error["error"]["code"] for error in detail["errors"]] == ["http-status"]
    assert [request["path"] for request in server.requests] == ["/status/200", "/status/500"]
    assert execution["steps"]["after"]["state"] == "upstream_failed"


class Counter(ThreadingHTTPServer):
    """A server that holds each request for a moment, and counts. Its first answer to ``/once`` is a 503."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.present = self.most = 0
        self.seen: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", 0), CountingHandler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class CountingHandler(BaseHTTPRequestHandler):
    server: Counter

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet."""

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.present += 1
            self.server.most = max(self.server.most, self.server.present)
            is_first = all(path != self.path for path, _ in self.server.seen)
            self.server.seen.append((self.path, self.headers.get("Idempotency-Key") or ""))
        time.sleep(1.5 if self.path.startswith("/hold") else 0)
        self.send_response(503 if is_first and self.path == "/once" else 200)
        self.send_header("Content-Length", "0")
        with self.server.lock:
            self.server.present -= 1
        self.end_headers()


@pytest.fixture
def counter() -> Iterator[Counter]:
    with Counter() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_no_more_items_than_allowed_are_in_a_step_at_once(workflows: Workflows, counter: Counter) -> None:
    graph = loop(
        call("ask", f"{counter.url}/hold/{{{{ item }}}}"), id="loop_limit", concurrency=2, batch_size=1
    )
    execution = workflows.run(graph, {"items": [1, 2, 3, 4, 5, 6]})
    assert execution["state"] == "success", execution
    assert len(counter.seen) == 6
    assert counter.most <= 2


def test_a_retry_takes_only_the_items_that_are_left(workflows: Workflows, counter: Counter) -> None:
    graph = loop(call("ask", f"{counter.url}/{{{{ item }}}}", retries=1), id="loop_retry", batch_size=3)
    execution = workflows.run(graph, {"items": ["a", "once", "b"]})
    assert execution["state"] == "success", execution
    assert [path for path, _ in counter.seen] == ["/a", "/once", "/b", "/once"]
    assert [result["status"] for result in execution["steps"]["each"]["output"]["results"]] == [200, 200, 200]
    assert execution["steps"]["ask"]["tries"] == 2


def test_a_worker_killed_in_the_middle_of_a_batch_does_not_repeat_what_is_done(
    counter: Counter, tmp_path: Path
) -> None:
    ask = call("ask", f"{counter.url}/{{{{ item }}}}", retries=1)
    step = KilledStep(
        loop(ask, id="loop_killed"),
        "ask",
        outputs={"each-items": [["a", "hold", "b"]]},
        max_tries=1,
        map_index=0,
        state_file=tmp_path / "state.json",
    )
    step.kill(at="during", when=lambda: len(counter.seen) == 2)
    result = step.finish(try_number=2)
    assert {index: output["status"] for index, output in result.output.items()} == {
        "0": 200,
        "1": 200,
        "2": 200,
    }
    assert [path for path, _ in counter.seen] == ["/a", "/hold", "/hold", "/b"]


@pytest.mark.slow
def test_two_thousand_items_become_as_many_tasks_as_airflow_takes(workflows: Workflows) -> None:
    graph = loop(
        make_set("double", n="{{ item * 2 }}"),
        make_set("told", n="{{ steps.double.n + item_index }}"),
        id="loop_many",
        batch_size=1,
    )
    execution = workflows.finish(
        workflows.start(workflows.publish(dump_graph(graph)), {"items": list(range(2000))}), seconds=200
    )
    assert execution["state"] == "success", execution
    assert execution["steps"]["each"]["output"]["results"] == [{"n": 3 * n} for n in range(2000)]
    told = execution["steps"]["told"]
    assert told["items"] == {"loop_id": "each", "total": 2000, "counts": {"success": 2000}}


def test_items_wait_without_a_worker(workflows: Workflows) -> None:
    wait = make_node("pause", "wait", parameters={"mode": "duration", "amount": 1, "unit": "seconds"})
    graph = loop(wait, make_set("told", n="{{ item }}", s="{{ steps.pause.waited_s >= 1 }}"), id="loop_wait")
    execution = workflows.run(graph, {"items": [1, 2, 3]})
    assert execution["state"] == "success", execution
    assert execution["steps"]["each"]["output"]["results"] == [{"n": n, "s": True} for n in (1, 2, 3)]


def test_each_item_starts_a_workflow_of_its_own(workflows: Workflows) -> None:
    child = make_graph(
        make_trigger(),
        make_node("answer", "respond", parameters={"body": "{{ trigger.body.number * 10 }}"}),
        id="loop_child",
        name="loop_child",
    )
    workflows.publish(dump_graph(child))
    ask = make_node(
        "ask", "workflow.run", parameters={"workflow_id": "loop_child", "payload": {"number": "{{ item }}"}}
    )
    graph = loop(
        ask,
        make_set("told", run="{{ steps.ask.execution_id }}", got="{{ steps.ask.result.body }}"),
        id="loop_parent",
    )
    execution = workflows.run(graph, {"items": [1, 2, 3]})
    assert execution["state"] == "success", execution
    results = execution["steps"]["each"]["output"]["results"]
    assert [result["got"] for result in results] == [10, 20, 30]
    children = {run["id"]: workflows.read(run["id"]) for run in workflows.list("loop_child")}
    assert len(children) == 3
    assert [children[result["run"]]["trigger"]["body"]["number"] for result in results] == [1, 2, 3]


def test_each_item_asks_and_is_answered_by_itself(workflows: Workflows) -> None:
    ask = make_node("ask", "approval", parameters={"title": "Pay {{ item }}?"})
    graph = loop(
        ask,
        make_set("paid", n="{{ item }}"),
        make_set("kept", refused="{{ item }}"),
        edges=[make_edge("ask", "paid", "approved"), make_edge("ask", "kept", "rejected")],
        id="loop_asks",
    )
    execution_id = workflows.start(workflows.publish(dump_graph(graph)), {"items": [7, 8]})
    wait_until(lambda: len(workflows.read(execution_id)["approvals"]) == 2, seconds=120)
    waiting = workflows.read(execution_id)["approvals"]
    assert sorted((one["title"], one["map_index"]) for one in waiting) == [("Pay 7?", 0), ("Pay 8?", 1)]
    workflows.answer(execution_id, "ask", "Reject", map_index=1)
    assert [one["title"] for one in workflows.read(execution_id)["approvals"]] == ["Pay 7?"]
    workflows.answer(execution_id, "ask", "Approve", map_index=0)
    execution = workflows.finish(execution_id)
    assert execution["state"] == "success", execution
    assert execution["steps"]["each"]["output"]["results"] == [{"n": 7}, {"refused": 8}]


def test_the_api_shows_each_item(workflows: Workflows, airflow: AirflowInstance, server: Loopback) -> None:
    graph = loop(
        call("ask", f"{server.url}/status/{{{{ item }}}}"),
        id="loop_items",
        continue_on_item_error=True,
        batch_size=2,
    )
    execution = workflows.run(graph, {"items": [200, 500, 201]})
    ask = execution["steps"]["ask"]
    assert (ask["state"], ask["items"]["counts"]) == ("failed", {"failed": 1, "success": 2})
    url = f"/flowforge/api/executions/{execution['id']}/steps/ask"
    with airflow.client() as client:
        failed = client.get(f"{url}/items", params={"state": "failed"}).json()["items"]
        assert [(item["index"], item["label"]) for item in failed] == [(1, "500")]
        item = client.get(url, params={"item": 1}).json()
        assert item["input"]["url"].endswith("/status/500")
        assert item["error"]["detail"]["status"] == 500
        log = client.get(f"{url}/logs", params={"item": 2}).json()
        assert any(line["message"].startswith("Item 2 of loop each") for line in log["lines"])
