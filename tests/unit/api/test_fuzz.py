"""Ask every route for nonsense: whatever comes in, the API answers in its own shapes and never with a 5xx."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import make_document
from tests.property.strategies import json_values, texts
from tests.support.front_door import open_front_door
from tests.support.routes import PREFIX, Operation, assert_problem, walk_operations

if TYPE_CHECKING:
    from tests.support.asgi import AsgiClient

pytestmark = pytest.mark.slow

# A failing health check is the answer, QStash has no keys here, and there is no database to ask.
_MAY_BE_UNWELL = ("get_health", "receive_qstash", "list_database_")
# People see these, so what is wrong is told on a page.
_PAGES = ("show_form", "send_form")


@cache
def _document() -> dict[str, Any]:
    from flowforge_provider.api.app import create_app, include_routes

    app = create_app(background=False)
    include_routes(app)
    return app.openapi()


def _operation_ids() -> list[str]:
    return [operation.description["operationId"] for operation in walk_operations(_document())]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "operation_id" in metafunc.fixturenames:
        metafunc.parametrize("operation_id", _operation_ids())


def _operation(operation_id: str) -> Operation:
    return next(
        item for item in walk_operations(_document()) if item.description["operationId"] == operation_id
    )


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = _document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def _values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that mostly fit a schema, and anything else now and then."""
    schema = _resolve(schema)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return st.one_of(*[_values(option) for option in schema[key]])
    fitting: st.SearchStrategy[Any]
    if "enum" in schema:
        fitting = st.sampled_from(schema["enum"])
    elif schema.get("type") == "object" and "properties" in schema:
        fields = {name: _values(field) for name, field in schema["properties"].items()}
        fitting = st.fixed_dictionaries({}, optional=fields)
    elif schema.get("type") == "integer":
        fitting = (
            st.integers(min_value=schema.get("minimum"), max_value=schema.get("maximum")) | st.integers()
        )
    elif schema.get("type") == "boolean":
        fitting = st.booleans()
    elif schema.get("type") == "string":
        fitting = texts()
    elif schema.get("type") == "object":
        fitting = st.just(make_document()) | st.dictionaries(texts(), json_values(), max_size=4)
    else:
        fitting = json_values()
    return st.one_of(fitting, fitting, fitting, json_values())


def _requests(operation: Operation) -> st.SearchStrategy[dict[str, Any]]:
    parameters = operation.description.get("parameters", [])
    # A path with a line break reaches no mounted app: Starlette answers it in the host.
    ids = st.sampled_from(["orders", "orders.manual__1", "1"]) | texts().filter(lambda text: "\n" not in text)
    path = {item["name"]: ids for item in parameters if item["in"] == "path"}
    query = {
        item["name"]: _values(item["schema"]).filter(lambda value: not isinstance(value, dict))
        for item in parameters
        if item["in"] == "query"
    }
    parts: dict[str, st.SearchStrategy[Any]] = {
        "path": st.fixed_dictionaries(path),
        "query": st.fixed_dictionaries({}, optional=query),
        "if_match": st.sampled_from(["*", '"1"', '"0"', 'W/"1"', "", '"' + "9" * 40 + '"']),
    }
    body = operation.description.get("requestBody")
    if body is not None:
        name, content = next(iter(body["content"].items()))
        parts["body" if name == "application/json" else "form"] = _values(content.get("schema", {}))
        parts["body"] = parts.get("body", st.nothing()) | json_values()
    return st.fixed_dictionaries(parts)


def test_nonsense_is_answered_properly(operation_id: str, admin: AsgiClient) -> None:
    operation = _operation(operation_id)
    made = admin.post("/flowforge/api/workflows", json={"name": "Orders", "graph": make_document()})
    assert made.status_code == 201
    admin.post("/flowforge/api/workflows/orders/publish", json={})

    with open_front_door():
        _ask(operation, operation_id, admin)


def _ask(operation: Operation, operation_id: str, admin: AsgiClient) -> None:
    # A stream of events ends at once, so that it can be waited for.
    streams = "text/event-stream" in operation.description["responses"].get("200", {}).get("content", {})

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(_requests(operation))
    def ask(request: dict[str, Any]) -> None:
        from urllib.parse import quote

        url = PREFIX + operation.path
        for name, value in request["path"].items():
            url = url.replace("{" + name + "}", quote(value, safe="") or "x")
        query = {
            name: [str(item) for item in value] if isinstance(value, list) else str(value)
            for name, value in request["query"].items()
        }
        if streams:
            query["max_s"] = "0"
        options: dict[str, Any] = {"params": query, "headers": {"If-Match": request["if_match"]}}
        if isinstance(request.get("form"), dict):
            options["data"] = {name: str(value) for name, value in request["form"].items()}
        elif "body" in request:
            options["json"] = request["body"]
        response = admin.request(operation.method, url, **options)
        where = f"{operation.method} {url} {request}: {response.status_code} {response.text[:500]}"
        assert response.status_code < 500 or operation_id.startswith(_MAY_BE_UNWELL), where
        if response.status_code >= 400 and operation_id.startswith(_PAGES):
            assert response.headers["content-type"].startswith("text/html"), where
        elif response.status_code >= 400 and not operation_id.startswith(_MAY_BE_UNWELL):
            assert_problem(response)

    ask()
