from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from flowforge_provider.api.export_openapi import TARGET, render_openapi
from tests.support.routes import Operation, walk_operations


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    from flowforge_provider.api.app import create_app, include_routes

    app = create_app(background=False)
    include_routes(app)
    return app.openapi()


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> list[Operation]:
    return list(walk_operations(document))


def test_the_editors_copy_is_the_present_document() -> None:
    assert TARGET.read_text(encoding="utf-8") == render_openapi(), "The API has changed. Run `make codegen`."


def test_operations_are_documented(operations: list[Operation]) -> None:
    ids = [item.description["operationId"] for item in operations]
    assert len(ids) == len(set(ids))
    for item in operations:
        assert item.description["summary"], item
        assert item.description.get("description"), f"{item.method} {item.path} has no docstring"
        assert len(item.description["tags"]) == 1, item
        assert not item.description["operationId"].endswith(item.method.lower()), item


def test_failures_have_the_one_shape(operations: list[Operation]) -> None:
    for item in operations:
        for status, response in item.description["responses"].items():
            if status >= "400" and "/health" not in item.path:
                kinds = {"application/problem+json"} | ({"text/html"} if "/forms/" in item.path else set())
                assert set(response["content"]) <= kinds, (item, status)
                assert "application/problem+json" in response["content"], (item, status)
        if item.permission != "public":
            assert {"401", "403"} <= set(item.description["responses"]), item


def test_the_shape_of_failures_stands_there_once(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for status, response in operation["responses"].items():
                if status >= "400" and "/health" not in path and "/forms/" not in path:
                    # Each keeps its own text beside the reference.
                    assert set(response) == {"$ref", "description"}, (method, path, status)


def test_every_field_is_described(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        assert schema.get("description"), f"schema {name} has no docstring"
        for field, definition in schema.get("properties", {}).items():
            assert definition.get("description") or "$ref" in definition, f"{name}.{field}"


def test_bodies_have_examples(document: dict[str, Any], operations: list[Operation]) -> None:
    for item in operations:
        body = item.description.get("requestBody")
        if body is not None:
            for content in body["content"].values():
                schema = content["schema"]
                reference = next(
                    (option["$ref"] for option in [schema, *schema.get("anyOf", [])] if "$ref" in option),
                    None,
                )
                resolved = document["components"]["schemas"][reference.rsplit("/", 1)[1]] if reference else {}
                fields = resolved.get("properties", {}).values()
                assert (
                    "example" in content
                    or resolved.get("examples")
                    or all(field.get("examples") for field in fields)
                ), f"{item.method} {item.path}"


def _examples(schema: dict[str, Any], document: dict[str, Any]) -> list[Any]:
    for option in [schema, *schema.get("anyOf", [])]:
        if "$ref" in option:
            found: list[Any] = document["components"]["schemas"][option["$ref"].rsplit("/", 1)[1]].get(
                "examples", []
            )
            return found
    return []


def test_every_answer_has_an_example(document: dict[str, Any], operations: list[Operation]) -> None:
    for item in operations:
        for status, response in item.description["responses"].items():
            for media_type, content in response.get("content", {}).items():
                if status < "300":
                    shown = "example" in content or _examples(content["schema"], document)
                    assert shown, f"{item.method} {item.path} {status} {media_type}"


def test_examples_fit_their_schemas(document: dict[str, Any], operations: list[Operation]) -> None:
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        for example in schema.get("examples", []):
            _check(example, {"$ref": f"#/components/schemas/{name}"}, document)
    for item in operations:
        for response in item.description["responses"].values():
            for content in response.get("content", {}).values():
                if "example" in content:
                    _check(content["example"], content["schema"], document)


def _check(example: Any, schema: dict[str, Any], document: dict[str, Any]) -> None:
    Draft202012Validator({**schema, "components": document["components"]}).validate(example)


def test_failures_that_all_routes_share_are_named(operations: list[Operation]) -> None:
    for item in operations:
        statuses = set(item.description["responses"])
        if item.permission != "public":
            assert "503" in statuses, item
        if "requestBody" in item.description:
            assert {"400", "413", "415"} <= statuses, item


def _unbounded(schema: dict[str, Any], where: str, *, document: dict[str, Any], seen: set[str]) -> list[str]:
    """Return where a schema takes integers of any size."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name in seen:
            return []
        seen.add(name)
        schema, where = document["components"]["schemas"][name], name
    found = []
    if schema.get("type") == "integer" and not {"maximum", "exclusiveMaximum"} & set(schema):
        found.append(where)
    inner = {f"{where}.{name}": part for name, part in schema.get("properties", {}).items()}
    for key in ("anyOf", "oneOf", "allOf"):
        inner.update({f"{where}|{index}": part for index, part in enumerate(schema.get(key, []))})
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            inner[f"{where}[]"] = schema[key]
    for place, part in inner.items():
        found += _unbounded(part, place, document=document, seen=seen)
    return found


def test_every_integer_that_comes_in_has_a_bound(
    document: dict[str, Any], operations: list[Operation]
) -> None:
    found: list[str] = []
    seen: set[str] = set()
    for item in operations:
        for parameter in item.description.get("parameters", []):
            where = f"{item.method} {item.path} ?{parameter['name']}"
            found += _unbounded(parameter["schema"], where, document=document, seen=seen)
        for content in item.description.get("requestBody", {}).get("content", {}).values():
            where = f"{item.method} {item.path}"
            found += _unbounded(content.get("schema", {}), where, document=document, seen=seen)
    assert not found, "A database answers with an error to a number that it cannot hold. Set `le`."
