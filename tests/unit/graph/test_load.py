from __future__ import annotations

from typing import Any

import pytest

from flowforge_provider.exceptions import GraphFormatError, GraphValidationError
from flowforge_provider.graph.load import dump_graph, load_graph
from flowforge_provider.graph.migrations import migrate
from flowforge_provider.graph.models import FORMAT
from tests.factories import make_document, make_graph


def test_what_is_dumped_loads_again() -> None:
    graph = make_graph()
    assert load_graph(dump_graph(graph)) == graph
    assert load_graph(graph) is graph


@pytest.mark.parametrize(
    ("data", "named"),
    [([], "a list"), (None, "null"), ("x", "a string"), (1.5, "a number"), (True, "a boolean")],
)
def test_what_is_no_object_is_no_document(data: Any, named: Any) -> None:
    with pytest.raises(GraphFormatError, match=named):
        load_graph(data)


@pytest.mark.parametrize("name", ["flowforge/v2", "flowforge/v0", "", None, 1, ["flowforge/v1"]])
def test_an_unknown_format_is_refused(name: Any) -> None:
    with pytest.raises(GraphFormatError, match="this installation reads 'flowforge/v1'") as caught:
        load_graph(make_document(format=name))
    assert caught.value.error_code == "unknown-format"


def test_all_faults_of_shape_are_told_at_once_and_name_their_node() -> None:
    document = make_document(name="", extra=1)
    document["nodes"][1] |= {"timeout_s": -1, "typo": 1}
    document["edges"][0]["target"] = "Not An Id"
    with pytest.raises(GraphValidationError) as caught:
        load_graph(document)
    places = {(issue.node_id, issue.edge_id, issue.field) for issue in caught.value.issues}
    assert places == {
        (None, None, "name"),
        (None, None, "extra"),
        ("total", None, "timeout_s"),
        ("total", None, "typo"),
        (None, "start.success->Not An Id", "target"),
    }
    assert {issue.code for issue in caught.value.issues} == {"graph-shape"}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (float("nan"), "not a number that JSON has"),
        (float("inf"), "not a number that JSON has"),
        ("a\0b", "NUL"),
        ("\ud800", "lone surrogate"),
        ({"\0": 1}, "In the name of a field"),
        ({1: 2}, "is no text"),
        (object(), "a object, which JSON does not have"),
        (b"bytes", "a bytes, which JSON does not have"),
    ],
)
def test_what_cannot_be_saved_is_refused_where_it_stands(value: Any, told: Any) -> None:
    document = make_document()
    document["nodes"][0]["parameters"] = {"sample_payload": [value]}
    with pytest.raises(GraphValidationError) as caught:
        load_graph(document)
    (issue,) = caught.value.issues
    assert told in issue.message
    assert issue.node_id == "start"
    assert issue.field == "parameters.sample_payload.0"


def test_deep_nesting_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(500):
        deep = {"a": deep}
    with pytest.raises(GraphValidationError, match="1 error"):
        load_graph(make_document() | {"settings": {"variables": {"deep": deep}}})


def test_older_formats_go_through_every_step() -> Any:
    def from_v1(document: Any) -> Any:
        return {**document, "format": "test/v2", "label": document["title"]}

    def from_v2(document: Any) -> Any:
        rest = {key: value for key, value in document.items() if key not in {"title", "label"}}
        return {**rest, "format": FORMAT, "name": document["label"]}

    old = {"format": "test/v1", "title": "Orders", "id": "orders"}
    new = migrate(old, migrations={"test/v1": from_v1, "test/v2": from_v2})
    assert new == {"format": FORMAT, "name": "Orders", "id": "orders"}
    assert old == {"format": "test/v1", "title": "Orders", "id": "orders"}
    assert load_graph(new).name == "Orders"


def test_steps_that_go_in_a_circle_are_stopped() -> None:
    with pytest.raises(GraphFormatError):
        migrate({"format": "test/v1"}, migrations={"test/v1": dict})


def test_a_registered_migration_is_used(monkeypatch: Any) -> Any:
    from flowforge_provider.graph import migrations

    def upgrade(document: Any) -> Any:
        return {"format": FORMAT, "name": document["title"]}

    monkeypatch.setitem(migrations.MIGRATIONS, "test/v1", upgrade)
    assert load_graph({"format": "test/v1", "title": "Old"}).name == "Old"


def test_a_document_without_a_format_is_a_present_one() -> None:
    assert load_graph({}).format == FORMAT
