"""Conditions, against an oracle that was written apart from them and knows only Python's own operators."""

# Each law takes both sides, whether the operator needs them or not.
# ruff: noqa: ARG005

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flowforge_provider.nodes.condition_check import holds
from flowforge_provider.nodes.conditions import Conditions

TEXTS = st.text(alphabet="abAB é1-", max_size=4)
NUMBERS = st.one_of(st.integers(-5, 5), st.sampled_from([0.5, -1.5, 2.0, 1e300]))
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
LISTS = st.lists(SCALARS, max_size=4)
OBJECTS = st.dictionaries(TEXTS, SCALARS, max_size=3)
DATES = st.datetimes(datetime(2020, 1, 1), datetime(2020, 1, 3)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0, minute=0, second=0, tzinfo=timezone.utc).isoformat()
)
PATTERNS = st.sampled_from(["a", "^a", "b$", "[ab]+", "^$", "a|B", "^(a|A){2}", r"\d", "."])


def same(left: Any, right: Any) -> bool:
    """JSON equality: a boolean is no number."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return set(left) == set(right) and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


# type -> operator -> (strategy of the right side, what Python says)
ORACLE: dict[str, tuple[Any, dict[str, tuple[Any, Any]]]] = {
    "text": (
        TEXTS,
        {
            "equals": (TEXTS, lambda a, b: a == b),
            "not_equals": (TEXTS, lambda a, b: a != b),
            "contains": (TEXTS, lambda a, b: b in a),
            "not_contains": (TEXTS, lambda a, b: b not in a),
            "starts_with": (TEXTS, lambda a, b: a[: len(b)] == b),
            "not_starts_with": (TEXTS, lambda a, b: a[: len(b)] != b),
            "ends_with": (TEXTS, lambda a, b: b == "" or a[-len(b) :] == b),
            "not_ends_with": (TEXTS, lambda a, b: not (b == "" or a[-len(b) :] == b)),
            "matches": (PATTERNS, lambda a, b: re.search(b, a) is not None),
            "not_matches": (PATTERNS, lambda a, b: re.search(b, a) is None),
            "in_list": (st.lists(TEXTS, max_size=3), lambda a, b: a in b),
            "not_in_list": (st.lists(TEXTS, max_size=3), lambda a, b: a not in b),
            "length_equals": (st.integers(0, 4), lambda a, b: len(a) == b),
            "length_greater": (st.integers(0, 4), lambda a, b: len(a) > b),
            "length_less": (st.integers(0, 4), lambda a, b: len(a) < b),
            "is_empty": (st.none(), lambda a, b: a == ""),
            "is_not_empty": (st.none(), lambda a, b: a != ""),
        },
    ),
    "number": (
        NUMBERS,
        {
            "equals": (NUMBERS, lambda a, b: a == b),
            "not_equals": (NUMBERS, lambda a, b: a != b),
            "greater": (NUMBERS, lambda a, b: a > b),
            "greater_or_equal": (NUMBERS, lambda a, b: a >= b),
            "less": (NUMBERS, lambda a, b: a < b),
            "less_or_equal": (NUMBERS, lambda a, b: a <= b),
            "in_list": (st.lists(NUMBERS, max_size=3), lambda a, b: a in b),
            "not_in_list": (st.lists(NUMBERS, max_size=3), lambda a, b: a not in b),
        },
    ),
    "date": (
        DATES,
        {
            "equals": (DATES, lambda a, b: moment(a) == moment(b)),
            "not_equals": (DATES, lambda a, b: moment(a) != moment(b)),
            "before": (DATES, lambda a, b: moment(a) < moment(b)),
            "not_after": (DATES, lambda a, b: moment(a) <= moment(b)),
            "after": (DATES, lambda a, b: moment(a) > moment(b)),
            "not_before": (DATES, lambda a, b: moment(a) >= moment(b)),
        },
    ),
    "boolean": (
        st.booleans(),
        {
            "equals": (st.booleans(), lambda a, b: a is b),
            "not_equals": (st.booleans(), lambda a, b: a is not b),
            "is_true": (st.none(), lambda a, b: a),
            "is_false": (st.none(), lambda a, b: not a),
        },
    ),
    "list": (
        LISTS,
        {
            "equals": (LISTS, same),
            "not_equals": (LISTS, lambda a, b: not same(a, b)),
            "contains": (SCALARS, lambda a, b: any(same(each, b) for each in a)),
            "not_contains": (SCALARS, lambda a, b: not any(same(each, b) for each in a)),
            "length_equals": (st.integers(0, 4), lambda a, b: len(a) == b),
            "length_greater": (st.integers(0, 4), lambda a, b: len(a) > b),
            "length_less": (st.integers(0, 4), lambda a, b: len(a) < b),
            "is_empty": (st.none(), lambda a, b: a == []),
            "is_not_empty": (st.none(), lambda a, b: a != []),
        },
    ),
    "object": (
        OBJECTS,
        {
            "equals": (OBJECTS, same),
            "not_equals": (OBJECTS, lambda a, b: not same(a, b)),
            "has_key": (TEXTS, lambda a, b: b in list(a)),
            "not_has_key": (TEXTS, lambda a, b: b not in list(a)),
            "length_equals": (st.integers(0, 3), lambda a, b: len(list(a)) == b),
        },
    ),
    "any": (
        st.one_of(SCALARS, LISTS, OBJECTS),
        {
            "equals": (st.one_of(SCALARS, LISTS), same),
            "not_equals": (st.one_of(SCALARS, LISTS), lambda a, b: not same(a, b)),
            "in_list": (LISTS, lambda a, b: any(same(a, each) for each in b)),
            "exists": (st.none(), lambda a, b: a is not None),
            "not_exists": (st.none(), lambda a, b: a is None),
            "is_empty": (st.none(), lambda a, b: a is None or a in ("", [], {})),
        },
    ),
}


@st.composite
def rows(draw: Any) -> tuple[dict[str, Any], bool]:
    """Return a condition and whether it holds."""
    type_ = draw(st.sampled_from(sorted(ORACLE)))
    lefts, operators = ORACLE[type_]
    operator = draw(st.sampled_from(sorted(operators)))
    rights, oracle = operators[operator]
    left, right = draw(lefts), draw(rights)
    return {"left": left, "type": type_, "operator": operator, "right": right}, bool(oracle(left, right))


@st.composite
def groups(draw: Any, depth: int = 3) -> tuple[dict[str, Any], bool]:
    """Return a group of conditions and groups, and whether it holds."""
    conditions = draw(st.lists(rows(), max_size=3))
    inner = draw(st.lists(groups(depth=depth - 1), max_size=2)) if depth else []
    match = draw(st.sampled_from(["all", "any"]))
    answers = [answer for _, answer in [*conditions, *inner]]
    group = {
        "match": match,
        "conditions": [condition for condition, _ in conditions],
        "groups": [each for each, _ in inner],
    }
    return group, all(answers) if match == "all" else any(answers)


@given(rows())
def test_a_condition_holds_as_python_says(row: tuple[dict[str, Any], bool]) -> None:
    condition, expected = row
    assert holds(Conditions.model_validate({"conditions": [condition]})) is expected


@given(rows())
def test_conversion_changes_nothing_where_the_types_are_right(row: tuple[dict[str, Any], bool]) -> None:
    condition, expected = row
    if condition["type"] != "any":
        assert holds(Conditions.model_validate({"conditions": [condition], "convert": True})) is expected


@given(groups())
def test_groups_hold_as_python_says(group: tuple[dict[str, Any], bool]) -> None:
    conditions, expected = group
    assert holds(Conditions.model_validate(conditions)) is expected


@given(TEXTS, TEXTS)
def test_case_is_ignored_as_casefold_does(left: str, right: str) -> None:
    row = {"left": left, "operator": "contains", "right": right, "ignore_case": True}
    assert holds(Conditions.model_validate({"conditions": [row]})) is (right.lower() in left.lower())
