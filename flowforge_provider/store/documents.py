"""What the store keeps beside a graph so that lists need not read it: digest, tags, search text."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowforge_provider.graph.models import Graph

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Document",
    "digest_of",
    "empty_graph",
    "pins_of",
    "read_document",
    "with_pins",
    "without_pins",
]


@dataclass(frozen=True, kw_only=True)
class Document:
    """
    A well-formed graph in the form in which it is stored.

    :param graph: the parsed graph, with the workflow's id and name in it
    :param data: the same as JSON data
    :param digest: SHA-256 of the data in canonical form, hexadecimal; pinned data does not count
    :param pins_digest: the same of the pinned data alone; empty without any
    :param tags: without repetitions, in the order of the graph
    :param search_text: name, id, description and tags, case-folded
    """

    graph: Graph
    data: dict[str, Any]
    digest: str
    pins_digest: str
    tags: tuple[str, ...]
    trigger_type: str | None
    node_types: tuple[str, ...]
    search_text: str


def empty_graph() -> dict[str, Any]:
    """Return the graph of a new workflow: nothing on the canvas."""
    return {"format": "flowforge/v1", "nodes": [], "edges": []}


def digest_of(data: Any) -> str:
    """Return the SHA-256 of JSON data in canonical form (sorted keys, no white space), hexadecimal."""
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def pins_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return node id -> what is pinned to it, of a stored graph."""
    return {node["id"]: node["pinned"] for node in data.get("nodes", []) if node.get("pinned") is not None}


def without_pins(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored graph without pinned data; that is what revisions and files hold."""
    nodes = [{key: value for key, value in node.items() if key != "pinned"} for node in data.get("nodes", [])]
    return {**data, "nodes": nodes}


def with_pins(data: Mapping[str, Any], pins: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a stored graph with data pinned to those of its nodes that have none.

    :param pins: what ``pins_of`` returns
    """
    nodes = [
        {**node, "pinned": pins[node["id"]]} if node["id"] in pins and node.get("pinned") is None else node
        for node in data.get("nodes", [])
    ]
    return {**data, "nodes": nodes}


def read_document(data: Mapping[str, Any] | Graph, *, workflow_id: str, name: str) -> Document:
    """
    Check that a graph is a well-formed document and put the workflow's own id and name into it.

    A draft may be incomplete or wrong in meaning; that is reported when it is validated or published.

    :param data: the graph as JSON data, in any format version that is still read, or a parsed graph
    :raises GraphFormatError: the data is no graph document of a known format
    :raises GraphValidationError: fields are missing, unknown or of the wrong type; names all of them
    """
    from flowforge_provider.graph.load import load_graph

    raw = data.model_dump(mode="json") if isinstance(data, Graph) else dict(data)
    graph = load_graph({**raw, "id": workflow_id, "name": name})
    stored: dict[str, Any] = graph.model_dump(mode="json")
    bare = without_pins(stored)
    tags = tuple(dict.fromkeys(tag.strip() for tag in graph.settings.tags if tag.strip()))
    return Document(
        graph=graph,
        data=stored,
        digest=digest_of(bare),
        pins_digest="" if bare == stored else digest_of(pins_of(stored)),
        tags=tags,
        trigger_type=_trigger_type(graph),
        node_types=tuple(dict.fromkeys(node.type for node in graph.nodes)),
        search_text="\n".join([name, workflow_id, graph.settings.description, *tags]).casefold(),
    )


def _trigger_type(graph: Graph) -> str | None:
    from flowforge_provider.nodes.registry import get_registry

    registry = get_registry()
    for node in graph.nodes:
        node_type = registry.find(node.type, node.type_version)
        if node_type is not None and node_type.kind == "trigger":
            return node.type
    return None
