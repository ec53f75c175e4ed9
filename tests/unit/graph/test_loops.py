from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.graph.loops import find_loops, loop_of_nodes
from flowforge_provider.graph.validation import validate_graph
from flowforge_provider.nodes.builtin.for_each import ForEach
from flowforge_provider.nodes.builtin.manual import ManualTrigger
from flowforge_provider.nodes.builtin.transform import Transform
from flowforge_provider.nodes.registry import Registry
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger

if TYPE_CHECKING:
    from collections.abc import Mapping


class Answer(Transform):
    """Stands for what may be there once in an execution."""

    type = "test.answer"
    title = "Answer"
    allowed_in_loop = False


class Pause(Transform):
    """Stands for what waits without holding a worker."""

    type = "test.pause"
    title = "Pause"

    @classmethod
    def defers(cls, parameters: Mapping[str, Any]) -> bool:  # noqa: ARG003
        return True


REGISTRY = Registry([ManualTrigger, Transform, ForEach, Answer, Pause])
EDGES = [
    ("start", "success", "each"),
    ("each", "item", "a"),
    ("a", "error", "b"),
    ("each", "done", "after"),
]
TYPES = {"start": "manual", "each": "for_each", "a": "transform", "b": "transform", "after": "transform"}


def issues(inside: Any, **parameters: Any) -> list[tuple[str, str | None, str | None]]:
    each = make_node("each", "for_each", parameters={"items": [1], **parameters})
    edges = [make_edge("start", "each"), make_edge("each", inside.id, "item")]
    graph = make_graph(make_trigger(), each, inside, edges=edges)
    return [(issue.code, issue.node_id, issue.field) for issue in validate_graph(graph, registry=REGISTRY)]


def test_the_body_is_all_that_the_port_item_leads_to() -> None:
    loops = find_loops(TYPES, EDGES)
    assert {loop.id: (loop.first, loop.body) for loop in loops.values()} == {
        "each": (frozenset({"a"}), frozenset({"a", "b"}))
    }
    assert loop_of_nodes(loops) == {"a": "each", "b": "each"}


def test_a_body_that_leads_back_does_not_hold_the_loop_itself() -> None:
    [loop] = find_loops(TYPES, [*EDGES, ("b", "success", "each")]).values()
    assert loop.body == {"a", "b", "after"}


def test_edges_to_nodes_that_are_not_there_do_not_matter() -> None:
    [loop] = find_loops(TYPES, [*EDGES, ("each", "item", "ghost"), ("ghost", "success", "after")]).values()
    assert loop.body == {"a", "b"}


def test_names_of_the_item_are_there_in_the_body() -> None:
    assert issues(make_set("a", x="{{ item.price * item_index }}")) == []


def test_what_ends_an_execution_is_refused_in_a_body() -> None:
    parameters = make_set(x=1).parameters
    assert issues(make_node("a", "test.answer", parameters=parameters)) == [("not-in-loop", "a", None)]


def test_what_waits_takes_one_item_at_a_time() -> None:
    pause = make_node("a", "test.pause", parameters=make_set(x=1).parameters)
    assert issues(pause) == issues(pause, batch_size=1) == []
    assert issues(pause, batch_size=2) == [("waiting-in-batch", "each", "parameters.batch_size")]


def test_wrong_parameters_of_a_loop_do_not_stop_the_checks() -> None:
    pause = make_node("a", "test.pause", parameters=make_set(x=1).parameters)
    junk: Any
    for junk in (None, "x", [], {}, True):
        assert ("waiting-in-batch", "each", "parameters.batch_size") not in issues(pause, batch_size=junk)
