"""What a transform step hands on, told from its operations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.nodes.builtin.http import HttpRequest
from flowforge_provider.nodes.builtin.transform import Transform
from flowforge_provider.nodes.describe import describe
from flowforge_provider.transforms.pipeline import run_pipeline
from flowforge_provider.transforms.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS: list[Any] = [
    {"id": 1, "total": 5, "tags": ["a", "b"], "customer": {"city": "Riga"}},
    {"id": 2, "total": 7, "tags": [], "customer": {"city": "Oslo"}},
]
SET = {"operation": "set_fields", "fields": [{"name": "a.b", "value": "x"}, {"name": "n", "value": 1}]}
KEEP = {**SET, "keep_other_fields": True}
SUM = {"operation": "aggregate", "aggregates": [{"function": "count"}, {"function": "sum", "field": "total"}]}
CASES: dict[str, list[dict[str, Any]]] = {
    "set": [SET],
    "set, all": [KEEP],
    "set once": [{**SET, "each_item": False}],
    "rename": [{"operation": "rename_fields", "renames": [{"name": "customer.city", "value": "city"}]}],
    "remove": [{"operation": "remove_fields", "names": ["customer.city", "tags"]}],
    "keep": [{"operation": "keep_fields", "names": ["id", "customer.city"]}],
    "filter, sort, limit": [
        {"operation": "filter", "filter_by": "expression", "condition": "{{ row.total > 1 }}"},
        {"operation": "sort", "sort_by": [{"field": "total"}]},
        {"operation": "limit", "count": 1},
        {"operation": "deduplicate", "names": ["id"]},
    ],
    "figures": [SUM],
    "figures by group": [
        {
            **SUM,
            "group_by": ["customer.city"],
            "aggregates": [
                {"function": "list", "field": "id", "name": "ids"},
                {"function": "max", "field": "id"},
            ],
        }
    ],
    "split out": [{"operation": "split_out", "field": "tags"}],
    "split out, named": [
        {"operation": "split_out", "field": "tags", "target": "tag", "keep_other_fields": True}
    ],
    "collect": [{"operation": "collect", "field": "id", "target": "ids"}],
    "chunk": [{"operation": "chunk", "size": 1}],
    "text": [{"operation": "text", "template": "{{ row.id }}!"}],
    "text, in a field": [{"operation": "text", "template": "{{ row.id }}!", "target": "told"}],
    "file": [
        {"operation": "text", "template": "x", "each_item": False, "as_file": True, "filename": "a.txt"}
    ],
    "JSON": [{"operation": "format_json"}],
    "CSV": [{"operation": "remove_fields", "names": ["tags", "customer"]}, {"operation": "format_csv"}],
    "hash": [{"operation": "hash", "field": "customer.city", "target": "sum"}],
    "jq": [{"operation": "jq", "program": "."}],
}


def names(schema: Any) -> Any:
    """Return the names of fields in a schema, nested; a list with one entry for lists."""
    if schema.get("type") == "array":
        return [names(schema.get("items", {}))]
    return {name: names(item) for name, item in schema.get("properties", {}).items()}


def misfits(value: Any, schema: Any, path: str = "$") -> Iterator[str]:
    """Yield where a value has fields that the schema does not know, or is of another type."""
    from jsonschema import Draft202012Validator

    yield from (f"{path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(value))
    if isinstance(value, dict) and schema:
        known = schema.get("properties", {})
        yield from (f"{path}.{name} is not told" for name in value.keys() - known.keys())
        for name in value.keys() & known.keys():
            yield from misfits(value[name], known[name], f"{path}.{name}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from misfits(item, schema.get("items", {}), f"{path}[{index}]")


@pytest.mark.parametrize("case", CASES)
def test_a_schema_tells_what_the_operations_make(case: str) -> None:
    model = Transform.parameters.model_validate({"input": ROWS, "operations": CASES[case]})
    made = run_pipeline([one.model_dump(mode="json") for one in model.operations], ROWS, Work(data={}))
    schema = Transform.output_schema_for({"input": ROWS, "operations": CASES[case]})
    assert list(misfits(made, schema)) == []
    assert case == "jq" or schema


def test_the_names_of_figures_are_there() -> None:
    schema = Transform.output_schema_for({"operations": [SUM]})
    assert names(schema) == {"count": {}, "sum_total": {}}
    assert schema["properties"]["count"] == {"type": "integer"}


def test_an_unknown_input_may_be_a_list_or_not() -> None:
    one, several = Transform.output_schema_for({"operations": [KEEP]})["anyOf"]
    assert names(one) == {"a": {"b": {}}, "n": {}}
    assert names(several) == [names(one)]
    filtered = Transform.output_schema_for({"operations": [KEEP, {"operation": "limit"}]})
    assert filtered == several


def test_what_is_made_of_expressions_alone_is_no_list() -> None:
    assert names(Transform.output_schema_for({"operations": [SET]})) == {"a": {"b": {}}, "n": {}}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"operations": "x"},
        {"operations": [1, {"operation": 2}, {}]},
        {"operations": [{"operation": "set_fields", "fields": [{"name": "a["}, {}, 3]}]},
        {"operations": [{"operation": "set_fields", "fields": [{}]}]},
        {"operations": [{"operation": "aggregate", "aggregates": [None], "group_by": [1]}]},
        {"operations": [{"operation": "remove_fields", "names": 5}]},
        {"operations": [{"operation": "sort"}, {"operation": "nothing-like-it"}]},
    ],
)
def test_unfinished_parameters_tell_nothing_and_raise_nothing(parameters: Any) -> None:
    assert Transform.output_schema_for(parameters) == {}


def test_what_is_huge_is_not_worked_out() -> None:
    deep: Any = 1
    for _ in range(3000):
        deep = {"a": deep}
    wide = {str(number): 1 for number in range(100_000)}
    fields = [{"name": str(number), "value": 1} for number in range(100_000)]
    far = ".".join("a" * 5000)
    for parameters in (
        {"input": [deep], "operations": [{"operation": "limit"}]},
        {"input": [wide], "operations": [{"operation": "limit"}]},
        {"input": [], "operations": [{"operation": "set_fields", "fields": fields}]},
        {"operations": [{"operation": "chunk"}] * 1000},
        {"operations": [{"operation": "set_fields", "fields": [{"name": far, "value": 1}]}]},
        {"operations": [{"operation": "limit"}] * 100_000},
    ):
        # It can be told as JSON, and is not long.
        assert len(json.dumps(Transform.output_schema_for(parameters))) < 50_000


def test_other_types_keep_their_own() -> None:
    assert HttpRequest.output_schema_for({"url": "x"}) is HttpRequest.output_schema
    assert (describe(HttpRequest)["output_varies"], describe(Transform)["output_varies"]) == (False, True)
