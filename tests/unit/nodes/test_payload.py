from __future__ import annotations

from typing import Any

import pytest

from flowforge_provider.nodes.builtin.form import FormTrigger
from flowforge_provider.nodes.builtin.manual import ManualTrigger
from flowforge_provider.nodes.payload import PayloadField, check_schema, find_faults, inputs_of, to_schema
from flowforge_provider.nodes.payload.inputs import Choice
from flowforge_provider.nodes.payload.messages import _TEXTS, choose_language, fault_text
from flowforge_provider.nodes.payload.patterns import check_pattern, fits
from flowforge_provider.nodes.payload.reading import read_form
from flowforge_provider.nodes.payload.texts import TextError, format_value, parse_text


@pytest.mark.parametrize(
    ("field", "default", "kind"),
    [
        ({"type": "text", "default": "a"}, "a", "text"),
        ({"type": "long_text"}, None, "long_text"),
        ({"type": "number", "default": "2,5", "minimum": 1.0}, 2.5, "number"),
        ({"type": "integer", "default": "7"}, 7, "integer"),
        ({"type": "boolean", "default": "да"}, True, "boolean"),
        ({"type": "select", "options": ["a", "b"], "default": "b"}, "b", "select"),
        ({"type": "multi_select", "options": ["a", "b"], "default": "a, b"}, ["a", "b"], "multi_select"),
        ({"type": "date", "default": "2026-03-01"}, "2026-03-01", "date"),
        ({"type": "datetime", "default": "2026-03-01T10:00"}, "2026-03-01T10:00:00+00:00", "datetime"),
        ({"type": "email"}, None, "email"),
        ({"type": "url"}, None, "url"),
        ({"type": "file"}, None, "file"),
        ({"type": "files"}, None, "files"),
        ({"type": "json", "default": '{"a": [1]}'}, {"a": [1]}, "json"),
    ],
)
def test_a_list_of_fields_is_a_schema_and_the_schema_those_fields(
    field: dict[str, Any], default: Any, kind: str
) -> None:
    given = PayloadField(name="x", label="Label", help="Hint", required=True, **field)
    schema = to_schema([given])
    assert check_schema(schema) is None
    (item,) = inputs_of(schema) or []
    assert (item.name, item.label, item.help, item.type) == ("x", "Label", "Hint", kind)
    assert item.default == default
    assert item.required
    assert not item.may_be_empty or kind == "json"


def test_a_schema_may_refer_to_its_own_parts() -> None:
    schema = {
        "$defs": {"size": {"oneOf": [{"const": 1, "title": "Small"}, {"const": 2, "title": "Large"}]}},
        "properties": {
            "size": {"$ref": "#/$defs/size", "title": "Size"},
            "when": {"type": ["string", "null"], "format": "date"},
            "nested": {"type": "object", "properties": {"a": {"type": "string"}}},
            "many": {"type": "array", "items": {"enum": [1, 2]}},
        },
        "required": ["size", "unnamed"],
    }
    assert check_schema(schema) is None
    found = {item.name: item for item in inputs_of(schema) or []}
    assert {name: item.type for name, item in found.items()} == {
        "size": "select",
        "when": "date",
        "nested": "json",
        "many": "multi_select",
        "unnamed": "json",
    }
    assert found["size"].choices == [Choice(1, "Small"), Choice(2, "Large")]
    filled = read_form(
        list(found.values()), {"size": ["2"], "many": ["1"], "unnamed": ["null"]}, schema=schema
    )
    assert (filled.payload, list(filled.faults)) == ({"size": 2, "many": [1], "unnamed": None}, [])


@pytest.mark.parametrize("schema", [{"type": "array"}, {"type": "object"}, {"anyOf": [{}]}, {}])
def test_other_schemas_have_no_fields(schema: dict[str, Any]) -> None:
    assert inputs_of(schema) is None


@pytest.mark.parametrize(
    ("schema", "part"),
    [
        (7, "is an object"),
        ({"type": "text"}, "at type"),
        ({"$ref": "https://example.com/schema"}, "not in it"),
        ({"properties": {"a": {"$ref": "#/$defs/a"}}}, "not in it"),
        ({"$ref": "#"}, "without end"),
        ({"properties": {"a": {"pattern": "(a+)+$"}}}, "repeated itself"),
        ({"patternProperties": {"(": {}}}, "is not a 'regex'"),
        ({"description": "x" * 70_000}, "bytes"),
    ],
)
def test_what_a_schema_must_not_be(schema: Any, part: str) -> None:
    assert part in (check_schema(schema) or "")


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a*)*b",
        "((ab)*c)*",
        "(a|b*)+",
        "(?:x{1,100})+",
        "a" * 501,
        "(a|a)*$",
        "^(ab|a|b)*$",
        r"(\w|10)*-",
    ],
)
def test_patterns_that_could_take_for_ever(pattern: str) -> None:
    assert check_pattern(pattern) is not None


@pytest.mark.parametrize(
    "pattern", [r"^\d{3}-\d{4}$", r"^[^@\s]+@[\w.]+$", r"(ab){1,3}c*", r"^(a|b)+$", "(foo|bar)*", "^(ab|a)?$"]
)
def test_patterns_that_do_no_harm(pattern: str) -> None:
    assert check_pattern(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "text", "result"),
    [
        # Python's own engine takes days for the first one.
        (r"^\w*\d*\w*\d*\w*\d*\w*$", "1" * 900 + "!", False),
        (r"^\w+$", "имя_1", True),
        (r"^[\w-]+$", "имя-1", True),
        (r"^\W$", "ы", False),
        (r"^[^\W\d]+$", "имя", True),
        (r"^\d{2}$", "٣٤", True),
        (r"b+", "abc", True),
        (r"^(?=.*\d).{3,}$", "ab1", True),
        (r"^(a)\1$", "aa", True),
        (r"^(?i:a)$", "A", True),
        (r"^[a[]$", "[", True),
        (r"^a{,2}$", "aa", True),
        (r"^[]a]+$", "]a", True),
        (r"\\d", "\\d", True),
        (r"^a$", "\ud800", False),
    ],
)
def test_what_fits_a_pattern(pattern: str, text: str, result: bool) -> None:
    assert fits(pattern, text) is result


def test_all_faults_are_told_in_the_order_of_the_fields() -> None:
    schema = to_schema(
        [
            PayloadField(name="email", type="email", required=True),
            PayloadField(name="n", type="integer", minimum=2),
            PayloadField(name="name", required=True),
        ]
    )
    found = find_faults({"extra": 1, "n": 1, "email": "x"}, schema)
    assert [(fault.place, fault.code) for fault in found] == [
        ("email", "payload-format"),
        ("n", "payload-range"),
        ("name", "payload-missing"),
        ("extra", "payload-unknown"),
    ]
    assert [fault_text(fault) for fault in found] == [
        "Enter an email address, for example ann@example.com.",
        "Enter 2 or more.",
        "Fill this in.",
        "There is no such field.",
    ]
    assert fault_text(found[1], "ru") == "Введите не меньше 2."


def test_items_are_compared_without_comparing_each_with_all() -> None:
    schema = {"items": {"type": "object"}, "uniqueItems": True}
    assert find_faults([{"id": number} for number in range(50_000)], schema) == []
    for same in ([{"a": 1, "b": [2]}, {"b": [2.0], "a": 1}], [{}, {"a": 1}, {}]):
        assert [fault.keyword for fault in find_faults(same, schema)] == ["uniqueItems"]
    assert find_faults([1, True, "1", None, 0, False], {"uniqueItems": True}) == []


def test_a_long_text_is_not_matched_with_a_pattern() -> None:
    schema = {"properties": {"a": {"pattern": "^x*x*x*$"}}}
    assert find_faults({"a": "x" * 1000}, schema) == []
    assert [fault.code for fault in find_faults({"a": "x" * 1001}, schema)] == ["payload-format"]


def test_a_choice_may_be_white_space() -> None:
    schema = {"properties": {"between": {"enum": [" ", ","]}}, "required": ["between"]}
    filled = read_form(inputs_of(schema) or [], {"between": [" "]}, schema=schema)
    assert (filled.payload, filled.faults) == ({"between": " "}, [])
    assert read_form(inputs_of(schema) or [], {"between": [""]}, schema=schema).faults


def test_a_box_that_must_be_ticked() -> None:
    schema = {"properties": {"agreed": {"type": "boolean", "const": True}}, "required": ["agreed"]}
    inputs = inputs_of(schema) or []
    (fault,) = read_form(inputs, {}, schema=schema).faults
    assert fault_text(fault) == "This has to be agreed to."
    assert read_form(inputs, {"agreed": ["true"]}, schema=schema).faults == []
    optional = {"properties": schema["properties"]}
    filled = read_form(inputs_of(optional) or [], {}, schema=optional)
    assert (filled.payload, filled.faults) == ({}, [])


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("number", " 1 ", 1),
        ("number", "-2,5", -2.5),
        ("number", "1e3", 1000.0),
        ("integer", "5.0", 5),
        ("long_text", "a\r\nb", "a\nb"),
        ("datetime", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        ("datetime", "2026-07-01T10:00", "2026-07-01T10:00:00+02:00"),
        ("boolean", "", False),
        ("json", "[1]", [1]),
    ],
)
def test_what_is_typed(kind: str, text: str, value: Any) -> None:
    found = parse_text(kind, [text], timezone_name="Europe/Berlin")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "1.2.3"),
        ("number", "nan"),
        ("number", "1e999"),
        ("number", "9" * 101),
        ("integer", "1.5"),
        ("boolean", "maybe"),
        ("date", "2026-02-30"),
        ("datetime", "soon"),
        ("json", "{"),
        ("json", "[" * 100_000),
        ("select", "a"),
    ],
)
def test_what_cannot_be_read(kind: str, text: str) -> None:
    with pytest.raises(TextError):
        parse_text(kind, [text])


def test_a_moment_is_shown_in_the_workflows_time_zone() -> None:
    shown = format_value("datetime", "2026-07-01T08:00:00+00:00", timezone_name="Europe/Berlin")
    assert shown == ["2026-07-01T10:00:00"]
    assert format_value("datetime", "nonsense") == ["nonsense"]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ru", "ru"),
        ("de, ru;q=0.3", "ru"),
        ("en-GB, ru;q=0.9", "en"),
        ("ru;q=x", "en"),
        ("ru;q=0", "en"),
        ("fr", "en"),
    ],
)
def test_the_language_of_a_browser(header: str, language: str) -> None:
    assert choose_language(header) == language


def test_every_message_is_there_in_both_languages() -> None:
    for english, russian in _TEXTS.values():
        assert english.isascii()
        assert any("а" <= letter <= "я" for letter in russian)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ([{"name": "a"}, {"name": "a"}], "fields.1.name"),
        ([{"name": "a", "type": "select"}], "fields.0.options"),
        ([{"name": "a", "type": "number", "minimum": 2, "maximum": 1}], "fields.0.maximum"),
        ([{"name": "a", "type": "number", "default": "x"}], "fields.0.default"),
        ([{"name": "a", "type": "number", "default": "1", "minimum": 2}], "fields.0.default"),
        ([{"name": "a", "type": "multi_select", "options": ["x"], "default": "x, y"}], "fields.0.default"),
        ([], "fields"),
        ([{"name": "a", "type": "number", "default": "3", "minimum": 2, "maximum": 3}], None),
    ],
)
def test_the_checks_of_fields(fields: list[Any], field: str | None) -> None:
    problems = list(FormTrigger.check({"title": "x", "fields": fields}, upstream=[]))
    assert [problem.field for problem in problems] == ([field] if field else [])
    assert list(ManualTrigger.check({"fields": fields}, upstream=[])) == []
    manual = list(ManualTrigger.check({"payload_input": "fields", "fields": fields}, upstream=[]))
    assert manual == problems


def test_the_checks_of_a_schema() -> None:
    (empty,) = ManualTrigger.check({"payload_input": "schema"}, upstream=[])
    assert (empty.code, empty.field) == ("missing-parameter", "payload_schema")
    (wrong,) = ManualTrigger.check({"payload_input": "schema", "payload_schema": {"type": 1}}, upstream=[])
    assert (wrong.code, wrong.field) == ("bad-json-schema", "payload_schema")


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"authentication": "basic"}, "connection_id"),
        ({"after_submit": "redirect"}, "redirect_url"),
        ({"embedding": "sites"}, "embedding_sites"),
    ],
)
def test_what_a_page_needs_besides(parameters: dict[str, Any], field: str) -> None:
    (problem,) = FormTrigger.check({"fields": [{"name": "a"}], **parameters}, upstream=[])
    assert problem.field == field


@pytest.mark.parametrize(
    "parameters",
    [
        {"redirect_url": "http://example.com"},
        {"redirect_url": "https://a b"},
        {"redirect_url": "javascript:alert(1)"},
        {"accent": "red;}"},
        {"path": "a//b"},
        {"embedding_sites": ["https://a.example; script-src *"]},
        {"title": " "},
    ],
)
def test_what_a_page_must_not_be_given(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        FormTrigger.parameters.model_validate({"title": "x", **parameters})
