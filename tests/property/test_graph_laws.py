from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings

from flowforge_provider.graph.load import dump_graph, load_graph
from flowforge_provider.graph.validation import check_document, validate_graph
from tests.property.strategies import documents, json_values, valid_graphs

relaxed = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)


@relaxed
@given(documents())
def test_saving_and_loading_changes_nothing(graph: Any) -> None:
    saved = json.dumps(dump_graph(graph))
    assert load_graph(json.loads(saved)) == graph
    assert dump_graph(load_graph(json.loads(saved))) == dump_graph(graph)


@relaxed
@given(documents())
def test_validation_never_raises_and_agrees_with_the_check_of_the_document(graph: Any) -> None:
    loaded, issues = check_document(dump_graph(graph))
    assert loaded == graph
    assert issues == validate_graph(graph)


@relaxed
@given(json_values(max_leaves=20))
def test_no_document_makes_the_check_raise(data: Any) -> None:
    graph, issues = check_document(data)
    assert issues
    assert graph is None or graph.nodes == []


@relaxed
@given(valid_graphs())
def test_the_strategy_for_valid_graphs_keeps_its_word(graph: Any) -> None:
    assert [issue for issue in validate_graph(graph) if issue.severity == "error"] == []
