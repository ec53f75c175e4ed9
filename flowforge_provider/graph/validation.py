"""Check a graph: everything at once, told so that a person can act on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import GraphFormatError, GraphValidationError
from flowforge_provider.graph import codes
from flowforge_provider.graph.checks.parameters import check_parameters
from flowforge_provider.graph.checks.references import check_references
from flowforge_provider.graph.checks.structure import check_structure
from flowforge_provider.graph.checks.subject import Subject
from flowforge_provider.graph.issues import Issue
from flowforge_provider.graph.load import load_graph
from flowforge_provider.graph.salvage import salvage_graph
from flowforge_provider.nodes.schedule import check_timezone
from flowforge_provider.redaction.rules import parse_rule, steps_of_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.graph.models import Graph
    from flowforge_provider.nodes.registry import Registry

MAX_NODES = 500
# A node with edges to ten others is already hard to read; this only bounds the work.
EDGES_PER_NODE = 10


def validate_graph(
    graph: Graph, *, registry: Registry | None = None, max_nodes: int = MAX_NODES
) -> list[Issue]:
    """
    Return everything that is wrong with a well-formed graph, errors and warnings, in the order of the graph.

    The work grows linearly with the graph, and is not begun when there are too many nodes or edges.

    :param graph: the graph; for documents that may be malformed use ``check_document``
    :param registry: node types to check against; the installed ones by default
    :param max_nodes: most nodes that are allowed
    """
    return _validate(graph, registry=registry, max_nodes=max_nodes, broken=frozenset())


def check_document(
    data: Any, *, registry: Registry | None = None, max_nodes: int = MAX_NODES
) -> tuple[Graph | None, list[Issue]]:
    """
    Return the graph of a document and everything that is wrong with it, shape and meaning together.

    :param data: the document as parsed JSON, of the present or an older format
    :param registry: node types to check against; the installed ones by default
    :param max_nodes: most nodes that are allowed
    :return: the graph is None when the document is malformed; its well-formed parts are checked all the
        same
    """
    if isinstance(data, dict):
        issues = list(_size(_count(data.get("nodes")), _count(data.get("edges")), max_nodes))
        if issues:
            return None, issues
    try:
        graph = load_graph(data)
    except GraphFormatError as error:
        return None, [Issue(code=error.error_code, message=error.message)]
    except GraphValidationError as error:
        salvaged, broken = salvage_graph(data)
        meaning = _validate(salvaged, registry=registry, max_nodes=max_nodes, broken=broken)
        told = {(issue.node_id, issue.edge_id, issue.field) for issue in error.issues}
        rest = [issue for issue in meaning if (issue.node_id, issue.edge_id, issue.field) not in told]
        return None, [*error.issues, *rest]
    return graph, validate_graph(graph, registry=registry, max_nodes=max_nodes)


def _validate(
    graph: Graph, *, registry: Registry | None, max_nodes: int, broken: frozenset[str]
) -> list[Issue]:
    if registry is None:
        from flowforge_provider.nodes.registry import get_registry

        registry = get_registry()
    issues = list(_size(len(graph.nodes), len(graph.edges), max_nodes))
    if issues:
        return issues
    subject = Subject(graph, registry, broken=broken)
    issues.extend(_settings(graph))
    issues.extend(check_structure(subject))
    for node_id, node in subject.nodes.items():
        node_type = subject.types[node_id]
        if node_type is None:
            continue
        found, templates = check_parameters(subject, node, node_type)
        issues.extend(found)
        for template in templates:
            issues.extend(check_references(subject, node, template))
    place = {node.id: index for index, node in enumerate(graph.nodes, start=1)}
    return sorted(issues, key=lambda issue: place.get(issue.node_id or "", 0))


def _size(nodes: int, edges: int, max_nodes: int) -> Iterator[Issue]:
    if nodes > max_nodes:
        yield Issue(
            code=codes.TOO_MANY_NODES,
            message=f"The workflow has {nodes:,} nodes; {max_nodes:,} are allowed. Split it up.",
            field="nodes",
        )
    most_edges = max_nodes * EDGES_PER_NODE
    if edges > most_edges:
        yield Issue(
            code=codes.TOO_MANY_EDGES,
            message=f"The workflow has {edges:,} edges; {most_edges:,} are allowed. Split it up.",
            field="edges",
        )


def _count(part: Any) -> int:
    return len(part) if isinstance(part, list) else 0


def _settings(graph: Graph) -> Iterator[Issue]:
    problem = check_timezone(graph.settings.timezone)
    if problem:
        yield Issue(
            code=codes.BAD_TIMEZONE,
            message=f"The workflow's settings: {problem}",
            field="settings.timezone",
        )
    nodes = {node.id for node in graph.nodes}
    for index, rule in enumerate(graph.settings.redact):
        field = f"settings.redact.{index}"
        try:
            parse_rule(rule)
        except ValueError as error:
            yield Issue(
                code=codes.BAD_REDACTION_RULE,
                message=f"The workflow's settings, redaction rule {index + 1}: {error}",
                field=field,
            )
            continue
        for step in steps_of_rule(rule):
            if step not in nodes:
                yield Issue(
                    code=codes.REDACTION_STEP_MISSING,
                    message=f"The workflow's settings, redaction rule {index + 1}: {rule!r} names the step "
                    f'"{step}", which is not there. Take the id of a node, or remove the rule.',
                    severity="warning",
                    field=field,
                )
