"""What all checks look at: the graph, its node types and its shape, each worked out once."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

from flowforge_provider.graph.loops import find_loops, loop_of_nodes
from flowforge_provider.graph.topology import Ancestry, predecessors, successors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowforge_provider.graph.loops import Loop
    from flowforge_provider.graph.models import Graph, Node
    from flowforge_provider.nodes.registry import Registry
    from flowforge_provider.nodes.spec import NodeType


# A search through the names of a large graph takes milliseconds; a document can ask for a million of them.
_MOST_SEARCHES = 50


class Subject:
    """
    A graph under check.

    :param graph: the graph
    :param registry: node types to check it against
    :param broken: ids of nodes that the document has, but that are too malformed to be in the graph
    """

    def __init__(self, graph: Graph, registry: Registry, *, broken: frozenset[str] = frozenset()) -> None:
        self.graph = graph
        self.registry = registry
        self.broken = broken
        self._searches_left = _MOST_SEARCHES

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Return the nodes by id; of several with one id, the first."""
        found: dict[str, Node] = {}
        for node in self.graph.nodes:
            found.setdefault(node.id, node)
        return found

    @cached_property
    def types(self) -> dict[str, type[NodeType] | None]:
        """Return the node type of each node; None when it is not known."""
        return {
            node_id: self.registry.find(node.type, node.type_version) for node_id, node in self.nodes.items()
        }

    @cached_property
    def triggers(self) -> list[Node]:
        """Return the trigger nodes in the order of the document."""
        return [node for node_id, node in self.nodes.items() if self.is_trigger(node_id)]

    @cached_property
    def following(self) -> dict[str, list[str]]:
        """Return the nodes after each node."""
        return successors(self.nodes, ((edge.source, edge.target) for edge in self.graph.edges))

    @cached_property
    def preceding(self) -> dict[str, list[str]]:
        """Return the nodes before each node."""
        return predecessors(self.nodes, ((edge.source, edge.target) for edge in self.graph.edges))

    @cached_property
    def ancestry(self) -> Ancestry:
        """Return who comes before whom."""
        return Ancestry(self.following)

    @cached_property
    def loops(self) -> dict[str, Loop]:
        """Return the loops by the id of their node."""
        edges = ((edge.source, edge.source_port, edge.target) for edge in self.graph.edges)
        return find_loops({node_id: node.type for node_id, node in self.nodes.items()}, edges)

    @cached_property
    def loop_of(self) -> dict[str, str]:
        """Return node id -> the loop whose body it is in."""
        return loop_of_nodes(self.loops)

    @cached_property
    def has_unknown_type(self) -> bool:
        """Return whether some node's kind cannot be told, because its type is not known."""
        return bool(self.broken) or any(node_type is None for node_type in self.types.values())

    def is_trigger(self, node_id: str) -> bool:
        """Return whether a node is known to be a trigger."""
        node_type = self.types.get(node_id)
        return node_type is not None and node_type.kind == "trigger"

    def is_note(self, node_id: str) -> bool:
        """Return whether a node is known to be only drawn."""
        node_type = self.types.get(node_id)
        return node_type is not None and node_type.kind == "note"

    def near(self, name: str, known: Iterable[str]) -> str:
        """
        Return ``Did you mean …?`` with up to three names that look like this one, or nothing.

        Also nothing once many names were asked about: the first mistakes are the ones that people read.
        """
        if self._searches_left <= 0:
            return ""
        self._searches_left -= 1
        found = get_close_matches(name[:100], list(known)[:2000], n=3, cutoff=0.6)
        return f" Did you mean {' or '.join(found)}?" if found else ""
