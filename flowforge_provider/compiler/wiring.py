"""Edges between nodes -> links between tasks: port tasks for joins, and the tasks before and after a loop."""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowforge_provider.exceptions import CompileError
from flowforge_provider.graph.loops import ITEM_PORT, Loop, loop_of_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowforge_provider.graph.models import Edge


@dataclass(frozen=True, order=True)
class Link:
    """
    One task runs after another.

    :param label: name of the port between them, empty for ``success``
    """

    source: str
    target: str
    label: str = ""


def items_task(loop_id: str) -> str:
    """Return the id of the task that makes a loop's batches; the loop's own id is the task after the body."""
    return f"{loop_id}-items"


@dataclass(frozen=True)
class Wiring:
    """How the edges of a graph become links between tasks."""

    links: Sequence[Link]
    port_tasks: Sequence[str]
    ports: Mapping[str, Mapping[str, Sequence[str]]]
    joins: frozenset[str]
    # body node -> its loop
    loop_of: Mapping[str, str]


def wire(
    edges: Iterable[Edge], ports_of_node: Mapping[str, set[str]], loops: Mapping[str, Loop] | None = None
) -> Wiring:
    """
    Turn edges with ports into links between tasks.

    Airflow skips a task as soon as one task before it skips it. Where a port leads into a join, that would
    skip the join although another way into it was taken, so such a port gets an empty task of its own.

    Inside a loop no port gets one: each step looks itself which items lead to it.

    :param ports_of_node: node id -> the ports that the node has, connected or not
    :param loops: what ``find_loops`` returns
    """
    loops = loops or {}
    loop_of = loop_of_nodes(loops)
    ports_between: dict[tuple[str, str], set[str]] = defaultdict(set)
    ports_of: dict[str, set[str]] = defaultdict(set)
    sources_of: dict[str, set[str]] = defaultdict(set)
    for source, port, target in (_between_tasks(edge, loops) for edge in edges):
        ports_between[source, target].add(port)
        ports_of[source].add(port)
        sources_of[target].add(source)
    joins = frozenset(target for target, sources in sources_of.items() if len(sources) > 1)

    links: set[Link] = set()
    port_tasks: set[str] = set()
    followers: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (source, target), ports in ports_between.items():
        label = "" if "success" in ports else ", ".join(sorted(ports))
        # A port that leads nowhere can be taken too, but for the error: without an edge it fails the run.
        possible = (ports_of_node.get(source, set()) - {"error"}) | ports_of[source]
        always_taken = ports == possible
        if always_taken or target not in joins or target in loop_of:
            links.add(Link(source, target, label))
            for port in ports:
                followers[source][port].add(target)
            continue
        for port in ports:
            port_task = f"{source}-{port}"
            port_tasks.add(port_task)
            links.add(Link(source, port_task, "" if port == "success" else port))
            links.add(Link(port_task, target))
            followers[source][port].add(port_task)

    links.update(_links_after_bodies(loops, ports_of))
    return Wiring(
        links=sorted(links),
        port_tasks=sorted(port_tasks),
        ports={
            source: {port: sorted(ports[port]) for port in sorted(ports, key=_success_first)}
            for source, ports in followers.items()
            if ports.keys() != {"success"}
        },
        joins=joins,
        loop_of=loop_of,
    )


def ends_side_by_side(loop: Loop, edges: Iterable[Edge], ports_of_node: Mapping[str, set[str]]) -> bool:
    """
    Tell whether one item may reach several last steps of a loop, so that its result has several parts.

    :param ports_of_node: node id -> the ports that the node has, connected or not
    """
    targets: dict[tuple[str, str], set[str]] = defaultdict(set)
    for edge in edges:
        if edge.source in loop.body:
            targets[edge.source, edge.source_port].add(edge.target)
    has_followers = {source for source, _ in targets}
    ends = {
        node
        for node in loop.body
        if node not in has_followers
        or ("success" in ports_of_node[node] and (node, "success") not in targets)
    }
    parts = len(loop.first) > 1 or any(len(nodes) > 1 for nodes in targets.values())
    return len(ends) > 1 and parts


def _between_tasks(edge: Edge, loops: Mapping[str, Loop]) -> tuple[str, str, str]:
    target = items_task(edge.target) if edge.target in loops else edge.target
    if edge.source in loops and edge.source_port == ITEM_PORT:
        return items_task(edge.source), "success", target
    return edge.source, edge.source_port, target


def _links_after_bodies(loops: Mapping[str, Loop], ports_of: Mapping[str, set[str]]) -> Iterable[Link]:
    for loop in loops.values():
        for node in loop.body:
            if not ports_of.get(node):
                yield Link(node, loop.id)


def _success_first(port: str) -> tuple[bool, str]:
    return port != "success", port


def topological_positions(task_ids: Iterable[str], links: Iterable[Link]) -> dict[str, int]:
    """
    Return task id -> position, each task after those that lead to it, smallest id first.

    Source: Kahn's algorithm with a heap. Time O((tasks + links) log tasks).
    """
    followers: dict[str, list[str]] = defaultdict(list)
    waiting = dict.fromkeys(task_ids, 0)
    for link in links:
        if link.source not in waiting or link.target not in waiting:
            raise CompileError(
                f"Edge {link.source!r} -> {link.target!r} names a node that the graph lacks. "
                "Validate the graph before compiling."
            )
        followers[link.source].append(link.target)
        waiting[link.target] += 1
    ready = [task_id for task_id, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    position: dict[str, int] = {}
    while ready:
        task_id = heapq.heappop(ready)
        position[task_id] = len(position)
        for follower in followers[task_id]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                heapq.heappush(ready, follower)
    if len(position) != len(waiting):
        left = ", ".join(sorted(waiting.keys() - position.keys()))
        raise CompileError(
            f"The graph has a cycle among the nodes {left}. Remove an edge of the cycle.", code="cycle"
        )
    return position
