"""Read a graph document of any format, and write it in the present one."""

from __future__ import annotations

from itertools import islice
from typing import Any

from pydantic import ValidationError

from flowforge_provider.exceptions import GraphFormatError, GraphValidationError
from flowforge_provider.graph.json_values import find_faults
from flowforge_provider.graph.migrations import migrate
from flowforge_provider.graph.models import Graph
from flowforge_provider.graph.shape import shape_issue, shape_issues

# More of them help nobody, and a hostile document may hold millions.
_MOST_FAULTS = 100


def load_graph(data: Any) -> Graph:
    """
    Return the graph that a document describes. It is well-formed, but may still have semantic issues.

    :param data: the document as parsed JSON, of the present or an older format
    :raises GraphFormatError: it is no graph document, or of an unknown format
    :raises GraphValidationError: parts of it are missing or of the wrong shape; carries all issues
    """
    if isinstance(data, Graph):
        return data
    if not isinstance(data, dict):
        raise GraphFormatError(
            f"A graph document is a JSON object, not {_json_name(data)}. Export one to see how it looks."
        )
    document = migrate(data)
    faults = islice(find_faults(document), _MOST_FAULTS)
    issues = [shape_issue(path, advice, document) for path, advice in faults]
    try:
        graph = Graph.model_validate(document)
    except ValidationError as error:
        raise GraphValidationError([*issues, *shape_issues(error, document)]) from error
    if issues:
        raise GraphValidationError(issues)
    return graph


def dump_graph(graph: Graph) -> dict[str, Any]:
    """Return the whole document as JSON; ``load_graph`` makes the same graph of it."""
    return graph.model_dump(mode="json")


def _json_name(value: Any) -> str:
    names = {str: "a string", list: "a list", type(None): "null", bool: "a boolean", int: "a number"}
    return names.get(type(value), "a number" if isinstance(value, float) else type(value).__name__)
