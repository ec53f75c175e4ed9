from __future__ import annotations

import time
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from flowforge_provider.exceptions import StepError
from flowforge_provider.expressions.limits import Budget, Limits
from flowforge_provider.graph import codes
from flowforge_provider.nodes.condition_check import holds
from flowforge_provider.nodes.condition_operators import OPERATORS, TYPES, OperatorId
from flowforge_provider.nodes.conditions import (
    MAX_GROUP_DEPTH,
    Condition,
    Conditions,
    FieldConditions,
    conditions_widget,
    find_gaps,
)
from flowforge_provider.nodes.describe import parameters_schema
from flowforge_provider.nodes.parameters import inspect_parameters, render_parameters
from flowforge_provider.nodes.spec import Parameters

DATA = {
    "trigger": {
        "body": {
            "total": 120,
            "price": "9.5",
            "status": "Paid",
            "nothing": None,
            "when": "2026-03-01T09:00:00+03:00",
            "tags": ["a", "B", 3],
            "customer": {"city": "Kazan"},
            "ok": True,
        }
    }
}


class Holder(Parameters):
    conditions: Conditions


def ask(*rows: Any, **settings: Any) -> bool:
    """Tell whether rows of (left, type, operator, right) hold, with expressions filled in from DATA."""
    conditions = [dict(zip(("left", "type", "operator", "right"), row, strict=False)) for row in rows]
    return answer({"conditions": conditions, **settings})


def answer(conditions: Any, *, data: Any = DATA) -> bool:
    rendered = render_parameters(Holder, {"conditions": conditions}, data)
    return holds(rendered.conditions)


@pytest.mark.parametrize(
    ("left", "type_", "operator", "right", "expected"),
    [
        ("{{ trigger.body.total }}", "number", "greater", 100, True),
        ("{{ trigger.body.total }}", "number", "greater", 120, False),
        ("{{ trigger.body.total }}", "number", "greater_or_equal", "120", True),
        ("{{ trigger.body.total }}", "number", "in_list", ["7", 120.0], True),
        ("{{ trigger.body.total }}", "number", "not_in_list", [7], True),
        ("{{ trigger.body.status }}", "text", "equals", "paid", False),
        ("{{ trigger.body.status }}", "text", "starts_with", "Pa", True),
        ("{{ trigger.body.status }}", "text", "not_ends_with", "id", False),
        ("{{ trigger.body.status }}", "text", "matches", "^P.*d$", True),
        ("{{ trigger.body.status }}", "text", "not_matches", "^p", True),
        ("{{ trigger.body.status }}", "text", "length_equals", 4, True),
        ("{{ trigger.body.when }}", "date", "before", "2026-03-01T06:00:01Z", True),
        ("{{ trigger.body.when }}", "date", "equals", "2026-03-01T06:00:00Z", True),
        ("{{ trigger.body.when }}", "date", "not_before", "2026-03-01T06:00:00Z", True),
        ("{{ trigger.body.tags }}", "list", "contains", 3, True),
        ("{{ trigger.body.tags }}", "list", "not_contains", "b", True),
        ("{{ trigger.body.tags }}", "list", "length_less", 3, False),
        ("{{ trigger.body.customer }}", "object", "has_key", "city", True),
        ("{{ trigger.body.customer }}", "object", "equals", {"city": "Kazan"}, True),
        ("{{ trigger.body.ok }}", "boolean", "is_true", None, True),
        ("{{ trigger.body.ok }}", "boolean", "equals", "true", True),
        ("{{ trigger.body.nothing }}", "any", "equals", None, True),
        ("{{ trigger.body.nothing }}", "any", "exists", None, False),
        ("{{ trigger.body.missing.deeper }}", "any", "not_exists", None, True),
        ("{{ trigger.body.missing }}", "text", "is_empty", None, True),
        ("{{ trigger.body.ok }}", "any", "equals", 1, False),
    ],
)
def test_operators(left: Any, type_: Any, operator: Any, right: Any, expected: Any) -> None:
    assert ask((left, type_, operator, right)) is expected


def test_every_operator_has_words_in_both_languages_and_the_form_gets_them() -> None:
    assert set(OPERATORS) == set(get_args(OperatorId))
    told = conditions_widget(label_ru="Условия", help_ru="Условия.")["x-conditions"]
    assert {item["id"] for item in told["operators"]} == set(OPERATORS)
    assert all(item["label"] and item["label_ru"] for item in [*told["operators"], *told["types"]])
    assert [item["id"] for item in told["types"]] == list(TYPES)


def test_case_is_ignored_where_the_row_says_so() -> None:
    row = {"left": "{{ trigger.body.status }}", "operator": "equals", "right": "pAID"}
    assert not answer({"conditions": [row]})
    assert answer({"conditions": [{**row, "ignore_case": True}]})
    assert answer({"conditions": [{**row, "operator": "matches", "right": "^paid$", "ignore_case": True}]})


def test_groups_are_nested() -> None:
    def row(right: int) -> dict[str, Any]:
        return {"left": "{{ trigger.body.total }}", "type": "number", "operator": "equals", "right": right}

    inner = {"match": "any", "conditions": [row(1)], "groups": [{"conditions": [row(120), row(120)]}]}
    assert answer({"conditions": [row(120)], "groups": [inner]})
    inner["groups"][0]["conditions"].append(row(2))  # type: ignore[index]
    assert not answer({"conditions": [row(120)], "groups": [inner]})
    assert answer(
        {"match": "any", "conditions": [row(1)], "groups": [{"match": "all", "conditions": [row(120)]}]}
    )


def test_groups_have_a_depth() -> None:
    group: dict[str, Any] = {"conditions": []}
    for _ in range(MAX_GROUP_DEPTH):
        group = {"groups": [group]}
    with pytest.raises(ValidationError, match="nested more than"):
        Conditions.model_validate({"groups": [group]})
    Conditions.model_validate(group)


def test_a_question_whether_a_value_exists_protects_the_next_one() -> None:
    missing = ("{{ trigger.body.missing }}", "number", "greater", 1)
    assert not ask(("{{ trigger.body.missing }}", "any", "exists"), missing)
    assert ask(("{{ trigger.body.missing }}", "any", "not_exists"), missing, match="any")
    with pytest.raises(
        StepError, match=r'Condition 1: .*has no field "missing".*Ask whether it exists first'
    ):
        ask(missing)


def test_an_operation_that_fails_is_not_a_value_that_is_missing() -> None:
    with pytest.raises(StepError) as error:
        ask(("{{ trigger.body.status + 1 }}", "any", "exists"))
    assert error.value.error_code == "condition-value"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("{{ trigger.body.price }}", "number", "less", 10), "a number is needed, and the value is a text"),
        (("{{ trigger.body.nothing }}", "text", "equals", "a"), "the value is null"),
        (("{{ trigger.body.status }}", "date", "before", "2026-01-01"), '"Paid" is not a date'),
        (("{{ trigger.body.total }}", "number", "less", "{{ trigger.body.price }}"), "the value is a text"),
        (("{{ trigger.body.ok }}", "number", "less", 2), "the value is a boolean"),
    ],
)
def test_a_value_of_another_type_is_an_error(row: Any, told: str) -> None:
    with pytest.raises(StepError, match=told) as error:
        ask(row)
    assert not error.value.retryable
    assert error.value.error_code in {"condition-type", "condition-value"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("{{ trigger.body.price }}", "number", "less", 10), True),
        (("{{ trigger.body.total }}", "text", "starts_with", "12"), True),
        (("{{ trigger.body.nothing }}", "text", "equals", "a"), False),
        (("{{ trigger.body.nothing }}", "text", "not_equals", "a"), True),
        (("{{ trigger.body.missing }}", "list", "contains", "a"), False),
        (("{{ trigger.body.missing }}", "any", "equals", None), True),
        (("{{ trigger.body.total }}", "any", "equals", "120"), True),
        (("{{ trigger.body.total }}", "date", "before", "1970-01-01T00:03:00Z"), True),
        (("yes", "boolean", "is_true"), True),
        (("{{ trigger.body.status }}", "list", "contains", "Paid"), True),
    ],
)
def test_types_are_converted_where_the_conditions_say_so(row: Any, expected: bool) -> None:
    assert ask(row, convert=True) is expected


def test_what_cannot_be_converted_is_an_error_all_the_same() -> None:
    with pytest.raises(StepError, match='"Paid" cannot be read as a number'):
        ask(("{{ trigger.body.status }}", "number", "less", 1), convert=True)


def test_dates_without_an_offset_are_in_the_time_zone_of_the_workflow() -> None:
    conditions = Conditions.model_validate(
        {"conditions": [{"left": "2026-03-01T09:00", "type": "date", "right": "2026-03-01T06:00:00Z"}]}
    )
    assert holds(conditions, timezone="Europe/Moscow")
    assert not holds(conditions, timezone="UTC")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("{{ trigger.body.total > 100 }}", True), ("{{ trigger.body.status == 'x' }}", False)],
)
def test_one_expression_instead(expression: str, expected: bool) -> None:
    assert answer({"mode": "expression", "expression": expression}) is expected


def test_the_expression_must_yield_true_or_false() -> None:
    with pytest.raises(StepError, match="must yield true or false"):
        answer({"mode": "expression", "expression": "{{ trigger.body.total }}"})
    assert answer({"mode": "expression", "expression": "{{ 'no' }}", "convert": True}) is False


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"type": "number", "operator": "starts_with", "right": "a"}, "wrong-parameter"),
        ({"type": "number", "operator": "less", "right": "many"}, "wrong-parameter"),
        ({"type": "number", "operator": "less"}, "missing-parameter"),
        ({"type": "date", "operator": "before", "right": "tomorrow"}, "wrong-parameter"),
        ({"type": "text", "operator": "in_list", "right": "a"}, "wrong-parameter"),
        ({"type": "text", "operator": "matches", "right": "(?=a)"}, "bad-pattern"),
        ({"type": "text", "operator": "matches", "right": "("}, "bad-pattern"),
        ({"type": "text", "operator": "matches", "right": "(a{0,99}){0,99}{0,99}"}, "bad-pattern"),
        ({"type": "text", "operator": "length_less", "right": "long"}, "wrong-parameter"),
    ],
)
def test_what_is_typed_is_checked_before_a_run(row: Any, code: str) -> None:
    _, errors = inspect_parameters(Holder, {"conditions": {"conditions": [{"left": "a", **row}]}})
    assert [error["type"] for error in errors] == [code]
    assert code in codes.ALL_CODES
    assert errors[0]["loc"][:3] == ("conditions", "conditions", 0)


def test_templates_are_found_at_their_places() -> None:
    row = {"left": "{{ a }}", "right": ["{{ b }}"], "operator": "in_list"}
    templates, errors = inspect_parameters(
        Holder, {"conditions": {"conditions": [row], "groups": [{"conditions": [row]}]}}
    )
    assert errors == []
    assert [template.path for template in templates] == [
        "conditions.conditions.0.right.0",
        "conditions.conditions.0.left",
        "conditions.groups.0.conditions.0.right.0",
        "conditions.groups.0.conditions.0.left",
    ]


@pytest.mark.parametrize("pattern", ["(a+)+$", "^(a|aa)+$", "(.*?,){1000}P", r"^(\w+\s?)*$"])
def test_no_pattern_takes_for_ever(pattern: str) -> None:
    conditions = Conditions.model_validate(
        {"conditions": [{"left": "a" * 100_000 + "!", "operator": "matches", "right": pattern}]}
    )
    start = time.monotonic()
    assert not holds(conditions)
    assert time.monotonic() - start < 1


def test_a_text_may_be_too_long_for_a_pattern() -> None:
    conditions = Conditions.model_validate(
        {"conditions": [{"left": "a" * 1_000_001, "operator": "matches", "right": "b"}]}
    )
    with pytest.raises(StepError, match="too long for a pattern"):
        holds(conditions)


def test_conditions_on_the_fields_of_items() -> None:
    conditions = FieldConditions.model_validate(
        {
            "conditions": [{"field": "customer.city", "operator": "equals", "right": "Kazan"}],
            "groups": [
                {"conditions": [{"field": "lines.0.price", "type": "number", "operator": "less", "right": 5}]}
            ],
        }
    )
    assert holds(conditions, item={"customer": {"city": "Kazan"}, "lines": [{"price": 4}]})
    assert not holds(conditions, item={"customer": {"city": "Kazan"}, "lines": [{"price": 6}]})
    with pytest.raises(StepError, match=r'item\.customer has no field "city"'):
        holds(conditions, item={"customer": {"town": "Kazan"}})
    whole = FieldConditions.model_validate(
        {"conditions": [{"type": "number", "operator": "less", "right": 5}]}
    )
    assert holds(whole, item=4)


def test_many_items_share_a_budget() -> None:
    conditions = FieldConditions.model_validate(
        {"conditions": [{"field": "a", "operator": "equals", "right": "x"}]}
    )
    budget = Budget(Limits(time_s=0.05))

    def look_at_many() -> None:
        for _ in range(10_000_000):
            holds(conditions, item={"a": "y"}, budget=budget)

    with pytest.raises(StepError, match="took longer"):
        look_at_many()


@pytest.mark.parametrize(
    ("value", "gaps"),
    [
        ({}, [""]),
        ({"mode": "expression"}, ["expression"]),
        ({"mode": "expression", "expression": "true"}, ["expression"]),
        ({"conditions": [{"operator": "exists"}]}, ["conditions.0.left"]),
        ({"conditions": [{"left": 0, "operator": "exists"}], "groups": [{}]}, ["groups.0"]),
        ({"conditions": 1}, []),
    ],
)
def test_gaps(value: Any, gaps: list[str]) -> None:
    assert [path for path, _ in find_gaps(Conditions, value)] == gaps


def test_what_is_recorded_shows_why_a_value_is_not_there() -> None:
    rendered = render_parameters(
        Holder,
        {"conditions": {"conditions": [{"left": "{{ trigger.body.no }}", "operator": "exists"}]}},
        DATA,
    )
    recorded = rendered.model_dump(mode="json")["conditions"]["conditions"][0]
    assert 'has no field "no"' in recorded["left"]["unavailable"]
    assert Condition.model_validate({"left": 1, "type": "any"}).model_dump(mode="json")["left"] == 1


def test_the_schema_holds_the_groups_by_reference() -> None:
    schema = parameters_schema(Holder)
    assert "$defs" in schema
