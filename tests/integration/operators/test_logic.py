"""Branches, merges, stops and answers, by a real scheduler and real workers."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.support.workflows import Workflows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.airflow import AirflowInstance

pytestmark = pytest.mark.integration

EXAMPLES = Path(__file__).parents[3] / "dags" / "graphs"


@pytest.fixture(scope="module")
def workflows(airflow_postgres: AirflowInstance) -> Iterator[Workflows]:
    with airflow_postgres.client() as client:
        yield Workflows(client)


def start_example(workflows: Workflows, name: str, *payloads: Any) -> list[str]:
    """Publish an example and start it with its sample, or with other payloads."""
    document = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    trigger = next(node for node in document["nodes"] if node["type"] == "manual")
    workflow_id = workflows.publish(document)
    given = payloads or (trigger["parameters"]["sample_payload"],)
    return [workflows.start(workflow_id, payload) for payload in given]


def states(execution: dict[str, Any]) -> dict[str, str]:
    return {node_id: step["state"] for node_id, step in execution["steps"].items()}


def output(execution: dict[str, Any], node_id: str) -> Any:
    return execution["steps"][node_id]["output"]


def test_examples_go_the_ways_that_their_conditions_say(workflows: Workflows) -> None:
    begun = {name: start_example(workflows, name)[0] for name in ("if", "switch", "merge", "note")}
    ended = {name: workflows.finish(execution_id) for name, execution_id in begun.items()}
    assert {name: execution["state"] for name, execution in ended.items()} == dict.fromkeys(begun, "success")
    assert output(ended["if"], "is_free") == {"result": True}
    assert (states(ended["if"])["free"], states(ended["if"])["paid"]) == ("success", "skipped")
    assert output(ended["switch"], "sort") == {"matched": ["outage", "money"]}
    assert {node for node, state in states(ended["switch"]).items() if state == "skipped"} == {
        "manager",
        "support",
    }
    assert output(ended["merge"], "join") == [
        {"id": 7, "customer_id": 1, "id_right": 1, "name": "Ada"},
        {"id": 8, "customer_id": 3},
    ]
    assert output(ended["merge"], "all") == {"join": output(ended["merge"], "join"), "warn": None}
    assert set(states(ended["note"])) == {"start", "gross"}


def test_the_answer_is_the_result(workflows: Workflows) -> None:
    good, bad = start_example(workflows, "respond", {"quantity": 3, "price": 4.5}, {"quantity": 0})
    answered, refused = workflows.finish(good), workflows.finish(bad)
    assert answered["result"]["body"] == {"total": 13.5}
    assert (answered["result"]["node_id"], answered["result"]["status"]) == ("answer", 200)
    assert states(answered)["log"] == "success"
    assert (refused["result"]["status"], refused["result"]["body"]) == (422, "The quantity must be above 0.")
    assert refused["state"] == "success"


def test_a_stop_ends_the_execution_as_it_says(workflows: Workflows) -> None:
    empty, damaged = start_example(workflows, "stop", {"id": 7, "items": []}, {"id": 8})
    succeeded, failed = workflows.finish(empty), workflows.finish(damaged)
    assert succeeded["state"] == "success"
    assert output(succeeded, "done")["message"] == "Order 7 is empty."
    assert failed["state"] == "failed"
    error = failed["steps"]["fail"]["error"]
    assert (error["code"], error["message"]) == ("execution-stopped", "Order 8 has no list of items.")


def test_a_stop_skips_what_waits_and_what_has_not_begun(workflows: Workflows) -> None:
    """A wait of ten minutes in another branch does not hold up a run that is stopped."""
    nodes = [
        make_trigger(),
        make_node("nap", "wait", parameters={"amount": 600, "unit": "seconds"}),
        make_set("later"),
        make_node("short", "wait", parameters={"amount": 3, "unit": "seconds"}),
        make_node("end", "stop", parameters={"outcome": "success", "message": "Enough."}),
    ]
    edges = [
        make_edge("start", "nap"),
        make_edge("nap", "later"),
        make_edge("start", "short"),
        make_edge("short", "end"),
    ]
    started = time.monotonic()
    execution = workflows.run(make_graph(*nodes, edges=edges, id="stopped_nap", name="stopped_nap"))
    assert time.monotonic() - started < 120
    assert execution["state"] == "success", execution
    assert states(execution) == {
        "start": "success",
        "nap": "skipped",
        "later": "skipped",
        "short": "success",
        "end": "success",
    }
    assert sorted(output(execution, "end")["skipped"]) == ["later", "nap"]


def test_the_first_way_that_is_done_goes_on_while_another_one_waits(workflows: Workflows) -> None:
    nodes = [
        make_trigger(),
        make_node("slow", "wait", parameters={"amount": 25, "unit": "seconds"}),
        make_set("quick", price=5),
        make_node("first", "merge", parameters={"mode": "first"}),
        make_set("after", price="{{ steps.first.price }}"),
    ]
    edges = [
        make_edge("start", "slow"),
        make_edge("start", "quick"),
        make_edge("slow", "first"),
        make_edge("quick", "first"),
        make_edge("first", "after"),
    ]
    execution = workflows.run(make_graph(*nodes, edges=edges, id="race", name="race"))
    assert execution["state"] == "success", execution
    steps = execution["steps"]
    assert output(execution, "first") == {"price": 5}
    assert output(execution, "after") == {"price": 5}
    # The slow way ran on to its end, and the merge did not run again for it.
    assert steps["after"]["ended_at"] < steps["slow"]["ended_at"]
    assert (steps["first"]["tries"], states(execution)["slow"]) == (1, "success")


def test_merges_behind_nested_branches_and_error_ports(workflows: Workflows) -> None:
    def asking(limit: int) -> dict[str, Any]:
        row = {"left": "{{ trigger.body.total }}", "type": "number", "operator": "greater", "right": limit}
        return {"conditions": {"conditions": [row]}}

    nodes = [
        make_trigger(),
        make_node("large", "if", parameters=asking(10)),
        make_node("huge", "if", parameters=asking(1000)),
        make_set("gift"),
        make_set("broken", value="{{ trigger.body.nothing }}"),
        make_node("end", "merge"),
    ]
    edges = [
        make_edge("start", "large"),
        make_edge("start", "broken"),
        make_edge("large", "huge", "true"),
        make_edge("large", "end", "false"),
        make_edge("huge", "gift", "true"),
        make_edge("huge", "end", "false"),
        make_edge("gift", "end"),
        make_edge("broken", "end", "error"),
    ]
    graph = make_graph(*nodes, edges=edges, id="nested", name="nested")
    workflow_id = workflows.publish(json.loads(graph.model_dump_json()))
    begun = {total: workflows.start(workflow_id, {"total": total}) for total in (1, 100, 5000)}
    ended = {total: workflows.finish(execution_id) for total, execution_id in begun.items()}
    assert [execution["state"] for execution in ended.values()] == ["success"] * 3
    taken = {
        total: {node for node, value in output(execution, "end").items() if value is not None}
        for total, execution in ended.items()
    }
    assert taken == {1: {"large", "broken"}, 100: {"huge", "broken"}, 5000: {"gift", "broken"}}
    assert output(ended[1], "end")["broken"]["error"]["code"] == "expression-value"
