"""What a graph asks of this installation and does not find there: connections, room for bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.models.connection import Connection
from sqlalchemy import select

from flowforge_provider import settings
from flowforge_provider.graph.issues import Issue
from flowforge_provider.nodes.registry import get_registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.orm import Session

    from flowforge_provider.graph.models import Graph, Node
    from flowforge_provider.nodes.spec import NodeType

__all__ = ["find_installation_issues"]

_LIMIT = "max_body_bytes"


def find_installation_issues(graph: Graph, *, session: Session) -> list[Issue]:
    """
    Return warnings about what the triggers of a graph need here.

    Connections of steps are left out: workers may have them from a source of their own, while triggers are
    served by this process or one like it.
    """
    return [*_missing_connections(graph, session), *_useless_limits(graph)]


def _missing_connections(graph: Graph, session: Session) -> Iterator[Issue]:
    named = [
        (node, field, connection_id)
        for node, node_type in _triggers(graph)
        for field, connection_id in _named_connections(node, node_type)
    ]
    if not named:
        return
    ids = {connection_id for _, _, connection_id in named}
    known = set(session.scalars(select(Connection.conn_id).where(Connection.conn_id.in_(ids))))
    missing = {each for each in ids - known if not _has_secrets_backend(each)}
    for node, field, connection_id in named:
        if connection_id in missing:
            yield Issue(
                code="connection-not-found",
                message=(
                    f'Node "{node.label}": there is no Airflow connection "{connection_id}", so nothing can '
                    "come in. Create it, or choose another one."
                ),
                severity="warning",
                node_id=node.id,
                field=f"parameters.{field}",
            )


def _useless_limits(graph: Graph) -> Iterator[Issue]:
    allowed = settings.max_body_bytes()
    for node, node_type in _triggers(graph):
        asked = node.parameters.get(_LIMIT) if _LIMIT in node_type.parameters.model_fields else None
        if isinstance(asked, int) and asked > allowed:
            yield Issue(
                code="body-limit",
                message=(
                    f'Node "{node.label}": its largest body is {asked} bytes, but this installation takes '
                    f"{allowed} at most. Lower it, or raise [flowforge] max_body_bytes."
                ),
                severity="warning",
                node_id=node.id,
                field=f"parameters.{_LIMIT}",
            )


def _triggers(graph: Graph) -> Iterator[tuple[Node, type[NodeType]]]:
    registry = get_registry()
    for node in graph.nodes:
        node_type = registry.find(node.type, node.type_version)
        if node_type is not None and node_type.kind == "trigger":
            yield node, node_type


def _named_connections(node: Node, node_type: type[NodeType]) -> Iterator[tuple[str, str]]:
    """Yield field and connection id, for those fields that count with the node's other parameters."""
    fields = node_type.parameters.model_fields
    given = {name: node.parameters.get(name, field.default) for name, field in fields.items()}
    for name, field in fields.items():
        hints: Any = field.json_schema_extra
        if isinstance(hints, dict) and hints.get("x-widget") == "connection":
            value = given[name]
            if isinstance(value, str) and value and _counts(hints.get("x-visible-when") or {}, given):
                yield name, value


def _counts(conditions: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    return all(
        given.get(name) in (wanted if isinstance(wanted, list | tuple) else (wanted,))
        for name, wanted in conditions.items()
    )


def _has_secrets_backend(connection_id: str) -> bool:
    """Tell whether the environment or a secrets backend has a connection; also when they cannot be asked."""
    from flowforge_provider.inbox.secrets import read_secret

    try:
        return read_secret(connection_id) is not None
    except Exception:  # a secrets backend may fail in any way, which is no fault of the graph
        return True
