"""Loops: their bodies are closed, flat, and hold what can run once for each item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowforge_provider.graph import codes
from flowforge_provider.graph.issues import Issue
from flowforge_provider.graph.loops import ITEM_PORT, LOOP_TYPE
from flowforge_provider.graph.topology import reachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.graph.checks.subject import Subject
    from flowforge_provider.graph.loops import Loop


def check_loops(subject: Subject) -> Iterator[Issue]:
    """Yield what is wrong with the loops of a graph, whatever the parameters of the steps in them are."""
    for loop in subject.loops.values():
        label = subject.nodes[loop.id].label
        if not loop.body:
            yield Issue(
                code=codes.LOOP_WITHOUT_BODY,
                message=(
                    f'Node "{label}": nothing is connected to its port item, so nothing is done for the '
                    "items. Connect the first step of the loop to it."
                ),
                node_id=loop.id,
            )
        yield from _edges_into(subject, loop)
        for node_id in (node_id for node_id in subject.nodes if node_id in loop.body):
            yield from _node_in(subject, loop, node_id)


def _edges_into(subject: Subject, loop: Loop) -> Iterator[Issue]:
    label = subject.nodes[loop.id].label
    after = reachable(
        (
            edge.target
            for edge in subject.graph.edges
            if edge.source == loop.id and edge.source_port != ITEM_PORT
        ),
        subject.following,
    )
    for edge in subject.graph.edges:
        if edge.target not in loop.body or edge.source in loop.body or edge.source not in subject.nodes:
            continue
        if edge.source == loop.id and edge.source_port == ITEM_PORT:
            continue
        target = subject.nodes[edge.target].label
        if edge.source == loop.id or edge.source in after:
            text = (
                f'Node "{target}" is reached both from the port item of the loop "{label}" and from what '
                "comes after the loop. Steps of the body run once for each item; what follows runs once. "
                f"Remove the edge {edge.id}, or the way from the body to this node."
            )
        else:
            text = (
                f'The edge {edge.id} leads into the body of the loop "{label}", whose steps run once for '
                "each item. Lead it to the loop itself; its steps can use the outputs of all steps before "
                "the loop."
            )
        yield Issue(code=codes.EDGE_INTO_LOOP, message=text, node_id=edge.target, edge_id=edge.id)


def _node_in(subject: Subject, loop: Loop, node_id: str) -> Iterator[Issue]:
    node = subject.nodes[node_id]
    node_type = subject.types[node_id]
    label = subject.nodes[loop.id].label
    if node.type == LOOP_TYPE:
        yield Issue(
            code=codes.NESTED_LOOP,
            message=(
                f'Node "{node.label}" is a loop in the body of the loop "{label}". Airflow has no loops '
                "within loops: make the inner one a workflow of its own and start it with Run workflow, "
                "or join the lists before the loop."
            ),
            node_id=node_id,
        )
        return
    if node_type is None:
        return
    if not node_type.allowed_in_loop:
        yield Issue(
            code=codes.NOT_IN_LOOP,
            message=(
                f'Node "{node.label}" ({node_type.title}) cannot be in the body of the loop "{label}": it is '
                "there once in an execution. Put it after the loop's port done."
            ),
            node_id=node_id,
        )
    batch_size = subject.nodes[loop.id].parameters.get("batch_size")
    if node_type.defers(node.parameters) and isinstance(batch_size, int) and batch_size > 1:
        yield Issue(
            code=codes.WAITING_IN_BATCH,
            message=(
                f'Node "{node.label}" waits, so a task of the loop "{label}" can take one item only. Set '
                "Items per task of the loop to 1 or 0."
            ),
            node_id=loop.id,
            field="parameters.batch_size",
        )
