from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from flowforge_provider.exceptions import (
    ExpressionError,
    ExpressionLimitError,
    ExpressionSyntaxError,
    ExpressionValueError,
)
from flowforge_provider.expressions import Limits, describe_language, render

DATA = {
    "trigger": {
        "type": "webhook",
        "body": {"id": 7, "quantity": 2, "city": None, "lines": [{"sku": "a"}, {"sku": "b"}]},
    },
    "steps": {"get": {"status": 200, "body": {"price": 9.5, "ok": True}}, "skipped": None},
    "run": {"id": "manual__1"},
    "workflow": {"id": "orders", "timezone": "Europe/Moscow"},
    "vars": {"rate": 1.2},
}
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("{{ trigger.body.id }}", 7),
        ("  {{ trigger.body.id }}\n", 7),
        ("{{ steps.get.body.ok }}", True),
        ("{{ trigger.body.city }}", None),
        ("{{ trigger.body.lines }}", [{"sku": "a"}, {"sku": "b"}]),
        ("{{ steps.get.body.price * trigger.body.quantity }}", 19.0),
        ("{{ {'total': 1, 'list': [1, 2]} }}", {"total": 1, "list": [1, 2]}),
    ],
)
def test_a_whole_expression_keeps_its_type(template: Any, result: Any) -> None:
    rendered = render(template, DATA)
    assert rendered == result
    assert type(rendered) is type(result)


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("id={{ trigger.body.id }}", "id=7"),
        ("{{ trigger.body.id }}{{ trigger.body.quantity }}", "72"),
        ("ok: {{ steps.get.body.ok }}, city: {{ trigger.body.city }}", "ok: true, city: null"),
        ("{{ trigger.body.lines }}!", '[{"sku": "a"}, {"sku": "b"}]!'),
        ("Ü {{ 'ё' }} ☃", "Ü ё ☃"),
        ("no expression { { } }", "no expression { { } }"),
        ("{{ '{{' }} and }}", "{{ and }}"),
        ("{{ {'a': {'b': 1}} }}.", '{"a": {"b": 1}}.'),
        ("""{{ "}}" ~ '\\'' }}!""", "}}'!"),
        ("100% {off} {{ 1 }}", "100% {off} 1"),
        ("{% unclosed {{ 1 }}", "{% unclosed 1"),
    ],
)
def test_inside_a_text_values_are_written_as_json(template: Any, result: Any) -> None:
    assert render(template, DATA) == result


def test_values_are_rendered_at_any_depth_and_others_stay() -> None:
    value: dict[str, Any] = {
        "a": ["{{ trigger.body.id }}", 1, None, True],
        "{{ run.id }}": {"b": "x{{ 1 }}"},
        "plain": "text",
    }
    assert render(value, DATA) == {"a": [7, 1, None, True], "manual__1": {"b": "x1"}, "plain": "text"}
    assert value["a"][0] == "{{ trigger.body.id }}"


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{{ trigger.body.qantity }}", 'trigger.body has no field "qantity". Did you mean "quantity"?'),
        ("{{ steps.get.body.x }}", 'It has "price", "ok".'),
        ("{{ stepz.get }}", 'The name "stepz" is not known. Did you mean steps?'),
        ("{{ trigger.body.lines.sku }}", "trigger.body.lines is a list, which has no field"),
        ("{{ trigger.body.lines[5].sku }}", "trigger.body.lines has 2 items, so there is no number 5"),
        ("{{ steps.skipped.body }}", 'steps.skipped is null, which has no field "body"'),
        ("{{ trigger.body.id + 'a' }}", '"+" works on numbers, not on a text. Join texts with ~'),
        ("{{ trigger.body.id > 'a' }}", "A number and a text have no order"),
        ("{{ 1 / 0 }}", "Division by zero"),
        ("{{ 'a' | int }}", '"a" is not a whole number. Give a default: | int(0).'),
        ("{{ [] | first }}", "the list is empty"),
        ("{{ now }}", "now is a function. Call it: now()."),
    ],
)
def test_an_error_names_the_expression_and_what_to_do(template: Any, told: Any) -> None:
    with pytest.raises(ExpressionValueError) as caught:
        render(template, DATA)
    assert told in str(caught.value)
    assert str(caught.value).startswith(template)
    assert caught.value.error_code == "expression-value"


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{{ a b }}", '"b" is not expected here'),
        ("{{ 1 | uper }}", 'There is no filter "uper". Did you mean upper?'),
        ("{{ 1 is evn }}", 'There is no test "evn". Did you mean even?'),
        ("{{ nw() }}", 'There is no function "nw". Did you mean now?'),
        ("{{ 'a' | replace('b') }}", "It is written replace(old, new, count=null)"),
        ("{{ 'a' | upper(x=1) }}", "It is written upper"),
        ("{{ trigger.body.keys() }}", "method call, which the language does not have"),
        ("{{ 1 if true }}", "A choice needs an else"),
        ("{{ }}", "The expression is empty"),
        ("{{ 1", "never closed"),
        ("{{ (1 }}", '"(" is never closed'),
        ("{{ 1) }}", '")" closes nothing'),
        ("{{ 'a }}", "never closed"),
        ("{% if x %}{{ 1 }}{% endif %}", "Statements ({% … %}) are not part of the language"),
        ("{{ 1 }}{# no #}", "Comments ({# … #}) are not part of the language"),
        ("{{ 1 ? 2 }}", "?"),
    ],
)
def test_a_syntax_error_says_what_to_write(template: Any, told: Any) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        render(template, DATA)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("{{ trigger.body.x | default('none') }}", "none"),
        ("{{ trigger.body.x.y.z | default('none') }}", "none"),
        ("{{ steps.nothing.body | default(0) }}", 0),
        ("{{ trigger.body.lines[9] | default(null) }}", None),
        ("{{ trigger.body.city | default('none') }}", None),
        ("{{ trigger.body.city | default('none', true) }}", "none"),
        ("{{ trigger.body.x is defined }}", False),
        ("{{ trigger.body.city is defined }}", True),
        ("{{ trigger.body.x is undefined }}", True),
        ("{{ trigger.body.x is not defined }}", True),
        ("{{ 'a' if trigger.body.x is defined else 'b' }}", "b"),
    ],
)
def test_only_default_and_defined_forgive_what_is_missing(template: Any, result: Any) -> None:
    assert render(template, DATA) == result
    with pytest.raises(ExpressionValueError):
        render("{{ trigger.body.x or 'none' }}", DATA)


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("{{ 7 // 2 }}", 3),
        ("{{ 7 % 2 }}", 1),
        ("{{ 2 ** 3 }}", 8),
        ("{{ -2 }}", -2),
        ("{{ +2 }}", 2),
        ("{{ 1 < 2 < 3 }}", True),
        ("{{ 1 == true }}", False),
        ("{{ 1 == 1.0 }}", True),
        ("{{ 'a' in 'abc' }}", True),
        ("{{ 'id' in trigger.body }}", True),
        ("{{ 3 not in [1, 2] }}", True),
        ("{{ not true }}", False),
        ("{{ true and 'x' }}", "x"),
        ("{{ '' or 'x' }}", "x"),
        ("{{ 'a' ~ 1 ~ null }}", "a1null"),
        ("{{ 'ab' * 2 }}", "abab"),
        ("{{ [1] + [2] }}", [1, 2]),
        ("{{ 'abc'[1:] }}", "bc"),
        ("{{ [1, 2, 3][-1] }}", 3),
        ("{{ [1, 2, 3][::2] }}", [1, 3]),
        ("{{ (1, 2) }}", [1, 2]),
        ("{{ trigger['body']['id'] }}", 7),
        ("{{ trigger.body.lines.0.sku }}", "a"),
        ("{{ none }}", None),
        ("{{ null }}", None),
        ("{{ 'x' if 0 else 'y' }}", "y"),
        ("{{ 1 if true else 1 / 0 }}", 1),
    ],
)
def test_operators(template: Any, result: Any) -> None:
    assert render(template, DATA) == result


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, entry["name"])
        for kind in ("filters", "tests", "functions")
        for entry in describe_language()[kind]
    ],
)
def test_every_documented_example_gives_its_result(kind: Any, name: Any) -> None:
    entry = next(entry for entry in describe_language()[kind] if entry["name"] == name)
    result = render(entry["example"], {}, now=NOON)
    assert result == entry["result"]
    assert type(result) is type(entry["result"])
    assert entry["doc"].endswith(".")


def test_now_is_in_the_time_zone_of_the_workflow() -> None:
    assert render("{{ now() }}", DATA, now=NOON) == "2026-03-01T15:00:00+03:00"
    assert render("{{ now('UTC') }}", DATA, now=NOON) == "2026-03-01T12:00:00+00:00"
    assert render("{{ today('Pacific/Kiritimati') }}", DATA, now=NOON) == "2026-03-02"


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("{{ '2026-03-01' | date_add(days=1) }}", "2026-03-02T00:00:00+03:00"),
        (
            "{{ '2026-03-28T12:00:00' | date_add(days=1, timezone='Europe/Berlin') }}",
            "2026-03-29T12:00:00+02:00",
        ),
        (
            "{{ '2026-03-28T12:00:00' | date_add(hours=24, timezone='Europe/Berlin') }}",
            "2026-03-29T13:00:00+02:00",
        ),
        ("{{ '2024-02-29' | date_add(years=1, timezone='UTC') }}", "2025-02-28T00:00:00+00:00"),
        ("{{ '2026-03-04T10:00:00+03:00' | start_of('week') }}", "2026-03-02T00:00:00+03:00"),
        ("{{ '2026-03-01T00:00:00Z' | date_diff('2026-02-28T23:59:59.5Z') }}", 0.5),
        ("{{ '2026-03-01T00:00:00Z' | timestamp }}", 1772323200),
        ("{{ '2026-03-01T09:30:00+0530' | to_timezone('UTC') }}", "2026-03-01T04:00:00+00:00"),
    ],
)
def test_dates(template: Any, result: Any) -> None:
    assert render(template, DATA) == result


@pytest.mark.parametrize(
    "text", ["2026-13-01", "2026-02-30", "01.03.2026", "", "2026-03-01T25:00", "٢٠٢٦-03-01", "9" * 500]
)
def test_what_is_no_date_is_told(text: Any) -> None:
    with pytest.raises(ExpressionValueError, match="date_format"):
        render("{{ vars.text | date_format }}", {"vars": {"text": text}})


def test_the_output_is_limited() -> None:
    with pytest.raises(ExpressionLimitError, match="larger than 10 characters"):
        render("{{ vars.text }}", {"vars": {"text": "x" * 50}}, limits=Limits(output_chars=10))


def test_the_nesting_of_a_result_is_limited() -> None:
    deep: list[Any] = []
    for _ in range(150):
        deep = [deep]
    with pytest.raises(ExpressionLimitError, match="nested more than 100 deep"):
        render("{{ vars.deep }}", {"vars": {"deep": deep}})
    with pytest.raises(ExpressionLimitError, match="nested more than 100 deep"):
        render(deep, {})


def test_every_error_is_an_expression_error() -> None:
    for template in (
        "{{ trigger.body.id['a'] }}",
        "{{ [1]['a'] }}",
        "{{ {}[[1]] }}",
        "{{ {1: 2} }}",
        "{{ 'a'[0:'b'] }}",
    ):
        with pytest.raises(ExpressionError):
            render(template, DATA)


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("{{ 2 ** 1000 | float | round | int > 0 }}", True),
        ("{{ (2 ** 1000) | format_number(2) | length }}", 405),
        ("{{ 0.5 | round }}", 1),
        ("{{ -0.5 | round }}", -1),
        ("{{ 1234567 | round(-3) }}", 1235000),
        ("{{ 1e300 | round(2) == 1e300 }}", True),
        ("{{ 1234.565 | format_number(2, ' ', ',') }}", "1 234,57"),
    ],
)
def test_large_and_small_numbers(template: str, result: Any) -> None:
    assert render(template, {}) == result


@pytest.mark.parametrize("template", ["{{ [1e308, 1e308] | sum }}", "{{ [1e308, 2 ** 1020 * 15.5] | avg }}"])
def test_a_sum_that_is_too_large_is_told(template: str) -> None:
    with pytest.raises(ExpressionError):
        render(template, {})


def test_a_long_text_of_few_lines_can_be_cut() -> None:
    text = "word " * 100 + "\n"
    data = {"vars": {"text": text * 2000}}
    assert len(render("{{ vars.text | lines }}", data)) == 2000
    assert render("{{ vars.text | split('\\n') | length }}", data) == 2001
    assert render("{{ vars.text | split | length }}", {"vars": {"text": text * 1000}}) == 100_000
    with pytest.raises(ExpressionLimitError, match="a list of"):
        render("{{ vars.text | split }}", {"vars": {"text": "a " * 300_000}})


def test_a_long_list_can_be_sorted() -> None:
    numbers = list(range(100_000, 0, -1))
    assert render("{{ vars.n | sort | first }}", {"vars": {"n": numbers}}, limits=Limits(time_s=20)) == 1


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ [true] == [1] }}", False),
        ("{{ {'a': [1, {'b': null}]} == {'a': [1.0, {'b': null}]} }}", True),
        ("{{ {'a': 1} == {'b': 1} }}", False),
        ("{{ [1, 2] == [1] }}", False),
        ("{{ [[1], true] is containing([true]) }}", False),
        ("{{ 1 == 1.0 and 1 != '1' and null == null }}", True),
        ("{{ [[1, 2], [3], 4] | flatten }}", [1, 2, 3, 4]),
    ],
)
def test_values_are_compared_as_json(template: str, expected: object) -> None:
    assert render(template, {}) == expected
