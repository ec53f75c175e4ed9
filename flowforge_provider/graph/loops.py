"""Loops: which nodes are the body of which ``for_each``. Pure functions of the drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowforge_provider.graph.topology import reachable, successors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LOOP_TYPE = "for_each"
# The body begins here; every other port of a loop goes on after it.
ITEM_PORT = "item"


@dataclass(frozen=True)
class Loop:
    """
    One ``for_each`` with its body.

    :param id: the node
    :param first: nodes that the port ``item`` leads to
    :param body: all nodes that can be reached from there; they run once for each item
    """

    id: str
    first: frozenset[str]
    body: frozenset[str]


def find_loops(node_types: Mapping[str, str], edges: Iterable[tuple[str, str, str]]) -> dict[str, Loop]:
    """
    Return the loops of a graph by the id of their node, in the order of the nodes.

    :param node_types: node id -> name of its type
    :param edges: (source, source port, target); those that name other nodes are left out
    """
    loop_ids = [node_id for node_id, type_ in node_types.items() if type_ == LOOP_TYPE]
    if not loop_ids:
        return {}
    known = [edge for edge in edges if edge[0] in node_types and edge[2] in node_types]
    following: Mapping[str, Sequence[str]] = successors(
        node_types, ((source, target) for source, _, target in known)
    )
    loops = {}
    for loop_id in loop_ids:
        first = frozenset(target for source, port, target in known if source == loop_id and port == ITEM_PORT)
        # A body that leads back to its own loop is a cycle, which has an issue of its own.
        loops[loop_id] = Loop(loop_id, first, frozenset(reachable(first, following) - {loop_id}))
    return loops


def loop_of_nodes(loops: Mapping[str, Loop]) -> dict[str, str]:
    """Return node id -> id of the loop whose body it is in; the first one of several."""
    found: dict[str, str] = {}
    for loop in loops.values():
        for node_id in sorted(loop.body):
            found.setdefault(node_id, loop.id)
    return found
