"""Laws of forms that are made from a JSON Schema."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flowforge_provider.nodes.payload import check_schema, find_faults, inputs_of
from flowforge_provider.nodes.payload.reading import read_form
from flowforge_provider.nodes.payload.texts import format_value

_NAMES = st.text("abcXYZ_-. ю\"'<&", min_size=1, max_size=8)
_WORDS = st.text("abc яß😀\"'<&-1", max_size=12)
_PLAIN = st.one_of(st.text("abc def", min_size=1, max_size=6), st.integers(-99, 99))


@st.composite
def _parts(draw: st.DrawFn) -> tuple[dict[str, Any], st.SearchStrategy[Any]]:  # noqa: PLR0911 - a kind each
    """Return a schema of one value, and a strategy of what it accepts."""
    kind = draw(st.sampled_from(["text", "integer", "number", "boolean", "enum", "many", "date", "json"]))
    if kind == "text":
        least, most = draw(st.integers(0, 3)), draw(st.integers(3, 12))
        # White space alone counts as nothing typed.
        texts = _WORDS.filter(lambda text: least <= len(text) <= most and (text == "" or text.strip()))
        return {"type": "string", "minLength": least, "maxLength": most}, texts
    if kind in ("integer", "number"):
        low = draw(st.integers(-50, 50))
        numbers = (
            st.integers(low, low + 100)
            if kind == "integer"
            else st.floats(low, low + 100, allow_nan=False, allow_infinity=False)
        )
        return {"type": kind, "minimum": low, "maximum": low + 100}, numbers
    if kind == "boolean":
        return {"type": ["boolean", "null"]}, st.booleans()
    if kind in ("enum", "many"):
        values = draw(st.lists(_PLAIN, min_size=1, max_size=5, unique_by=str))
        if kind == "enum":
            return {"enum": values}, st.sampled_from(values)
        return {"type": "array", "items": {"enum": values}, "uniqueItems": True}, st.lists(
            st.sampled_from(values), unique=True
        )
    if kind == "date":
        return {"type": "string", "format": "date"}, st.dates().map(lambda day: day.isoformat())
    json_values = st.lists(st.one_of(st.none(), st.booleans(), st.integers(-9, 9), _WORDS), max_size=3)
    return {"type": "array"}, json_values


@st.composite
def _schemas(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a schema of an object, and a payload that it accepts."""
    names = draw(st.lists(_NAMES, min_size=1, max_size=5, unique=True))
    parts = {name: draw(_parts()) for name in names}
    required = draw(st.lists(st.sampled_from(names), unique=True))
    schema = {
        "type": "object",
        "properties": {name: part for name, (part, _) in parts.items()},
        "required": required,
        "additionalProperties": False,
    }
    present = [name for name in names if name in required or draw(st.booleans())]
    return schema, {name: draw(parts[name][1]) for name in present}


@given(_schemas())
def test_a_form_takes_what_its_schema_accepts(case: tuple[dict[str, Any], dict[str, Any]]) -> None:
    schema, payload = case
    assert check_schema(schema) is None
    assert find_faults(payload, schema) == []
    inputs = inputs_of(schema) or []
    assert [item.name for item in inputs] == list(schema["properties"])
    texts = {
        item.name: format_value(item.type, payload[item.name]) for item in inputs if item.name in payload
    }
    filled = read_form(inputs, texts, schema=schema)
    assert list(filled.faults) == []
    for name, value in payload.items():
        left_empty = value in ("", [])
        assert filled.payload.get(name, value if left_empty else None) == value
    assert find_faults(filled.payload, schema) == []


_TYPED = st.dictionaries(_NAMES, st.lists(st.one_of(_WORDS, st.just("1"), st.just("true")), max_size=3))


@given(_schemas(), _TYPED)
def test_a_form_takes_nothing_that_its_schema_refuses(
    case: tuple[dict[str, Any], dict[str, Any]], typed: dict[str, list[str]]
) -> None:
    schema, _ = case
    inputs = inputs_of(schema) or []
    filled = read_form(inputs, {**{name: ["x"] for name in schema["properties"]}, **typed}, schema=schema)
    assert bool(filled.faults) or find_faults(filled.payload, schema) == []
