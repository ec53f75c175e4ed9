"""If and switch: which port is followed, with which output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, DownstreamTasksSkipped

from flowforge_provider.graph.models import Settings
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.unit.operators.runtime import FakeRun

if TYPE_CHECKING:
    from flowforge_provider.graph.models import Graph


def run_of(graph: Graph, body: Any) -> FakeRun:
    return FakeRun(graph, conf={"trigger": {"type": "manual", "id": "start", "body": body}})


def skipped(run: FakeRun, task_id: str) -> list[str]:
    """Run a task that branches; return the ids of the tasks that it skips."""
    with pytest.raises(DownstreamTasksSkipped) as told:
        run.execute(task_id)
    return sorted(str(task[0] if isinstance(task, tuple) else task) for task in told.value.tasks)


def branching(type_: str, parameters: dict[str, Any], *ports: str, **settings: Any) -> Graph:
    """Return start -> ask -> one step for each port, named after it."""
    return make_graph(
        make_trigger(),
        make_node("ask", type_, parameters=parameters),
        *(make_set(f"after_{port}") for port in ports),
        edges=[make_edge("start", "ask"), *(make_edge("ask", f"after_{port}", port) for port in ports)],
        settings=Settings(**settings),
    )


def over(limit: int) -> dict[str, Any]:
    row = {"left": "{{ trigger.body.total }}", "type": "number", "operator": "greater", "right": limit}
    return {"conditions": [row]}


def test_if_goes_one_of_two_ways() -> None:
    graph = branching("if", {"conditions": over(100)}, "true", "false")
    run = run_of(graph, {"total": 120})
    assert skipped(run, "ask") == ["after_false"]
    assert run.output("ask") == {"result": True}
    assert skipped(run_of(graph, {"total": 100}), "ask") == ["after_true"]


def test_if_records_what_was_compared() -> None:
    run = run_of(branching("if", {"conditions": over(100)}, "true"), {"total": 120})
    with pytest.raises(DownstreamTasksSkipped):
        run_of(branching("if", {"conditions": over(100)}, "true"), {"total": 1}).execute("ask")
    run.execute("ask")
    assert run.input("ask")["conditions"]["conditions"][0]["left"] == 120


def test_a_wrong_type_goes_through_the_error_port() -> None:
    graph = branching("if", {"conditions": over(100)}, "true", "error")
    run = run_of(graph, {"total": "many"})
    assert skipped(run, "ask") == ["after_true"]
    error = run.output("ask")["error"]
    assert error["code"] == "condition-type"
    assert error["message"].startswith("Condition 1: a number is needed, and the value is a text.")


def test_dates_of_a_condition_are_in_the_time_zone_of_the_workflow() -> None:
    row = {"left": "{{ trigger.body.at }}", "type": "date", "operator": "equals", "right": "2026-03-01T09:00"}
    parameters = {"conditions": {"conditions": [row]}}
    for zone, expected in (("UTC", False), ("Europe/Moscow", True)):
        run = run_of(
            branching("if", parameters, "true", "false", timezone=zone), {"at": "2026-03-01T06:00:00Z"}
        )
        skipped(run, "ask")
        assert run.output("ask") == {"result": expected}


def cases(match: str = "first") -> dict[str, Any]:
    return {
        "match": match,
        "cases": [{"id": f"over_{limit}", "conditions": over(limit)} for limit in (100, 50)],
    }


@pytest.mark.parametrize(
    ("match", "total", "matched"),
    [
        ("first", 120, ["over_100"]),
        ("first", 60, ["over_50"]),
        ("first", 1, []),
        ("all", 120, ["over_100", "over_50"]),
        ("all", 60, ["over_50"]),
        ("all", 1, []),
    ],
)
def test_switch_follows_the_cases_that_apply(match: str, total: int, matched: list[str]) -> None:
    ports = ("over_100", "over_50", "default")
    run = run_of(branching("switch", cases(match), *ports), {"total": total})
    followed = matched or ["default"]
    assert skipped(run, "ask") == sorted(f"after_{port}" for port in ports if port not in followed)
    assert run.output("ask") == {"matched": matched}


def test_the_first_case_protects_the_next_ones() -> None:
    missing = {"left": "{{ trigger.body.total }}", "operator": "not_exists", "type": "any"}
    parameters = {"cases": [{"id": "none", "conditions": {"conditions": [missing]}}, *cases()["cases"]]}
    run = run_of(branching("switch", parameters, "none", "over_100"), {})
    assert skipped(run, "ask") == ["after_over_100"]


@pytest.mark.parametrize(
    ("settings", "value", "matched"),
    [
        ({}, "high", ["one"]),
        ({}, "High", []),
        ({"ignore_case": True}, "High", ["one"]),
        ({}, 5, ["two"]),
        ({}, "5", []),
        ({"convert": True}, "5", ["two"]),
        ({}, [1], ["three"]),
        ({}, None, []),
    ],
)
def test_switch_by_value(settings: Any, value: Any, matched: list[str]) -> None:
    parameters = {
        "mode": "value",
        "value": "{{ trigger.body.it }}",
        "cases": [
            {"id": "one", "value": "high"},
            {"id": "two", "value": 5},
            {"id": "three", "value": "{{ [1] }}"},
        ],
        **settings,
    }
    run = run_of(branching("switch", parameters, "one", "two", "three", "default"), {"it": value})
    skipped(run, "ask")
    assert run.output("ask") == {"matched": matched}


def test_a_case_that_cannot_be_told_is_named() -> None:
    parameters = {"cases": [{"id": "big", "label": "Big ones", "conditions": over(1)}]}
    with pytest.raises(AirflowFailException, match=r'Case "Big ones": Condition 1: a number is needed'):
        run_of(branching("switch", parameters, "big"), {"total": "x"}).execute("ask")
