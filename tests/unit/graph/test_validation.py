from __future__ import annotations

import time
from typing import Any

import pytest

from flowforge_provider.graph.models import Graph, Settings
from flowforge_provider.graph.validation import check_document, validate_graph
from flowforge_provider.nodes.registry import Registry
from tests.factories import make_document, make_edge, make_graph, make_node, make_set, make_trigger


def messages(graph: Any, **options: Any) -> Any:
    return [issue.message for issue in validate_graph(graph, **options)]


def test_a_valid_graph_has_no_issues() -> None:
    assert validate_graph(make_graph()) == []


def test_a_cycle_is_named_by_the_labels_of_its_nodes() -> None:
    nodes = [make_trigger(), make_set("a", x=1).model_copy(update={"name": "Load"}), make_set("b", x=1)]
    edges = [make_edge("start", "a"), make_edge("a", "b"), make_edge("b", "a")]
    (message,) = messages(make_graph(*nodes, edges=edges))
    assert message == "The steps run in a circle: Load -> b -> Load. Remove one of the edges between them."


def test_near_names_are_offered() -> None:
    nodes = [make_trigger(), make_set("get_product", x=1), make_set("b", x="{{ steps.get_prodct.x }}")]
    (message,) = messages(make_graph(*nodes))
    place = 'Node "b", operations.0.fields.0.value'
    assert message == f'{place}: There is no step "get_prodct". Did you mean get_product?'


def test_a_name_used_for_an_id_is_recognised() -> None:
    named = make_set("get", x=1).model_copy(update={"name": "Get product"})
    (message,) = messages(make_graph(make_trigger(), named, make_set("b", x="{{ steps['Get product'].x }}")))
    assert message.endswith("Did you mean get?")


def test_the_steps_that_can_be_used_are_listed() -> None:
    nodes = [make_trigger(), make_set("a", x=1), make_set("b", x="{{ steps.c.x }}"), make_set("c", x=1)]
    (message,) = messages(make_graph(*nodes))
    assert message.endswith("Connect it so that it comes before. Steps before this one: a.")


def test_a_step_on_another_branch_has_not_run() -> None:
    nodes = [
        make_trigger(),
        make_set("a", x=1),
        make_set("good", x=1),
        make_set("bad", x="{{ steps.good.x }}"),
    ]
    edges = [make_edge("start", "a"), make_edge("a", "good"), make_edge("a", "bad", "error")]
    (issue,) = validate_graph(make_graph(*nodes, edges=edges))
    assert issue.code == "step-not-before"


def test_issues_come_in_the_order_of_the_graph() -> None:
    nodes = [
        make_trigger(),
        make_set("a", x="{{ nope }}"),
        make_node("b", "nope"),
        make_set("c", x="{{ nope }}"),
    ]
    found = validate_graph(make_graph(*nodes, settings=Settings(timezone="Nope")))
    assert [issue.node_id for issue in found] == [None, "a", "b", "c"]


def test_the_reading_order_of_nodes_and_edges_changes_no_finding() -> None:
    nodes = [make_trigger(), make_set("a", x="{{ steps.b.x }}"), make_set("b", x=1)]
    edges = [make_edge("start", "a"), make_edge("a", "b")]
    one = validate_graph(make_graph(*nodes, edges=edges))
    other = validate_graph(make_graph(*reversed(nodes), edges=edges[::-1]))
    assert one == other


def test_what_an_unknown_type_leads_to_is_not_called_unreachable() -> None:
    nodes = [make_trigger(), make_node("mystery", "acme.trigger"), make_set("after", x=1)]
    found = validate_graph(make_graph(*nodes, edges=[make_edge("mystery", "after")]))
    assert [issue.code for issue in found] == ["unknown-node-type"]


def test_without_node_types_everything_is_unknown() -> None:
    found = validate_graph(make_graph(), registry=Registry())
    assert {issue.code for issue in found} == {"unknown-node-type"}


@pytest.mark.parametrize("limit", [1, 500])
def test_a_graph_over_the_limit_is_refused_at_once(limit: Any) -> None:
    nodes = [make_trigger(), *(make_node(f"n{number}", "nope") for number in range(limit))]
    (issue,) = validate_graph(make_graph(*nodes, edges=[]), max_nodes=limit)
    assert issue.code == "too-many-nodes"
    assert f"{limit:,} are allowed" in issue.message
    graph, found = check_document({"nodes": [0] * (limit + 1)}, max_nodes=limit)
    assert graph is None
    assert [issue.code for issue in found] == ["too-many-nodes"]


def test_too_many_edges_are_refused() -> None:
    edge = {"source": "start", "target": "total"}
    _, found = check_document(make_document(edges=[edge] * 21), max_nodes=2)
    assert [issue.code for issue in found] == ["too-many-edges"]


def test_the_largest_graph_is_checked_in_little_time() -> None:
    nodes = [make_trigger()]
    nodes += [make_set(f"n{number}", x=f"{{{{ steps.n{number - 1}.x }}}}") for number in range(1, 500)]
    nodes[1] = make_set("n1", x=1)
    graph = make_graph(*nodes)
    started = time.perf_counter()
    assert validate_graph(graph) == []
    # Some hundredths of a second on a quiet machine.
    assert time.perf_counter() - started < 3


def test_shape_and_meaning_are_told_together() -> None:
    document = make_document()
    document["nodes"][1]["typo"] = 1
    fields = [{"name": "a", "value": "{{ steps.nope }}"}]
    document["nodes"][1]["parameters"] = {"operations": [{"operation": "set_fields", "fields": fields}]}
    graph, found = check_document(document)
    assert graph is None
    assert [issue.code for issue in found] == ["graph-shape", "unknown-step"]


def test_what_was_left_out_for_its_shape_causes_no_other_issue() -> None:
    document = make_document()
    document["nodes"][1]["id"] = "Total!"
    document["edges"] = [{"source": "start", "target": "total"}]
    _, found = check_document(document)
    assert [issue.code for issue in found] == ["graph-shape", "unknown-node"]


def test_an_empty_document_is_an_empty_graph() -> None:
    graph, found = check_document({})
    assert graph == Graph()
    assert [issue.code for issue in found] == ["no-trigger"]


@pytest.mark.parametrize("name", ["steps.node_{:05d}", "vars.node_{:05d}"])
def test_thousands_of_wrong_names_are_told_in_little_time(name: str) -> None:
    text = "".join("{{" + name.format(number) + "}}" for number in range(5_000))
    steps = [make_set(f"node_x{number:04d}", a=1) for number in range(480)]
    graph = make_graph(
        make_trigger(),
        make_set("reads", a=text),
        *steps,
        settings=Settings(variables={f"node_y{number:04d}": 1 for number in range(1_000)}),
    )
    started = time.perf_counter()
    issues = validate_graph(graph)
    # Looking for near names for each of them took a minute.
    assert time.perf_counter() - started < 15
    assert len(issues) == 5_000
    assert "Did you mean" in issues[0].message


@pytest.mark.parametrize(
    ("settings", "field"),
    [({"tags": ["ok", "x" * 101]}, "settings.tags.1"), ({"timezone": "A" * 101}, "settings.timezone")],
)
def test_settings_that_airflow_or_the_database_cannot_hold_are_refused(settings: Any, field: str) -> None:
    graph, issues = check_document(make_document(settings=settings))
    assert graph is None
    assert field in [issue.field for issue in issues]


@pytest.mark.parametrize(
    ("first", "second", "conflict"),
    [
        (("form", {}), ("form", {}), True),
        (("form", {}), ("form", {"path": "other"}), False),
        (("webhook", {}), ("email.receive", {"source": "resend"}), True),
        (("webhook", {"methods": ["PUT"]}), ("email.receive", {"source": "resend"}), False),
        (("webhook", {}), ("email.receive", {"source": "imap"}), False),
        (("webhook", {}), ("form", {}), False),
    ],
)
def test_no_two_triggers_have_one_address(first: Any, second: Any, conflict: bool) -> None:
    nodes = [
        make_node(id_, type_, parameters=given)
        for id_, (type_, given) in zip("ab", (first, second), strict=True)
    ]
    issues = validate_graph(make_graph(*nodes, edges=[]), max_nodes=10)
    assert [issue.node_id for issue in issues if issue.code == "webhook-conflict"] == ["b"] * conflict
