"""The data that a step sees when it is tested: given, pinned, of an earlier execution, or of a delivery."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from airflow.models.dagrun import DagRun
from sqlalchemy import select

from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.graph.loops import find_loops, loop_of_nodes
from flowforge_provider.graph.topology import predecessors, reachable
from flowforge_provider.nodes.registry import get_registry
from flowforge_provider.runs.ids import ExecutionId, parse_execution_id
from flowforge_provider.runs.items import read_loop
from flowforge_provider.runs.reading import find_run, unknown_execution
from flowforge_provider.runs.steps import OUTPUT_KEY, read_values
from flowforge_provider.runs.trigger import EMPTY_TRIGGER, fired_in_graph, trigger_of_run
from flowforge_provider.store.tables import DeliveryRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from flowforge_provider.graph.models import Graph, Node

__all__ = ["Sample", "Source", "Surroundings", "collect_sample", "surroundings_of"]

Source = Literal["given", "pinned", "execution", "delivery", "example"]


@dataclass(frozen=True)
class Surroundings:
    """
    What is around a node in a draft.

    :param before: node before it, and the node itself -> the nodes just before that one
    :param triggers: trigger -> its type
    :param loop: the loop in whose body it is
    """

    before: dict[str, list[str]]
    triggers: dict[str, str]
    loop: str | None

    def steps(self) -> set[str]:
        """Return the steps before it whose output it may see."""
        return self.before.keys() - self.triggers.keys()


@dataclass
class Sample:
    """
    Sample data, and where each part of it comes from.

    :param steps: node -> output
    :param sources: ``trigger``, ``item`` or a node -> source
    """

    trigger: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, Any] = field(default_factory=dict)
    item: Any = None
    item_index: int = 0
    has_item: bool = False
    sources: dict[str, Source] = field(default_factory=dict)

    def add_trigger(self, value: dict[str, Any], source: Source) -> None:
        """Take what started the run; what was taken before goes first."""
        if "trigger" not in self.sources:
            self.trigger, self.sources["trigger"] = {**EMPTY_TRIGGER, **value}, source

    def add_step(self, node: str, output: Any, source: Source) -> None:
        """Take the output of a step; what was taken before goes first."""
        if node not in self.steps:
            self.steps[node], self.sources[node] = output, source

    def add_item(self, value: Any, index: int, source: Source) -> None:
        """Take the item of the loop; what was taken before goes first."""
        if not self.has_item:
            self.item, self.item_index, self.has_item = value, index, True
            self.sources["item"] = source


def surroundings_of(node_id: str, graph: Graph) -> Surroundings:
    """Return what is around a node."""
    ids = [node.id for node in graph.nodes]
    leading = predecessors(ids, ((edge.source, edge.target) for edge in graph.edges))
    loops = find_loops(
        {node.id: node.type for node in graph.nodes},
        ((edge.source, edge.source_port, edge.target) for edge in graph.edges),
    )
    near = reachable([node_id], leading)
    registry = get_registry()
    triggers = {}
    for node in graph.nodes:
        node_type = registry.find(node.type, node.type_version)
        if node_type is not None and node_type.kind == "trigger":
            triggers[node.id] = node.type
    return Surroundings(
        before={node: sorted(leading[node]) for node in sorted(near)},
        triggers=triggers,
        loop=loop_of_nodes(loops).get(node_id),
    )


def collect_sample(
    graph: Graph,
    around: Surroundings,
    *,
    given: Mapping[str, Any],
    execution_id: str | None = None,
    delivery_id: str | None = None,
    item_index: int = 0,
    use_pins: bool = True,
    session: Session,
) -> Sample:
    """
    Return the data that a node sees. What is given goes before pins, pins before an execution or a delivery.

    :param given: any of ``trigger``, ``steps``, ``item``, ``item_index``
    :param execution_id: an earlier execution of the workflow
    :param delivery_id: a delivery to the workflow
    :param item_index: which item of the execution's loop
    :raises NotFoundError: there is no such execution of the workflow, or delivery to it
    """
    sample = Sample()
    _add_given(sample, given)
    if use_pins:
        _add_pins(sample, graph, around)
    if execution_id is not None:
        _add_execution(sample, graph, around, execution_id, item_index=item_index, session=session)
    if delivery_id is not None:
        _add_delivery(sample, graph, delivery_id, session=session)
    _add_example(sample, graph, around)
    return sample


def _add_given(sample: Sample, given: Mapping[str, Any]) -> None:
    if isinstance(given.get("trigger"), dict):
        sample.add_trigger(given["trigger"], "given")
    for node, output in (given.get("steps") or {}).items():
        sample.add_step(node, output, "given")
    if "item" in given:
        sample.add_item(given["item"], int(given.get("item_index") or 0), "given")


def _add_pins(sample: Sample, graph: Graph, around: Surroundings) -> None:
    for node in graph.nodes:
        if node.pinned is None:
            continue
        if node.id in around.triggers:
            sample.add_trigger(_as_trigger(node), "pinned")
        elif node.id in around.before:
            sample.add_step(node.id, node.pinned.output, "pinned")


def _as_trigger(node: Node) -> dict[str, Any]:
    """Return what is pinned to a trigger: all that started a run, or its payload alone."""
    output = node.pinned.output if node.pinned is not None else None
    given = output if isinstance(output, dict) and {"type", "body"} <= output.keys() else {"body": output}
    return {"type": node.type, "id": node.id, "node": node.id, **given}


def _add_execution(
    sample: Sample, graph: Graph, around: Surroundings, text: str, *, item_index: int, session: Session
) -> None:
    execution_id = parse_execution_id(text)
    record = find_run(execution_id, session) if execution_id.workflow_id == graph.id else None
    if record is None:
        raise unknown_execution(ExecutionId(graph.id, execution_id.run_id))
    run = session.execute(select(DagRun.conf).where(DagRun.id == record.pk)).one()
    fired = fired_in_graph(
        graph,
        conf=run.conf,
        run_type=record.run_type,
        run_after=record.run_after,
        logical_date=record.logical_date,
    )
    trigger = trigger_of_run(
        conf=run.conf,
        run_type=record.run_type,
        run_after=record.run_after,
        logical_date=record.logical_date,
        node_id=fired[0] if fired else None,
    )
    sample.add_trigger(trigger, "execution")
    steps = sorted(around.steps())
    for node, _, output in read_values(steps, OUTPUT_KEY, run_pk=record.pk, map_index=-1, session=session):
        sample.add_step(node, output, "execution")
    if around.loop is not None:
        _add_loop(sample, around, around.loop, item_index, run_pk=record.pk, session=session)


def _add_loop(
    sample: Sample, around: Surroundings, loop: str, index: int, *, run_pk: int, session: Session
) -> None:
    """Take an item of a loop, and what the steps of its body have made of it."""
    items_task = f"{loop}-items"
    found = read_loop(loop, run_pk=run_pk, session=session)
    batches = read_values([items_task], OUTPUT_KEY, run_pk=run_pk, map_index=-1, session=session)
    batch = next((value for _, _, value in batches), None)
    if found is None or not isinstance(batch, list) or index >= found.total:
        return
    items = [item for items in batch for item in items]
    sample.add_item(items[index], index, "execution")
    map_index = found.map_index(index)
    outputs = read_values(
        sorted(around.steps()), OUTPUT_KEY, run_pk=run_pk, map_index=map_index, session=session
    )
    for node, _, value in outputs:
        if isinstance(value, dict) and str(index) in value:
            sample.add_step(node, value[str(index)], "execution")


def _add_delivery(sample: Sample, graph: Graph, delivery_id: str, *, session: Session) -> None:
    row = session.get(DeliveryRow, delivery_id)
    if row is None or row.workflow_id != graph.id:
        raise NotFoundError(
            f'There is no delivery "{delivery_id[:100]}" to workflow "{graph.id}". It may be cleaned up.',
            code="delivery-not-found",
        )
    sample.add_trigger(
        {
            "type": row.kind,
            "id": row.node_id,
            "node": row.node_id,
            "received_at": row.received_at.isoformat(),
            "delivery_id": row.id,
            "method": row.method,
            "path": row.path,
            "body": row.body,
            "headers": row.headers,
            "query": row.query,
        },
        "delivery",
    )


def _add_example(sample: Sample, graph: Graph, around: Surroundings) -> None:
    """Take what a start by hand would take, as the last resort for what started the run."""
    nodes = {node.id: node for node in graph.nodes}
    ids = sorted(around.triggers.keys() & around.before.keys()) or sorted(around.triggers)
    if not ids:
        return
    first = nodes[ids[0]]
    body = first.parameters.get("sample_payload", {})
    sample.add_trigger({"type": first.type, "id": first.id, "node": first.id, "body": body}, "example")
