"""Nodes and edges: ids, ports, cycles, reachability."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowforge_provider.exceptions import UnknownNodeTypeError
from flowforge_provider.graph import codes
from flowforge_provider.graph.checks.loops import check_loops
from flowforge_provider.graph.checks.triggers import check_triggers
from flowforge_provider.graph.issues import Issue
from flowforge_provider.graph.topology import find_cycles, reachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.graph.checks.subject import Subject
    from flowforge_provider.graph.models import Edge


def check_structure(subject: Subject) -> Iterator[Issue]:
    """Yield what is wrong with the nodes and edges, whatever their parameters are."""
    yield from _duplicate_nodes(subject)
    yield from _unknown_types(subject)
    yield from _edges(subject)
    yield from check_triggers(subject)
    yield from _cycles(subject)
    yield from check_loops(subject)
    yield from _unreachable(subject)


def _duplicate_nodes(subject: Subject) -> Iterator[Issue]:
    seen: set[str] = set()
    for node in subject.graph.nodes:
        if node.id in seen:
            yield Issue(
                code=codes.DUPLICATE_NODE,
                message=f'Two nodes have the id "{node.id}". Give one of them another id.',
                node_id=node.id,
                field="id",
            )
        seen.add(node.id)


def _unknown_types(subject: Subject) -> Iterator[Issue]:
    for node_id, node_type in subject.types.items():
        if node_type is not None:
            continue
        node = subject.nodes[node_id]
        try:
            subject.registry.get(node.type, node.type_version)
        except UnknownNodeTypeError as error:
            is_version = error.error_code == codes.UNKNOWN_NODE_TYPE_VERSION
            yield Issue(
                code=error.error_code,
                message=f'Node "{node.label}": {error.message}',
                node_id=node_id,
                field="type_version" if is_version else "type",
            )


def _edges(subject: Subject) -> Iterator[Issue]:
    seen: set[str] = set()
    for edge in subject.graph.edges:
        if edge.id in seen:
            yield Issue(
                code=codes.DUPLICATE_EDGE,
                message=f"The edge {edge.id} is there twice. Remove one.",
                edge_id=edge.id,
            )
            continue
        seen.add(edge.id)
        for end, node_id in (("source", edge.source), ("target", edge.target)):
            if node_id not in subject.nodes and node_id not in subject.broken:
                yield Issue(
                    code=codes.UNKNOWN_NODE,
                    message=(
                        f'The edge {edge.id} names the node "{node_id}", which does not exist.'
                        f"{subject.near(node_id, subject.nodes) or ' Remove the edge, or add the node.'}"
                    ),
                    edge_id=edge.id,
                    field=end,
                )
        noted = next((end for end in (edge.source, edge.target) if subject.is_note(end)), None)
        if noted is not None:
            yield Issue(
                code=codes.NOTE_WITH_EDGE,
                message=(
                    f'The edge {edge.id} is at the note "{subject.nodes[noted].label}". '
                    "Notes are only drawn. Remove the edge."
                ),
                node_id=noted,
                edge_id=edge.id,
            )
            continue
        yield from _port(subject, edge)
        if subject.is_trigger(edge.target):
            yield Issue(
                code=codes.TRIGGER_WITH_INPUT,
                message=(
                    f'The edge {edge.id} leads to the trigger "{subject.nodes[edge.target].label}". '
                    "A trigger starts the run, so nothing comes before it. Remove the edge."
                ),
                node_id=edge.target,
                edge_id=edge.id,
            )


def _port(subject: Subject, edge: Edge) -> Iterator[Issue]:
    node_type = subject.types.get(edge.source)
    if node_type is None:
        return
    node = subject.nodes[edge.source]
    ports = [port.id for port in node_type.ports_for(node.parameters)]
    if edge.source_port not in ports:
        advice = f"Connect it to one of: {', '.join(ports)}." if ports else "Remove the edge."
        yield Issue(
            code=codes.UNKNOWN_PORT,
            message=(
                f'The edge {edge.id} starts at the port "{edge.source_port}", '
                f'which node "{node.label}" does not have. {advice}'
            ),
            node_id=edge.source,
            edge_id=edge.id,
            field="source_port",
        )


def _cycles(subject: Subject) -> Iterator[Issue]:
    for cycle in find_cycles(subject.following):
        labels = " -> ".join(subject.nodes[node_id].label for node_id in cycle)
        closing = next(
            edge for edge in subject.graph.edges if edge.source == cycle[-2] and edge.target == cycle[-1]
        )
        yield Issue(
            code=codes.CYCLE,
            message=f"The steps run in a circle: {labels}. Remove one of the edges between them.",
            node_id=cycle[0],
            edge_id=closing.id,
        )


def _unreachable(subject: Subject) -> Iterator[Issue]:
    starts = [node.id for node in subject.triggers]
    if not starts:
        return  # one issue about the trigger says it all
    # Whether a node of an unknown type starts runs is not known, so nothing is said about what follows it.
    starts += [node_id for node_id, node_type in subject.types.items() if node_type is None]
    starts += [edge.target for edge in subject.graph.edges if edge.source in subject.broken]
    reached = reachable(starts, subject.following)
    for node_id, node in subject.nodes.items():
        if node_id not in reached and not subject.is_note(node_id):
            yield Issue(
                code=codes.UNREACHABLE_NODE,
                message=(
                    f'Nothing leads to node "{node.label}", so it never runs. '
                    "Connect it to a step that runs, or delete it."
                ),
                node_id=node_id,
            )
