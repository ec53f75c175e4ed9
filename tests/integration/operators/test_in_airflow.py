"""Steps run by a real scheduler and workers: ports, retries, timeouts, cancelling, a row in PostgreSQL."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.graph.load import dump_graph
from flowforge_provider.graph.models import Retry
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.integration.operators.loopback import Loopback, running_loopback, wait_until
from tests.support.postgres import PASSWORD, USER
from tests.support.workflows import Workflows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.graph.models import Graph, Node
    from tests.support.airflow import AirflowInstance
    from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.integration

EXAMPLES = Path(__file__).parents[3] / "dags" / "graphs"


@pytest.fixture(scope="module")
def workflows(airflow_postgres: AirflowInstance) -> Iterator[Workflows]:
    with airflow_postgres.client() as client:
        yield Workflows(client)


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with running_loopback() as running:
        yield running


def call(id: str, url: str, *, retries: int = 0, **fields: Any) -> Node:  # noqa: A002
    retry = Retry(retries=retries, delay_s=0)
    return make_node(id, "http.request", parameters={"url": url}, retry=retry, **fields)


def states(execution: dict[str, Any]) -> dict[str, str]:
    return {node_id: step["state"] for node_id, step in execution["steps"].items()}


def with_ways(name: str, first: Node) -> Graph:
    """Return: first -> good -> end on success, first -> bad on error, and first -> end on error, too."""
    edges = [
        make_edge("start", first.id),
        make_edge(first.id, "good"),
        make_edge(first.id, "bad", "error"),
        make_edge(first.id, "end", "error"),
        make_edge("good", "end"),
    ]
    told = make_set("bad", told="{{ steps.%s.error.message }}" % first.id)  # noqa: UP031 (braces)
    nodes = [make_trigger(), first, make_set("good"), told, make_set("end")]
    return make_graph(*nodes, edges=edges, id=name, name=name)


def test_success_skips_the_error_port_but_not_the_join(workflows: Workflows, server: Loopback) -> None:
    execution = workflows.run(with_ways("ports_good", call("ask", f"{server.url}/a")))
    assert execution["state"] == "success"
    assert states(execution) == {
        "start": "success",
        "ask": "success",
        "good": "success",
        "bad": "skipped",
        "end": "success",
    }


def test_a_success_that_leads_nowhere_does_not_skip_the_join(workflows: Workflows, server: Loopback) -> None:
    edges = [
        make_edge("start", "ask"),
        make_edge("start", "other"),
        make_edge("ask", "end", "error"),
        make_edge("other", "end"),
    ]
    ask = call("ask", f"{server.url}/a")
    nodes = [make_trigger(), ask, make_set("other"), make_set("end")]
    execution = workflows.run(make_graph(*nodes, edges=edges, id="ports_nowhere", name="ports_nowhere"))
    assert states(execution) == dict.fromkeys(["start", "ask", "other", "end"], "success")


def test_the_last_failed_try_takes_the_error_port(workflows: Workflows, server: Loopback) -> None:
    server.requests.clear()
    execution = workflows.run(with_ways("ports_bad", call("ask", f"{server.url}/status/503", retries=1)))
    assert execution["state"] == "success"
    assert states(execution) == {
        "start": "success",
        "ask": "success",
        "good": "skipped",
        "bad": "success",
        "end": "success",
    }
    ask = execution["steps"]["ask"]
    assert len(server.requests) == 2
    assert ask["tries"] == 2
    assert ask["output"]["error"]["code"] == "http-status"
    assert ask["output"]["error"]["detail"]["status"] == 503
    assert ask["output"]["error"]["try_number"] == 2
    assert execution["steps"]["bad"]["output"]["told"] == ask["output"]["error"]["message"]


def test_without_an_error_port_the_run_fails(workflows: Workflows, server: Loopback) -> None:
    first = call("ask", f"{server.url}/status/404?x={{{{ trigger.body.x }}}}")
    graph = make_graph(make_trigger(), first, make_set("after"), id="no_port", name="no_port")
    execution = workflows.run(graph, {"x": 7})
    assert execution["state"] == "failed"
    assert states(execution)["after"] == "upstream_failed"
    ask = execution["steps"]["ask"]
    assert ask["input"]["url"].endswith("/status/404?x=7")
    assert (ask["error"]["code"], ask["error"]["detail"]["status"]) == ("http-status", 404)


def test_a_step_that_runs_too_long_is_stopped(workflows: Workflows, server: Loopback) -> None:
    slow = call("ask", f"{server.url}/slow", timeout_s=1)
    execution = workflows.run(make_graph(make_trigger(), slow, id="too_long", name="too_long"))
    assert execution["state"] == "failed"
    assert execution["steps"]["ask"]["error"]["code"] == "step-timeout"
    assert execution["steps"]["ask"]["duration_s"] < 15


def test_a_timeout_takes_the_error_port(workflows: Workflows, server: Loopback) -> None:
    slow = call("ask", f"{server.url}/slow", timeout_s=1)
    execution = workflows.run(with_ways("too_long_port", slow))
    assert execution["state"] == "success"
    assert execution["steps"]["bad"]["state"] == "success"


def test_a_hopeless_step_is_not_tried_again(workflows: Workflows) -> None:
    wrong = make_node(
        "wrong",
        parameters={
            "operations": [
                {"operation": "set_fields", "fields": [{"name": "a", "value": "{{ trigger.body.missing }}"}]}
            ]
        },
        retry=Retry(retries=3, delay_s=0),
    )
    execution = workflows.run(make_graph(make_trigger(), wrong, id="hopeless", name="hopeless"))
    assert execution["state"] == "failed"
    assert execution["steps"]["wrong"]["tries"] == 1
    assert "missing" in execution["steps"]["wrong"]["error"]["message"]


def test_an_output_that_airflow_would_act_on_is_refused(workflows: Workflows, server: Loopback) -> None:
    # The loopback server echoes the query, so the answer's body holds the key.
    step = make_set("echo", got="{{ trigger.body }}")
    body = {
        "__classname__": "airflow.sdk.definitions.connection.Connection",
        "__version__": 1,
        "__data__": {},
    }
    execution = workflows.run(make_graph(make_trigger(), step, id="hostile_body", name="hostile_body"), body)
    assert execution["state"] == "failed"
    assert execution["steps"]["echo"]["error"]["code"] == "output-reserved-key"


def test_hostile_text_survives(workflows: Workflows) -> None:
    text = 'quotes \' " """ back\\slash {{ 1 }} {% x %} \u202e 📦 \x01'
    graph = make_graph(
        make_trigger(), make_set("echo", got="{{ trigger.body.text }}"), id="text", name="text"
    )
    execution = workflows.run(graph, {"text": text})
    assert execution["steps"]["echo"]["output"] == {"got": text}


def test_cancelling_a_run_cancels_its_statement(
    workflows: Workflows,
    airflow_postgres: AirflowInstance,
    postgres_server: PostgresServer,
    postgres_database: str,
) -> None:
    add_database(airflow_postgres, postgres_server, postgres_database)
    sleep = make_node(
        "sleep",
        "postgres.query",
        parameters={
            "connection_id": "flowforge_orders_db",
            "sql": "SELECT pg_sleep(300)",
            "statement_timeout_s": 300,
        },
    )
    execution_id = workflows.start(
        workflows.publish(dump_graph(make_graph(make_trigger(), sleep, id="sleeper", name="sleeper")))
    )
    count = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND state = 'active' AND pid <> pg_backend_pid()"
    )

    def running() -> int:
        return int(postgres_server.query(postgres_database, count)[0][0])

    wait_until(lambda: running() == 1, seconds=60)
    workflows.cancel(execution_id)
    started = time.monotonic()
    wait_until(lambda: running() == 0, seconds=60)
    assert time.monotonic() - started < 60
    assert workflows.finish(execution_id)["state"] == "cancelled"


def test_the_example_puts_a_row_into_postgresql(
    workflows: Workflows,
    airflow_postgres: AirflowInstance,
    postgres_server: PostgresServer,
    postgres_database: str,
) -> None:
    add_database(airflow_postgres, postgres_server, postgres_database)
    document = json.loads((EXAMPLES / "orders_postgres.json").read_text())
    notes = next(node["notes"] for node in document["nodes"] if node["id"] == "store_order")
    postgres_server.query(postgres_database, notes.split("```sql")[1].split("```")[0])
    airflow_postgres.add_connection(
        "flowforge_demo", conn_type="http", host="127.0.0.1", port=airflow_postgres.port
    )

    execution = workflows.finish(
        workflows.start(workflows.publish({**document, "name": "Example row"}), {"id": 7, "quantity": 2})
    )

    assert execution["state"] == "success", execution
    rows = postgres_server.query(
        postgres_database, "SELECT run_id, product_id, product, quantity, total::float FROM orders"
    )
    total = execution["steps"]["total"]["output"]
    assert [tuple(row) for row in rows] == [(execution["run_id"], 7, total["product"], 2, total["total"])]
    assert execution["steps"]["place_order"]["output"]["status"] == 201
    assert execution["steps"]["store_order"]["output"]["rows"][0]["total"] == total["total"]


def add_database(airflow: AirflowInstance, server: PostgresServer, database: str) -> None:
    airflow.add_connection(
        "flowforge_orders_db",
        conn_type="postgres",
        host="127.0.0.1",
        port=server.port,
        login=USER,
        password=PASSWORD,
        schema=database,
    )
