"""The compiler: Graph -> DagPlan -> Python source. Pure and deterministic: same graph, same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowforge_provider.exceptions import GraphValidationError

if TYPE_CHECKING:
    from datetime import datetime

    from flowforge_provider.graph.models import Graph

__all__ = ["compile_graph"]


def compile_graph(graph: Graph, *, is_scheduled: bool = True, starts_at: datetime | None = None) -> str:
    """
    Return the source of the Dag file of a graph.

    :param graph: the document; the order of its nodes and edges has no influence on the result
    :param is_scheduled: whether its schedules are switched on
    :param starts_at: scheduled moments before this one are not made up for
    :raises GraphValidationError: the graph has errors; carries all issues
    :raises CompileError: a valid graph could not be turned into a Dag
    """
    from flowforge_provider.compiler.plan import build_plan
    from flowforge_provider.compiler.source import to_source
    from flowforge_provider.graph.validation import MAX_NODES, validate_graph

    # How large a workflow may be is a setting, and asked where workflows are published; the source is a
    # function of the graph alone.
    issues = validate_graph(graph, max_nodes=max(MAX_NODES, len(graph.nodes), len(graph.edges)))
    if any(issue.severity == "error" for issue in issues):
        raise GraphValidationError(issues)
    return to_source(build_plan(graph, is_scheduled=is_scheduled, starts_at=starts_at))
