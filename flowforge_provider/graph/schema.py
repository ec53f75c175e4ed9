"""The graph document as a JSON Schema, for editors and for programs that write graphs."""

from __future__ import annotations

from typing import Any

from flowforge_provider.graph.models import Graph

TITLE = "FlowForge graph, flowforge/v1"


def graph_json_schema() -> dict[str, Any]:
    """
    Return the JSON Schema (draft 2020-12) of the present format.

    The parameters of a node are an open object here, since they depend on the node type: the API's node types
    carry a schema each.
    """
    schema = Graph.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": TITLE}


def main() -> None:
    """Print the schema as it is kept in docs/graph.schema.json."""
    import json
    import sys

    sys.stdout.write(json.dumps(graph_json_schema(), indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
