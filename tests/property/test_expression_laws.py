"""Whatever is written between braces, the answer is JSON or an error of the language."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flowforge_provider.exceptions import ExpressionError
from flowforge_provider.expressions import Limits, check, describe_language, references, render
from tests.property.strategies import characters, json_values, texts

relaxed = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=200)
LANGUAGE = describe_language()
LIMITS = Limits(time_s=2, output_chars=100_000, list_items=10_000)
DATA = {
    "trigger": {"body": {"a": 1, "b": [1, "x", None, {"c": 2.5}], "d": "2026-03-01", "items": {}, "": []}},
    "steps": {"one": {"x": [3, 2, 1]}, "two": None},
    "vars": {"text": "Ada", "number": -7, "flag": True},
}
paths = st.sampled_from(
    [
        *("trigger.body.b", "trigger.body", "trigger.body.d", "trigger.body['']", "trigger.body.nothing"),
        *("steps.one.x", "steps.one.x[-1]", "steps.two", "steps", "nothing"),
        *("vars.text", "vars.number", "vars.flag", "vars"),
    ]
)
literals = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    texts(max_size=10).map(lambda text: json.dumps(text, ensure_ascii=False).replace("\\u", "u")),
    st.sampled_from(
        [
            "true",
            "false",
            "null",
            "[]",
            "{}",
            "''",
            "'%Y'",
            "'a.b'",
            "'Europe/Moscow'",
            "10**300",
            "2**1020",
            "1e308",
        ]
    ),
)


def combine(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    names = {kind: [entry["name"] for entry in LANGUAGE[kind]] for kind in ("filters", "tests", "functions")}
    arguments = st.lists(inner, max_size=2).map(", ".join)
    named = st.sampled_from(["upper", "int", "even", "gt", "sort", "map", "join", "a", "0"]).map(repr)
    operators = st.sampled_from(
        [*"+-*/%~<>", "//", "**", "==", "!=", "<=", ">=", "and", "or", "in", "not in"]
    )
    return st.one_of(
        st.builds("({} {} {})".format, inner, operators, inner),
        st.builds("({} | {})".format, inner, st.sampled_from(names["filters"])),
        st.builds("({} | {}({}))".format, inner, st.sampled_from(names["filters"]), arguments),
        st.builds("({} | {}({}, {}))".format, inner, st.sampled_from(names["filters"]), named, inner),
        st.builds("({} is {})".format, inner, st.sampled_from(names["tests"])),
        st.builds("({} is {}({}))".format, inner, st.sampled_from(names["tests"]), inner),
        st.builds("{}({})".format, st.sampled_from(names["functions"]), arguments),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("{}[{}:{}]".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{'k': {}}}".format, inner),
        st.builds("(not {})".format, inner),
        st.builds("(-{})".format, inner),
    )


expressions = st.recursive(st.one_of(paths, literals), combine, max_leaves=8)


def answer(template: str, data: dict[str, Any]) -> Any:
    try:
        return render(template, data, limits=LIMITS)
    except ExpressionError:
        return None


@relaxed
@given(expressions)
def test_an_expression_yields_json_or_an_error_of_the_language(expression: str) -> None:
    before = json.dumps(DATA)
    result = answer(f"{{{{ {expression} }}}}", DATA)
    json.dumps(result, allow_nan=False)
    assert json.dumps(DATA) == before


@relaxed
@given(expressions)
def test_inside_a_text_it_yields_a_text(expression: str) -> None:
    result = answer(f"a {{{{ {expression} }}}}", DATA)
    assert result is None or isinstance(result, str)


@relaxed
@given(st.text(st.one_of(characters, st.sampled_from("{}%#|.()[]'\"_ \n1a")), max_size=60))
@example("{{ {{ }} }}")
@example("{{ '\\u0000' }}")
@example("{{ a\x00b }}")
@example("{{ 1_000 }}")
@example("{{ 0x_f }}")
@example("{{ 1e5000 }}")
@example("{{ . }}")
def test_any_text_can_be_checked_and_rendered(text: str) -> None:
    problems = check(text)
    references(text)
    result = answer(text, DATA)
    if problems:
        assert result is None
    for problem in problems:
        assert 0 <= problem.start <= problem.end <= len(text)


@relaxed
@given(json_values(max_leaves=20))
def test_values_without_expressions_stay_as_they_are(value: Any) -> None:
    assert render(value, {}) == value


@relaxed
@given(json_values(max_leaves=20))
def test_data_passes_through_unchanged(value: Any) -> None:
    assert render("{{ trigger }}", {"trigger": value}) == value
    assert json.loads(render("{{ trigger | tojson }}", {"trigger": value})) == value
