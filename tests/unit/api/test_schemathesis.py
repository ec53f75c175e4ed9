"""
Schemathesis over the whole OpenAPI: no 500, and each answer is as the document says.

It makes requests from the document alone, those that fit and those that do not, with a fixed seed. A few for
each operation here; many more in the slow run.
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.factories import make_document
from tests.support.asgi import AsgiClient
from tests.support.front_door import open_front_door, publish_graph, set_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anyio.from_thread import BlockingPortal
    from fastapi import FastAPI

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def _document() -> dict[str, Any]:
    from flowforge_provider.api.app import create_app, include_routes

    app = create_app(background=False)
    include_routes(app)
    return app.openapi()


DOCUMENT = _document()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
MODES: Any = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
OPERATIONS = {
    operation["operationId"]: (method.upper(), path)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in {"get", "post", "put", "patch", "delete"}
}


@pytest.fixture
def prepared(admin: AsgiClient, host: FastAPI, portal: BlockingPortal) -> Iterator[AsgiClient]:
    """An API with a workflow, its run and its webhook."""
    set_token()
    with open_front_door():
        admin.post("/flowforge/api/workflows", json={"name": "Invoices", "graph": make_document()})
        publish_graph()
        # The API alone: a path with a line break would be answered by the host.
        flowforge = host.routes[-1].app  # type: ignore[attr-defined]
        yield AsgiClient(flowforge, portal=portal, headers=dict(admin.headers))


def test_answers_are_as_the_document_says(prepared: AsgiClient) -> None:
    for operation_id in OPERATIONS:
        _ask(operation_id, prepared, examples=3)


@pytest.mark.slow
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_many_answers_are_as_the_document_says(operation_id: str, prepared: AsgiClient) -> None:
    _ask(operation_id, prepared, examples=200)


def _ask(operation_id: str, client: AsgiClient, *, examples: int) -> None:
    method, path = OPERATIONS[operation_id]
    operation = SCHEMA[path][method]
    for mode in MODES:

        @seed(20240229)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case[Any]) -> None:
            request = case.as_transport_kwargs(base_url="http://testserver")
            response = client.request(**_for_httpx(request))
            # 502 and 503 may be the truth about a database or a service; they must be in the document.
            assert response.status_code != 500, response.text
            # Files are sent as a stream, which has to be read before it can be shown.
            response.request.read()
            case.validate_response(response, checks=CHECKS)

        # Where nothing can be wrong about a request, there is no wrong one.
        with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():
            ask()


def _for_httpx(request: dict[str, Any]) -> dict[str, Any]:
    """Return what was made for one HTTP client as another one takes it."""
    request = {name: value for name, value in request.items() if value is not None}
    cookies = request.pop("cookies", None) or {}
    headers = {str(name): str(value) for name, value in (request.pop("headers", None) or {}).items()}
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    body = request.pop("data", None)
    if isinstance(body, (str, bytes)):
        request["content"] = body
    elif body is not None:
        request["data"] = body
    if request.get("files"):
        request["files"] = [(name, _as_file(value)) for name, value in request["files"]]
    return {**request, "headers": headers}


def _as_file(value: Any) -> Any:
    """Return a part of a form; one that is no text is sent as its text."""
    if isinstance(value, tuple):
        name, content, *rest = value
        return (name, content if isinstance(content, (str, bytes)) else str(content), *rest)
    return value if isinstance(value, (str, bytes)) else (None, str(value))
