"""Rules are JSONPaths over an execution as it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from flowforge_provider.graph.models import Graph, Settings
from flowforge_provider.graph.validation import validate_graph
from flowforge_provider.redaction.rules import find_places, parse_rule, steps_of_rule
from tests.factories import make_edge, make_graph, make_set, make_trigger

DOCUMENT: dict[str, Any] = {
    "trigger": {
        "body": {"card": {"number": "4111"}, "people": [{"ssn": 1}, {"ssn": 2}]},
        "headers": {"a": "b"},
    }
}


@pytest.mark.parametrize(
    ("rule", "places"),
    [
        ("$.trigger.body.card.number", [("trigger", "body", "card", "number")]),
        ("$.trigger.body.people[*].ssn", [("trigger", "body", "people", n, "ssn") for n in (0, 1)]),
        ("$..ssn", [("trigger", "body", "people", n, "ssn") for n in (0, 1)]),
        ("$.trigger.body.people[?@.ssn == 2].ssn", [("trigger", "body", "people", 1, "ssn")]),
        ("$.trigger.body.nothing", []),
        # What lies higher counts for all that is below.
        ("$.trigger", [("trigger", "body"), ("trigger", "headers")]),
    ],
)
def test_a_rule_finds_its_places(rule: str, places: list[Any]) -> None:
    assert sorted(find_places([rule], DOCUMENT, below=2)) == sorted(places)


def test_of_places_inside_each_other_the_outer_one_counts() -> None:
    assert find_places(["$..number", "$.trigger.body.card"], DOCUMENT, below=2) == [
        ("trigger", "body", "card")
    ]


def test_a_document_that_is_too_deep_to_look_through_is_hidden_altogether() -> None:
    deep: Any = "secret"
    for _ in range(180):
        deep = {"x": deep}

    assert find_places(["$..ssn"], {"trigger": {"body": deep}}, below=2) == [("trigger", "body")]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("trigger.body", "no JSONPath"),
        ("$.trigger.body[", "no JSONPath"),
        ("$", "must begin with"),
        ("$.body.card", "must begin with"),
        ("$.steps.pay.result", "input, output, error, or item"),
        ("$.trigger.body[?match(@.a, '(a+)+')]", "match()"),
        ("   ", "empty"),
    ],
)
def test_what_is_no_rule_is_told_with_an_example(rule: str, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_rule(rule)

    assert told in str(caught.value)


def test_a_rule_tells_which_step_it_names() -> None:
    assert steps_of_rule("$.steps.pay.output") == steps_of_rule("$['steps']['pay']..x") == ["pay"]
    assert steps_of_rule("$.steps.*.output") == steps_of_rule("$..pay") == []


def with_rules(*rules: str) -> Graph:
    return make_graph(
        make_trigger(),
        make_set("pay", total=1),
        edges=[make_edge("start", "pay")],
        settings=Settings(redact=list(rules)),
    )


def test_the_settings_check_their_rules() -> None:
    issues = validate_graph(with_rules("$.trigger.body.card", "$.body", "$.steps.gone.output"))

    found = [(issue.code, issue.severity, issue.field) for issue in issues]
    assert found == [
        ("bad-redaction-rule", "error", "settings.redact.1"),
        ("redaction-step-missing", "warning", "settings.redact.2"),
    ]
    assert "redaction rule 2" in issues[0].message
    assert "$.trigger.body.card.number" in issues[0].message


def test_a_workflow_without_rules_is_written_as_ever() -> None:
    assert "redact" not in with_rules().model_dump(mode="json")["settings"]
    assert with_rules("$..a").model_dump(mode="json")["settings"]["redact"] == ["$..a"]
