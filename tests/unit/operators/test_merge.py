"""Merge: what it makes of the steps before, by way and by mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.unit.operators.runtime import FakeRun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.graph.models import Edge, Node


def merging(parameters: dict[str, Any], *, states: Mapping[str, str | None], outputs: dict[str, Any]) -> Any:
    """Run a merge of the steps a, b and c, of which some have run."""
    nodes = [make_trigger(), *map(make_set, "abc"), make_node("end", "merge", parameters=parameters)]
    edges = [edge for id_ in "abc" for edge in (make_edge("start", id_), make_edge(id_, "end"))]
    return run_merge(nodes, edges, states=states, outputs=outputs)


def run_merge(
    nodes: list[Node], edges: list[Edge], *, states: Mapping[str, str | None], outputs: dict[str, Any]
) -> Any:
    conf = {"trigger": {"type": "manual", "id": "start", "body": {"from": "trigger"}}}
    run = FakeRun(make_graph(*nodes, edges=edges), conf=conf)
    run.states.update({(task_id, -1): state for task_id, state in states.items() if state})
    run.xcoms.update({(node_id, "return_value"): output for node_id, output in outputs.items()})
    return run.execute("end")


SOME = {"a": "success", "b": "skipped", "c": "success"}


def test_all_gives_null_for_what_was_skipped() -> None:
    output = merging({}, states=SOME, outputs={"a": {"x": 1}, "c": [2]})
    assert output == {"a": {"x": 1}, "b": None, "c": [2]}


def test_first_gives_the_output_of_what_is_done() -> None:
    parameters = {"mode": "first"}
    outputs = {"a": 1, "b": 2, "c": 3}
    assert merging(parameters, states={"a": "running", "b": None, "c": "success"}, outputs=outputs) == 3
    # Of several, the first by id.
    assert merging(parameters, states={"b": "success", "c": "success"}, outputs=outputs) == 2
    assert merging(parameters, states={"a": "failed", "b": "success"}, outputs=outputs) == 2


def test_append_takes_lists_apart_and_leaves_out_what_was_skipped() -> None:
    parameters = {"mode": "append"}
    assert merging(parameters, states=SOME, outputs={"a": [1, [2]], "c": {"x": 3}}) == [1, [2], {"x": 3}]


def test_append_takes_the_lists_that_are_named() -> None:
    parameters = {
        "mode": "append",
        "lists": ["{{ steps.c.rows }}", "{{ steps.b.rows }}", "{{ steps.a }}", [7]],
    }
    assert merging(parameters, states=SOME, outputs={"a": 1, "c": {"rows": [3, 4]}}) == [3, 4, 1, 7]


def test_a_list_that_cannot_be_worked_out_is_an_error() -> None:
    parameters = {"mode": "append", "lists": ["{{ steps.a + 1 }}"]}
    with pytest.raises(AirflowFailException, match="works on numbers, not on an object"):
        merging(parameters, states=SOME, outputs={"a": {}})


def test_join() -> None:
    parameters = {
        "mode": "join",
        "left": "{{ steps.a }}",
        "right": "{{ steps.c }}",
        "keys": [{"left": "city.id", "right": "id"}],
        "rows": "left",
    }
    output = merging(
        parameters,
        states=SOME,
        outputs={
            "a": [{"n": 1, "city": {"id": 5}}, {"n": 2, "city": {"id": 6}}],
            "c": [{"id": 5.0, "n": "Kazan"}],
        },
    )
    assert output == [
        {"n": 1, "city": {"id": 5}, "id": 5.0, "n_right": "Kazan"},
        {"n": 2, "city": {"id": 6}},
    ]


def test_a_side_that_was_skipped_is_empty() -> None:
    parameters = {"mode": "join", "left": "{{ steps.a }}", "right": "{{ steps.b.rows }}", "rows": "left"}
    keys = {"keys": [{"left": "id"}]}
    assert merging({**parameters, **keys}, states=SOME, outputs={"a": [{"id": 1}]}) == [{"id": 1}]


def test_position() -> None:
    parameters = {"mode": "position", "left": [{"a": 1}, {"a": 2}], "right": [{"a": 3}], "rows": "full"}
    assert merging(parameters, states={}, outputs={}) == [{"a": 1, "a_right": 3}, {"a": 2}]
    assert merging({**parameters, "rows": "inner", "clash": "right"}, states={}, outputs={}) == [{"a": 3}]
    assert merging({**parameters, "rows": "right", "clash": "left"}, states={}, outputs={}) == [{"a": 1}]


@pytest.mark.parametrize(("side", "told"), [({"a": 1}, "is no list"), ([{}, 1], "Item 1 of the left list")])
def test_sides_must_be_lists_of_objects(side: Any, told: str) -> None:
    parameters = {"mode": "position", "left": side, "right": []}
    with pytest.raises(AirflowFailException, match=told):
        merging(parameters, states={}, outputs={})


def test_a_way_that_was_not_taken_gives_nothing_although_its_step_ran() -> None:
    nodes = [make_trigger(), make_node("ask", "if"), make_set("a"), make_node("end", "merge")]
    edges = [
        make_edge("start", "ask"),
        make_edge("ask", "a", "true"),
        make_edge("ask", "end", "false"),
        make_edge("a", "end"),
    ]
    outputs = {"ask": {"result": True}, "a": 1}
    states = {"ask": "success", "a": "success", "ask-false": "skipped"}
    assert run_merge(nodes, edges, states=states, outputs=outputs) == {"a": 1, "ask": None}
    states = {"ask": "success", "a": "skipped", "ask-false": "success"}
    outputs = {"ask": {"result": False}}
    assert run_merge(nodes, edges, states=states, outputs=outputs) == {"a": None, "ask": {"result": False}}


def test_an_error_that_was_caught_comes_as_the_output_of_its_step() -> None:
    nodes = [make_trigger(), make_set("a"), make_set("b"), make_node("end", "merge")]
    edges = [
        make_edge("start", "a"),
        make_edge("start", "b"),
        make_edge("a", "end", "error"),
        make_edge("b", "end"),
    ]
    error = {"error": {"code": "http-status"}}
    states = {"a": "success", "a-error": "success", "b": "success"}
    assert run_merge(nodes, edges, states=states, outputs={"a": error, "b": 2}) == {"a": error, "b": 2}


def test_the_trigger_comes_with_what_it_received() -> None:
    nodes = [make_trigger(), make_set("a"), make_node("end", "merge")]
    edges = [make_edge("start", "a"), make_edge("start", "end"), make_edge("a", "end")]
    output = run_merge(nodes, edges, states={"start": "success", "a": "success"}, outputs={"a": 1})
    assert output == {"a": 1, "start": {"from": "trigger"}}
