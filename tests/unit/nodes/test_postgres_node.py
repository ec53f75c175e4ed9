"""What the PostgreSQL node makes of its parameters."""

from __future__ import annotations

import pytest

from flowforge_provider.graph.models import Edge, Graph, Node
from flowforge_provider.graph.validation import validate_graph


@pytest.mark.parametrize(("operation", "codes"), [("query", ["expression-in-sql"]), ("insert", [])])
def test_sql_of_an_operation_that_was_chosen_before_does_not_count(operation: str, codes: list[str]) -> None:
    parameters = {
        "connection_id": "db",
        "operation": operation,
        "sql": "SELECT '{{ trigger.body.x }}'",
        "table": "t",
        "row": [{"name": "a", "value": 1}],
    }
    node = Node(id="q", type="postgres.query", parameters=parameters)
    graph = Graph(nodes=[Node(id="start", type="manual"), node], edges=[Edge(source="start", target="q")])
    assert [issue.code for issue in validate_graph(graph) if issue.severity == "error"] == codes
