"""Loops: the batches, the ways of the items, the results, the retries."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from flowforge_provider.graph.models import Edge, Graph, Node, Retry
from flowforge_provider.nodes.builtin.transform import Transform
from flowforge_provider.operators.idempotency import idempotency_key
from flowforge_provider.operators.transform import TransformOperator
from tests.factories import make_edge, make_graph, make_node, make_set, make_transform, make_trigger
from tests.unit.operators.loop_runtime import LoopRun


def loop(*body: Node, edges: list[Edge] | None = None, **parameters: Any) -> Graph:
    """Return: start -> each; each.item -> the body (a chain when no edges are given); each.done -> after."""
    each = make_node("each", "for_each", parameters={"items": "{{ trigger.body.items }}", **parameters})
    inner = edges
    if inner is None:
        inner = [make_edge("each", body[0].id, "item")]
        inner += [make_edge(left.id, right.id) for left, right in pairwise(body)]
    return make_graph(
        make_trigger(),
        each,
        *body,
        make_set("after", got="{{ steps.each }}"),
        edges=[make_edge("start", "each"), *inner, make_edge("each", "after", "done")],
    )


def run_of(graph: Graph, items: Any, **options: Any) -> LoopRun:
    conf = {"trigger": {"type": "manual", "id": "start", "body": {"items": items}}}
    run = LoopRun(graph, conf=conf, **options)
    run.run()
    return run


def failing(id: str = "check", **fields: Any) -> Node:  # noqa: A002
    """Return a step that fails for items below 0."""
    program = 'if . < 0 then error("below") else {ok: .} end'
    step = make_transform(id, {"operation": "jq", "program": program}, input="{{ item }}")
    return step.model_copy(update=fields)


@pytest.mark.parametrize("batch_size", [0, 1, 2, 7])
def test_results_are_in_order_whatever_the_batches(batch_size: int) -> None:
    graph = loop(
        make_set("double", n="{{ item * 2 }}"),
        make_set("told", t="{{ item_index }}:{{ steps.double.n }}"),
        batch_size=batch_size,
    )
    run = run_of(graph, [5, 3, 4], seed=batch_size)
    assert run.output("each")["results"] == [{"t": "0:10"}, {"t": "1:6"}, {"t": "2:8"}]
    assert run.output("after") == {"got": run.output("each")}


def test_each_item_has_its_own_records() -> None:
    run = run_of(loop(make_set("a", x="{{ item }}"), batch_size=2), ["p", "q", "r"])
    assert run.mapped[0]["a", "return_value"] == {"0": {"x": "p"}, "1": {"x": "q"}}
    assert run.mapped[1]["a", "flowforge_ports"] == {"2": "success"}
    [operation] = run.mapped[1]["a", "flowforge_input"]["2"]["operations"]
    assert operation["fields"] == [{"name": "x", "value": "r"}]


def test_a_step_after_the_loop_sees_no_step_of_its_body() -> None:
    graph = loop(make_set("a", x=1))
    graph = graph.model_copy(update={"nodes": [*graph.nodes[:-1], make_set("after", got="{{ steps }}")]})
    assert set(run_of(graph, [1]).output("after")["got"]) == {"each"}


def test_the_first_step_of_a_body_takes_the_item_as_its_input() -> None:
    fields = [{"name": "n", "value": "{{ item_index }}"}]
    keep = make_transform("keep", {"operation": "set_fields", "keep_other_fields": True, "fields": fields})
    assert run_of(loop(keep), [{"a": 1}, {"b": 2}]).output("each")["results"] == [
        {"a": 1, "n": 0},
        {"b": 2, "n": 1},
    ]


def test_what_is_no_list_is_refused() -> None:
    run = run_of(loop(make_set("a")), {"a": 1})
    assert run.states["each", -1] == "failed"
    assert run.error("each-items")["code"] == "wrong-parameter"
    assert run.error("each")["message"] == run.error("each-items")["message"]
    assert run.states["a", -1] == "upstream_failed"


def test_an_empty_list_goes_on() -> None:
    run = run_of(loop(make_set("a"), make_set("b")), [])
    assert run.output("each") == {"results": [], "errors": [], "total": 0, "succeeded": 0, "failed": 0}
    assert (run.states["a", -1], run.states["after", -1]) == ("skipped", "success")


@pytest.mark.parametrize("batch_size", [1, 2, 5])
@pytest.mark.parametrize("keeps_skips", [True, False])
def test_failed_items_are_listed_and_the_others_go_on(batch_size: int, keeps_skips: bool) -> None:
    graph = loop(
        failing(),
        make_set("told", n="{{ steps.check.ok }}"),
        continue_on_item_error=True,
        batch_size=batch_size,
    )
    output = run_of(graph, [1, -2, 3, -4, 5], keeps_skips=keeps_skips).output("each")
    assert output["results"] == [{"n": 1}, None, {"n": 3}, None, {"n": 5}]
    assert [(error["index"], error["item"], error["step"]) for error in output["errors"]] == [
        (1, -2, "check"),
        (3, -4, "check"),
    ]
    assert [error["error"]["code"] for error in output["errors"]] == ["jq-failed", "jq-failed"]
    assert (output["succeeded"], output["failed"]) == (3, 2)


@pytest.mark.parametrize("batch_size", [1, 5])
def test_a_failed_item_fails_the_loop(batch_size: int) -> None:
    run = run_of(loop(failing(), batch_size=batch_size), [1, -2, 3], seed=3)
    assert (run.states["each", -1], run.states["after", -1]) == ("failed", "upstream_failed")
    error = run.error("each")
    assert error["code"] == "loop-item-failed"
    assert "item 1, in step 'check'" in error["message"]
    assert [found["error"]["code"] for found in error["detail"]["errors"]] == ["jq-failed"]
    assert error["detail"]["succeeded"] + error["detail"]["not_begun"] == 2


def test_a_failed_loop_can_take_its_error_port() -> None:
    graph = loop(failing())
    caught = make_set("caught", why="{{ steps.each.error.code }}")
    graph = graph.model_copy(
        update={
            "nodes": [*graph.nodes, caught],
            "edges": [*graph.edges, make_edge("each", "caught", "error")],
        }
    )
    run = run_of(graph, [-1])
    assert run.output("caught") == {"why": "loop-item-failed"}
    assert run.states["after", -1] == "skipped"


@pytest.mark.parametrize("batch_size", [1, 2, 4])
@pytest.mark.parametrize("keeps_skips", [True, False])
def test_items_take_their_own_ways_and_meet_again(batch_size: int, keeps_skips: bool) -> None:
    graph = loop(
        failing(),
        make_set("good", v="{{ steps.check.ok }}"),
        make_set("bad", v="{{ steps.check.error.code }}"),
        make_set("end", good="{{ steps.good }}", bad="{{ steps.bad }}"),
        edges=[
            make_edge("each", "check", "item"),
            make_edge("check", "good"),
            make_edge("check", "bad", "error"),
            make_edge("good", "end"),
            make_edge("bad", "end"),
        ],
        batch_size=batch_size,
    )
    run = run_of(graph, [1, -1, 2, 3], keeps_skips=keeps_skips)
    good, bad = ({"good": {"v": 1}, "bad": None}, {"good": None, "bad": {"v": "jq-failed"}})
    assert run.output("each")["results"] == [
        good,
        bad,
        {"good": {"v": 2}, "bad": None},
        {"good": {"v": 3}, "bad": None},
    ]
    assert run.states["each", -1] == "success"


def test_the_last_step_of_the_way_gives_the_result() -> None:
    edges = [make_edge("each", "check", "item"), make_edge("check", "bad", "error")]
    run = run_of(loop(failing(), make_set("bad", v="bad"), edges=edges), [1, -1])
    assert run.output("each")["results"] == [{"ok": 1}, {"v": "bad"}]


def test_last_steps_side_by_side_give_a_result_by_step() -> None:
    edges = [make_edge("each", "a", "item"), make_edge("each", "b", "item")]
    run = run_of(loop(make_set("a", x="{{ item }}"), make_set("b", y="{{ item }}"), edges=edges), [1, 2])
    assert run.output("each")["results"] == [{"a": {"x": 1}, "b": {"y": 1}}, {"a": {"x": 2}, "b": {"y": 2}}]


def test_one_failed_way_of_two_fails_the_item_and_does_not_reach_the_join() -> None:
    edges = [
        make_edge("each", "check", "item"),
        make_edge("each", "b", "item"),
        make_edge("check", "end"),
        make_edge("b", "end"),
    ]
    graph = loop(
        failing(),
        make_set("b"),
        make_set("end", v="{{ item }}"),
        edges=edges,
        batch_size=2,
        continue_on_item_error=True,
    )
    run = run_of(graph, [1, -1])
    assert run.output("each")["results"] == [{"v": 1}, None]
    assert run.mapped[0]["end", "flowforge_ports"] == {"0": "success", "1": "-"}


def test_a_retry_takes_only_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int, str]] = []
    original = TransformOperator.run

    def run_and_note(self: TransformOperator, parameters: Any, context: Any) -> Any:
        ti, item = context["ti"], context["flowforge_item"]
        seen.append((ti.try_number, item.index, idempotency_key(context)))
        if item.value == "slow" and ti.try_number == 1:
            raise ConnectionError("later")
        return original(self, parameters, context)

    monkeypatch.setattr(TransformOperator, "run", run_and_note)
    step = make_set("a", x="{{ item }}").model_copy(update={"retry": Retry(retries=1, delay_s=0)})
    graph = loop(step, batch_size=3)
    monkeypatch.setattr("tests.factories.make_set", make_set)
    run = run_of(
        graph.model_copy(update={"nodes": graph.nodes[:-1], "edges": graph.edges[:-1]}), ["p", "slow", "q"]
    )
    assert [(try_number, index) for try_number, index, _ in seen] == [(1, 0), (1, 1), (1, 2), (2, 1)]
    keys = {index: {key for _, other, key in seen if other == index} for index in range(3)}
    assert all(len(found) == 1 for found in keys.values())
    assert len(set.union(*keys.values())) == 3
    assert run.output("each")["results"] == [{"x": "p"}, {"x": "slow"}, {"x": "q"}]


def test_a_cleared_task_begins_anew() -> None:
    step = make_set("a", x="{{ item }}").model_copy(update={"retry": Retry(retries=1, delay_s=0)})
    run = run_of(loop(step, batch_size=2), [1, 2])
    assert list(run.stores["a_0"]) == ["item-0-after-0", "item-1-after-0"]
    run.execute("a", try_number=2, max_tries=2, map_index=0)
    assert list(run.stores["a_0"])[2:] == ["item-0-after-1", "item-1-after-1"]


@pytest.mark.parametrize(
    ("count", "batch_size", "most", "lengths"),
    [
        (3, 0, 1024, [1, 1, 1]),
        (100, 0, 1024, [1] * 100),
        (250, 0, 1024, [3] * 83 + [1]),
        (5, 2, 1024, [2, 2, 1]),
        (9, 1, 4, [3, 3, 3]),
        (9, 0, 2, [5, 4]),
    ],
)
def test_batches(
    monkeypatch: pytest.MonkeyPatch, count: int, batch_size: int, most: int, lengths: list[int]
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__MAX_MAP_LENGTH", str(most))
    run = run_of(loop(make_set("a", x="{{ item }}"), batch_size=batch_size), list(range(count)))
    batches = run.output("each-items")
    assert [len(batch) for batch in batches] == lengths
    assert [item for batch in batches for item in batch] == list(range(count))
    assert run.output("each")["results"] == [{"x": n} for n in range(count)]


def test_a_waiting_step_takes_one_item_and_refuses_more_than_airflow_makes_tasks_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Transform, "defers", classmethod(lambda _cls, _parameters: True))
    monkeypatch.setenv("AIRFLOW__CORE__MAX_MAP_LENGTH", "150")
    assert len(run_of(loop(make_set("a")), list(range(120))).output("each-items")) == 120
    run = run_of(loop(make_set("a")), list(range(151)))
    assert run.error("each")["code"] == "waiting-in-batch"


def test_a_step_that_waits_goes_on_for_its_item() -> None:
    wait = make_node("wait", "wait", parameters={"mode": "duration", "amount": 60, "unit": "seconds"})
    run = LoopRun(loop(wait), conf={"trigger": {"type": "manual", "body": {"items": ["p", "q"]}}})
    run.execute("each-items")
    paused = run.pause("wait", map_index=1)
    assert run.mapped[1]["wait", "flowforge_input"]["1"]["amount"] == 60
    # An item that fails meanwhile does not keep this one from going on.
    run.states["wait", 0] = "failed"
    run.resume("wait", paused.method_name, {**(paused.kwargs or {}), "event": None}, map_index=1)
    assert set(run.mapped[1]["wait", "return_value"]["1"]) == {"waited_s", "started_at", "ended_at"}
    assert run.mapped[1]["wait", "flowforge_ports"] == {"1": "success"}


def test_a_step_that_waits_unexpectedly_is_refused_in_a_batch() -> None:
    wait = make_node("wait", "wait", parameters={"mode": "duration", "amount": 60, "unit": "seconds"})
    run = LoopRun(loop(wait), conf={"trigger": {"type": "manual", "body": {"items": ["p", "q"]}}})
    run.execute("each-items")
    run.xcoms["each-items", "return_value"] = [["p", "q"]]
    with pytest.raises(AirflowFailException, match="can take one item only"):
        run.execute("wait", map_index=0)


def test_the_outputs_of_a_task_fit_one_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_OUTPUT_BYTES", "2000")
    large = make_transform("a", {"operation": "jq", "program": "[range(100)]"}, input="{{ item }}")
    graph = loop(large, make_set("b", x="{{ item }}"), batch_size=10, continue_on_item_error=True)
    output = run_of(graph, [1, 2, 3, 4, 5, 6]).output("each")
    assert output["results"] == [{"x": 1}, {"x": 2}, {"x": 3}, {"x": 4}, {"x": 5}, None]
    assert [error["error"]["code"] for error in output["errors"]] == ["output-too-large"]


def test_a_way_that_does_not_lead_to_the_loop_skips_it() -> None:
    graph = loop(make_set("a"))
    edges = [make_edge("start", "check"), make_edge("check", "each", "error"), *graph.edges[1:]]
    check = failing().model_copy(update={"parameters": make_set(x=1).parameters})
    run = run_of(graph.model_copy(update={"nodes": [*graph.nodes, check], "edges": edges}), [1])
    assert {key[0]: state for key, state in run.states.items()} == {
        "start": "success",
        "check": "success",
        "each-items": "skipped",
        "a": "skipped",
        "each": "skipped",
        "after": "skipped",
    }


def test_a_failure_before_the_loop_does_not_take_its_error_port() -> None:
    graph = loop(make_set("a"))
    check = failing().model_copy(update={"parameters": make_set(x="{{ trigger.body.no }}").parameters})
    caught = make_set("caught")
    edges = [
        make_edge("start", "check"),
        make_edge("check", "each"),
        make_edge("each", "caught", "error"),
        *graph.edges[1:],
    ]
    run = run_of(graph.model_copy(update={"nodes": [*graph.nodes, check, caught], "edges": edges}), [1])
    assert (run.states["each", -1], run.states["caught", -1]) == ("failed", "upstream_failed")


def test_a_step_that_died_is_told() -> None:
    run = run_of(loop(make_set("a", x="{{ item }}"), continue_on_item_error=True), [1, 2])
    for key in ("return_value", "flowforge_ports"):
        del run.mapped[1]["a", key]
    run.states["a", 1] = "failed"
    run.execute("each")
    [error] = run.output("each")["errors"]
    assert (error["index"], error["step"], error["error"]["code"]) == (1, "a", "step-died")


def test_what_a_step_notes_is_there_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[Any] = []

    def run_and_note(self: TransformOperator, parameters: Any, context: Any) -> Any:
        context["ti"].xcom_push(key="note", value=context["flowforge_item"].value)
        noted.append(dict(run.mapped[0]["a", "note"]))
        return {}

    monkeypatch.setattr(TransformOperator, "run", run_and_note)
    conf = {"trigger": {"type": "manual", "body": {"items": ["p", "q"]}}}
    run = LoopRun(loop(make_set("a"), batch_size=2), conf=conf)
    run.execute("each-items")
    run.execute("a", map_index=0)
    assert noted == [{"0": "p"}, {"0": "p", "1": "q"}]


@pytest.mark.parametrize("batch_size", [1, 3])
def test_choices_are_made_for_each_item(batch_size: int) -> None:
    rows = [{"left": "{{ item }}", "type": "number", "operator": "greater", "right": 10}]
    choose = make_node("choose", "if", parameters={"conditions": {"conditions": rows}})
    edges = [
        make_edge("each", "choose", "item"),
        make_edge("choose", "large", "true"),
        make_edge("choose", "small", "false"),
        make_edge("large", "both"),
        make_edge("small", "both"),
    ]
    merge = make_node("both", "merge", parameters={"mode": "first"})
    graph = loop(
        choose,
        make_set("large", v="{{ item }}"),
        make_set("small", s="{{ item }}"),
        merge,
        edges=edges,
        batch_size=batch_size,
    )
    run = run_of(graph, [5, 50, 7])
    assert run.output("each")["results"] == [{"s": 5}, {"v": 50}, {"s": 7}]


def test_a_way_that_nobody_drew_further_ends_without_a_result() -> None:
    rows = [{"left": "{{ item }}", "type": "number", "operator": "greater", "right": 10}]
    choose = make_node("choose", "if", parameters={"conditions": {"conditions": rows}})
    edges = [make_edge("each", "choose", "item"), make_edge("choose", "large", "true")]
    run = run_of(loop(choose, make_set("large", v="{{ item }}"), edges=edges), [5, 50])
    assert run.output("each")["results"] == [None, {"v": 50}]
    # A choice that leads nowhere at all tells what it has found.
    run = run_of(loop(choose), [5, 50])
    assert run.output("each")["results"] == [{"result": False}, {"result": True}]
