from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.nodes.describe import default_parameters, describe
from flowforge_provider.nodes.registry import get_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPES = get_registry().all()


def walk_fields(schema: Any) -> Any:
    """Yield (path, schema) of every property, also inside lists of objects."""
    for name, field in schema.get("properties", {}).items():
        yield name, field
        for below, inner in walk_fields(field.get("items", {})):
            yield f"{name}.{below}", inner


@pytest.mark.parametrize("node_type", TYPES, ids=lambda item: item.type)
def test_a_description_is_plain_json(node_type: Any) -> None:
    description = describe(node_type)
    assert json.loads(json.dumps(description)) == description
    schema = description["parameters_schema"]
    assert {name.removeprefix("#/$defs/") for name in find_refs(schema)} <= schema.get("$defs", {}).keys()


def find_refs(schema: Any) -> Iterator[str]:
    """Yield the references in a schema; only models that hold themselves leave some."""
    for key, value in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if key == "$ref":
            yield value
        elif isinstance(value, (dict, list)):
            yield from find_refs(value)


@pytest.mark.parametrize("node_type", TYPES, ids=lambda item: item.type)
def test_every_field_is_labelled_in_both_languages(node_type: Any) -> None:
    fields = list(walk_fields(describe(node_type)["parameters_schema"]))
    assert fields
    for path, field in fields:
        assert field.get("title"), path
        assert field.get("description"), path
        assert field.get("x-label-ru"), path
        if "." not in path:
            assert field.get("x-help-ru"), path
            assert isinstance(field.get("x-order"), int), path


@pytest.mark.parametrize("node_type", TYPES, ids=lambda item: item.type)
def test_every_type_is_told_in_both_languages(node_type: Any) -> None:
    description = describe(node_type)
    for name in ("title", "title_ru", "summary", "summary_ru", "help", "group", "icon", "keywords"):
        assert description[name], name


def test_a_field_that_takes_expressions_says_so() -> None:
    properties = describe(get_registry().get("http.request"))["parameters_schema"]["properties"]
    assert properties["read_timeout_s"]["x-expression"] is True
    assert properties["read_timeout_s"]["type"] == "number"
    assert properties["headers"]["items"]["properties"]["value"]["x-expression"] is True
    assert "x-expression" not in properties["method"]


def test_defaults_leave_out_required_fields() -> None:
    defaults = default_parameters(get_registry().get("postgres.query").parameters)
    assert "connection_id" not in defaults
    assert (defaults["row"], defaults["statement_timeout_s"], defaults["row_limit"]) == ([], 60, 1000)


@pytest.mark.parametrize("node_type", TYPES, ids=lambda item: item.type)
def test_a_subtitle_names_parameters(node_type: Any) -> None:
    names = re.findall(r"\{(\w+)\}", node_type.subtitle)
    assert set(names) <= set(node_type.parameters.model_fields)
