"""Workflows with several triggers, started by a real scheduler and by a webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.graph.load import dump_graph
from tests.factories import make_edge, make_graph, make_node, make_set
from tests.integration.operators.loopback import wait_until
from tests.support.workflows import ENDED, Workflows

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.support.airflow import AirflowInstance

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def client(airflow_postgres: AirflowInstance) -> Iterator[httpx.Client]:
    with airflow_postgres.client() as opened:
        yield opened


def states(execution: dict[str, Any]) -> dict[str, str]:
    return {step["node_id"]: step["state"] for step in execution["steps"]}


def output(execution: dict[str, Any], node_id: str) -> Any:
    return next(step["output"] for step in execution["steps"] if step["node_id"] == node_id)


def test_each_trigger_takes_its_own_way(client: httpx.Client) -> None:
    hook = make_node("hook", "webhook", parameters={"authentication": "none"})
    cron = make_node("minutely", "cron", parameters={"expression": "* * * * *", "no_overlap": True})
    told = {"type": "{{ trigger.type }}", "node": "{{ trigger.node }}"}
    nodes = [hook, cron, make_set("one"), make_set("all"), make_set("told", **told)]
    edges = [
        make_edge("hook", "one"),
        make_edge("minutely", "all"),
        make_edge("one", "told"),
        make_edge("all", "told"),
    ]
    workflows = Workflows(client)
    workflow_id = workflows.publish(
        dump_graph(make_graph(*nodes, edges=edges, id="two_ways", name="two_ways"))
    )

    sent = client.post(f"/flowforge/api/webhooks/{workflow_id}", json={"id": 7})
    assert sent.status_code == 202, sent.text
    by_webhook = workflows.finish(sent.json()["execution_id"])
    by_webhook["steps"] = list(by_webhook["steps"].values())
    assert by_webhook["state"] == "success"
    assert states(by_webhook) == {
        "hook": "success",
        "minutely": "skipped",
        "one": "success",
        "all": "skipped",
        "told": "success",
    }
    assert output(by_webhook, "told") == {"type": "webhook", "node": "hook"}
    assert (by_webhook["trigger"]["type"], by_webhook["trigger"]["node"]) == ("webhook", "hook")

    def scheduled() -> list[dict[str, Any]]:
        runs = workflows.list(workflow_id)
        ended = [run for run in runs if run["trigger_type"] == "cron" and run["state"] in ENDED]
        # A minute may have begun while the webhook's run was still running: that one rightly did nothing.
        return [
            run for run in map(workflows.read, (run["id"] for run in ended)) if not run["skipped_because"]
        ]

    wait_until(scheduled, seconds=240)
    switched = client.post(f"/flowforge/api/cron/deactivate/{workflow_id}")
    assert switched.status_code == 200, switched.text
    by_cron = scheduled()[-1]
    assert states(by_cron) == {
        "hook": "skipped",
        "minutely": "success",
        "one": "skipped",
        "all": "success",
        "told": "success",
    }
    assert output(by_cron, "told") == {"type": "cron", "node": "minutely"}
    assert (by_cron["trigger"]["type"], by_cron["trigger"]["node"]) == ("cron", "minutely")
    assert by_cron["trigger"]["scheduled_at"]


@pytest.mark.slow
def test_a_scheduled_run_does_not_overlap(client: httpx.Client) -> None:
    workflows = Workflows(client)
    cron = make_node("minutely", "cron", parameters={"expression": "* * * * *", "no_overlap": True})
    hook = make_node("by_hand", "manual")
    wait = make_node("hold", "wait", parameters={"mode": "duration", "amount": 150, "unit": "seconds"})
    edges = [make_edge("by_hand", "hold"), make_edge("minutely", "done")]
    graph = make_graph(cron, hook, wait, make_set("done"), edges=edges, id="no_overlap", name="no_overlap")
    workflow_id = workflows.publish(dump_graph(graph))
    long = workflows.start(workflow_id)

    def scheduled() -> list[dict[str, Any]]:
        runs = workflows.list(workflow_id)
        return [run for run in runs if run["trigger_type"] == "cron" and run["state"] in ENDED]

    wait_until(scheduled, seconds=150)
    client.post(f"/flowforge/api/cron/deactivate/{workflow_id}")
    skipped = workflows.read(scheduled()[-1]["id"])
    assert set(states(skipped).values()) == {"skipped"}
    assert "An earlier run of this workflow was still running" in skipped["skipped_because"]
    assert skipped["state"] == "success"
    assert workflows.read(long)["state"] == "running"
    workflows.cancel(long)
