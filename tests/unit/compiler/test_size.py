from __future__ import annotations

from flowforge_provider.compiler import compile_graph
from flowforge_provider.graph.validation import MAX_NODES
from tests.factories import make_edge, make_graph, make_set, make_trigger


def test_a_graph_over_the_default_limit_compiles_where_the_setting_allows_it() -> None:
    steps = [make_set(f"n{number}", x=1) for number in range(MAX_NODES + 1)]
    edges = [make_edge("start", step.id) for step in steps]
    assert compile_graph(make_graph(make_trigger(), *steps, edges=edges)).count("TransformOperator(") == len(
        steps
    )
