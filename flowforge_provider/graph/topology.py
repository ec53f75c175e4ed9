"""The shape of a graph: who comes before whom. Pure functions, linear in nodes and edges."""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def successors(nodes: Iterable[str], edges: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """
    Return for each node the nodes that its edges lead to, without repeats, in the order of the edges.

    :param nodes: node ids
    :param edges: pairs (source, target); pairs that name other nodes are left out
    """
    following: dict[str, dict[str, None]] = {node: {} for node in nodes}
    for source, target in edges:
        if source in following and target in following:
            following[source][target] = None
    return {node: list(targets) for node, targets in following.items()}


def predecessors(nodes: Iterable[str], edges: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return for each node the nodes whose edges lead to it; see ``successors``."""
    return successors(nodes, ((target, source) for source, target in edges))


def find_cycles(following: Mapping[str, Sequence[str]], *, limit: int = 20) -> list[list[str]]:
    """
    Return cycles that share no node, so that each one names a mistake of its own.

    :param following: what ``successors`` returns
    :param limit: how many cycles at most
    :return: for each cycle its node ids along the edges, the first one repeated at the end
    Source: depth-first colouring, CLRS 3rd ed., section 22.3, without recursion.
    """
    cycles: list[list[str]] = []
    told: set[str] = set()
    done: set[str] = set()
    for start in following:
        if start in done:
            continue
        path: list[str] = [start]
        place = {start: 0}
        pending = [iter(following[start])]
        while pending:
            for target in pending[-1]:
                if target in place:
                    if target not in told and path[-1] not in told:
                        cycle = path[place[target] :]
                        if told.isdisjoint(cycle):
                            cycles.append([*cycle, target])
                            told.update(cycle)
                            if len(cycles) >= limit:
                                return cycles
                elif target not in done:
                    place[target] = len(path)
                    path.append(target)
                    pending.append(iter(following[target]))
                    break
            else:
                pending.pop()
                left = path.pop()
                del place[left]
                done.add(left)
    return cycles


def reachable(starts: Iterable[str], following: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the nodes that can be reached from the starts, the starts included."""
    found = {start for start in starts if start in following}
    queue = deque(found)
    while queue:
        for target in following[queue.popleft()]:
            if target not in found:
                found.add(target)
                queue.append(target)
    return found


def order(following: Mapping[str, Sequence[str]]) -> list[str]:
    """
    Return the nodes so that each stands after all that lead to it; nodes on or after a cycle are left out.

    Nodes without an order between them come in the order of the alphabet, so that the result does not depend
    on how the document lists them.

    Source: Kahn, Topological sorting of large networks, CACM 5(11), 1962; with a heap for the order of ties.
    """
    waiting = dict.fromkeys(following, 0)
    for targets in following.values():
        for target in targets:
            waiting[target] += 1
    ready = [node for node, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    ordered = []
    while ready:
        node = heapq.heappop(ready)
        ordered.append(node)
        for target in following[node]:
            waiting[target] -= 1
            if waiting[target] == 0:
                heapq.heappush(ready, target)
    return ordered


class Ancestry:
    """
    Who comes before whom, however far. Nodes on or after a cycle have no place in it.

    Sets are kept as bits of integers, so that a graph of some thousand nodes takes milliseconds.

    :param following: what ``successors`` returns
    """

    def __init__(self, following: Mapping[str, Sequence[str]]) -> None:
        self._ordered = order(following)
        self._bit = {node: 1 << index for index, node in enumerate(self._ordered)}
        self._before = dict.fromkeys(self._ordered, 0)
        for node in self._ordered:
            passed_on = self._before[node] | self._bit[node]
            for target in following[node]:
                if target in self._before:
                    self._before[target] |= passed_on

    def __contains__(self, node: object) -> bool:
        """Return whether the node has a place, which those on or after a cycle have not."""
        return node in self._bit

    def is_before(self, first: str, second: str) -> bool:
        """Return whether edges lead from the first node to the second; False for nodes without a place."""
        return bool(self._before.get(second, 0) & self._bit.get(first, 0))

    def before(self, node: str) -> list[str]:
        """Return all nodes before a node, in topological order."""
        mask = self._before.get(node, 0)
        return [other for other in self._ordered if self._bit[other] & mask]
