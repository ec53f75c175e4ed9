"""A loop does what a plain Python loop does, whatever its body is and however its items are divided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowforge_provider.compiler import compile_graph
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.unit.operators.loop_runtime import LoopRun

if TYPE_CHECKING:
    from flowforge_provider.graph.models import Edge, Graph, Node

laws = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)


@dataclass(frozen=True)
class Step:
    """
    A step that multiplies the item, and fails for some of them.

    :param sources: (step or loop, port) of the edges that lead here
    :param fails_at: remainder of items that fail when divided by three; none when it is 3
    """

    id: str
    factor: int
    fails_at: int
    sources: tuple[tuple[str, str], ...]

    def node(self) -> Node:
        value = f"{{{{ item * {self.factor} if item % 3 != {self.fails_at} else 1 / 0 }}}}"
        return make_set(self.id, **{self.id: value})


@st.composite
def bodies(draw: st.DrawFn) -> list[Step]:
    """Return steps in an order in which they can run; the first one follows the loop."""
    steps: list[Step] = []
    for number in range(draw(st.integers(1, 5))):
        before = [("each", "item"), *((step.id, port) for step in steps for port in ("success", "error"))]
        sources = st.lists(st.sampled_from(before), min_size=1, max_size=2, unique=True)
        steps.append(
            Step(
                id=f"n{number}",
                factor=draw(st.integers(1, 9)),
                fails_at=draw(st.sampled_from([0, 1, 2, 3, 3, 3])),
                sources=tuple(sorted(draw(sources))) if steps else (("each", "item"),),
            )
        )
    return steps


def graph_of(steps: list[Step], **parameters: Any) -> Graph:
    each = make_node("each", "for_each", parameters={"items": "{{ trigger.body.items }}", **parameters})
    edges: list[Edge] = [make_edge("start", "each")]
    edges += [make_edge(source, step.id, port) for step in steps for source, port in step.sources]
    return make_graph(make_trigger(), each, *(step.node() for step in steps), edges=edges)


def plain_loop(steps: list[Step], items: list[int]) -> tuple[list[Any], list[tuple[int, str]]]:
    """Return the results, and (index, step) of the failures."""
    followed = {source for step in steps for source in step.sources}
    ends = [step for step in steps if (step.id, "success") not in followed]
    targets = [source for step in steps for source in step.sources]
    side_by_side = len(ends) > 1 and len(set(targets)) < len(targets)
    results: list[Any] = []
    failures: list[tuple[int, str]] = []
    for index, item in enumerate(items):
        left_by: dict[str, str | None] = {"each": "item"}
        failed: list[str] = []
        for step in steps:
            if any(source in left_by and left_by[source] is None for source, _ in step.sources):
                left_by[step.id] = None
            elif any(left_by.get(source) == port for source, port in step.sources):
                left_by[step.id] = "success" if item % 3 != step.fails_at else "error"
                if left_by[step.id] == "error" and (step.id, "error") not in followed:
                    left_by[step.id] = None
                    failed.append(step.id)
        if failed:
            failures.append((index, failed[0]))
            results.append(None)
            continue
        reached = {
            step.id: {step.id: item * step.factor} for step in ends if left_by.get(step.id) == "success"
        }
        results.append(reached if side_by_side else next(iter(reached.values()), None))
    return results, failures


@laws
@given(
    bodies(),
    st.lists(st.integers(-20, 20), max_size=7),
    st.integers(0, 4),
    st.integers(0, 1000),
    st.booleans(),
)
def test_a_loop_gives_what_a_plain_loop_gives(
    steps: list[Step], items: list[int], batch_size: int, seed: int, keeps_skips: bool
) -> None:
    graph = graph_of(steps, continue_on_item_error=True, batch_size=batch_size)
    conf = {"trigger": {"type": "manual", "body": {"items": items}}}
    run = LoopRun(graph, conf=conf, seed=seed, keeps_skips=keeps_skips)
    run.run()
    results, failures = plain_loop(steps, items)
    output = run.output("each")
    assert output["results"] == results
    assert [(error["index"], error["step"]) for error in output["errors"]] == failures
    assert (output["total"], output["failed"]) == (len(items), len(failures))


@laws
@given(bodies(), st.integers(0, 10), st.integers(0, 100))
def test_airflow_accepts_every_loop_and_groups_its_body(
    steps: list[Step], batch_size: int, concurrency: int
) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    from flowforge_provider.compiler.load import build_dag

    graph = graph_of(steps, batch_size=batch_size, concurrency=concurrency)
    dag = build_dag(compile_graph(graph), fileloc="/compiled.py")
    restored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    body = {step.id for step in steps}
    grouped = {task.task_id for task in restored.tasks if task.get_closest_mapped_task_group() is not None}
    assert grouped == body
    assert {task.task_id for task in dag.tasks} == body | {"start", "each-items", "each"}
    for step in steps:
        before = {"each-items" if source == "each" else source for source, _ in step.sources}
        assert dag.get_task(step.id).upstream_task_ids == before
