"""The OpenAPI document: tags, the problem shape and the error responses that every route shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from flowforge_provider.api.datamodels.problem import Problem
from flowforge_provider.api.errors import PROBLEM_MEDIA_TYPE
from flowforge_provider.api.security import Requires, public, signed_in

if TYPE_CHECKING:
    from fastapi import FastAPI

# The type of FastAPI's ``responses`` argument.
Responses: TypeAlias = dict[int | str, dict[str, Any]]

TAGS: list[dict[str, str]] = [
    {"name": "workflows", "description": "Draw, check, save, publish and restore workflows."},
    {"name": "executions", "description": "Start runs and read what happened in each step."},
    {"name": "queue", "description": "What waits and why; pause, drain, let through, failed for good."},
    {"name": "storage", "description": "How much room everything takes, and how long it is kept."},
    {"name": "webhooks", "description": "The public front door and the deliveries that it took in."},
    {"name": "alerts", "description": "Who is told what about failures and other events, and what was sent."},
    {"name": "node types", "description": "What can be placed on the canvas."},
    {"name": "expressions", "description": "Try expressions on sample data."},
    {
        "name": "connections",
        "description": "Airflow connections and what their databases hold, for pickers; never their secrets.",
    },
    {"name": "session", "description": "Who is signed in, and whether the installation is healthy."},
]

_OPERATION_KEYS = ("get", "post", "put", "patch", "delete")
_PROBLEM = {"$ref": "#/components/responses/Problem"}
_PROBLEM_CONTENT = {"schema": {"$ref": "#/components/schemas/Problem"}}


def add_documentation(app: FastAPI) -> None:
    """Make ``app.openapi()`` give the finished document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _build(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=TAGS,
        separate_input_output_schemas=app.separate_input_output_schemas,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    definition = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    schemas.update(definition.pop("$defs", {}))
    schemas["Problem"] = definition
    document["components"]["responses"] = {
        "Problem": {
            "description": "What went wrong.",
            "content": {PROBLEM_MEDIA_TYPE: _PROBLEM_CONTENT},
        }
    }
    # FastAPI describes its own shape of validation errors, which this API never sends.
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    for schema in schemas.values():
        for example in schema.get("examples", ()):
            _restore_nulls(example, schema, schemas)
    for path in document["paths"].values():
        for method in _OPERATION_KEYS:
            if method in path:
                _use_problem_shape(path[method])
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods:
                document["paths"][route.path_format][method.lower()]["x-permission"] = permission_of(route)
    return document


def permission_of(route: APIRoute) -> str:
    """
    Return what a route needs: an action, ``signed-in`` for any user, or ``public``.

    :raises LookupError: the route names nothing
    """
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        if isinstance(dependant.call, Requires):
            return dependant.call.action
        if dependant.call in {signed_in, public}:
            return "signed-in" if dependant.call is signed_in else "public"
        waiting.extend(dependant.dependencies)
    raise LookupError(f"Route {route.path} names no permission; see flowforge_provider/api/security.py.")


def _restore_nulls(example: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Put back what FastAPI leaves out of examples: required fields whose value is null."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    for option in schema.get("anyOf", ()):
        _restore_nulls(example, option, schemas)
    if isinstance(example, list):
        for item in example:
            _restore_nulls(item, schema.get("items", {}), schemas)
    elif isinstance(example, dict):
        for name in schema.get("required", ()):
            example.setdefault(name, None)
        for name, field in schema.get("properties", {}).items():
            _restore_nulls(example.get(name), field, schemas)


def _use_problem_shape(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if operation.get("security"):
        responses.setdefault("401", {"description": "Nobody is signed in, or the token has expired."})
        responses.setdefault("403", {"description": "The user lacks the permission, or another site asks."})
        responses.setdefault("503", {"description": "The database is away or busy; try again."})
        if "requestBody" in operation:
            responses.setdefault("400", {"description": "The body is not valid JSON."})
            responses.setdefault("413", {"description": "The body is too large."})
            responses.setdefault("415", {"description": "The body is not sent as JSON."})
    for status, response in responses.items():
        if status >= "400":
            if response["description"] == "Validation Error":
                response["description"] = "The request, or the graph in it, has issues; all are listed."
            page = response.pop("content", {}).get("text/html")
            if page is None:
                # The text beside a reference takes the place of that of the shared response.
                response.update(_PROBLEM)
            else:
                # A page for people may be answered instead.
                response["content"] = {PROBLEM_MEDIA_TYPE: _PROBLEM_CONTENT, "text/html": page}
