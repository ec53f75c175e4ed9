"""Try expressions on sample data."""

from typing import Any, Literal

from fastapi import APIRouter

from flowforge_provider import expressions, settings
from flowforge_provider.api.datamodels.expressions import (
    ExpressionFault,
    ExpressionPreviewBody,
    ExpressionPreviewResponse,
)
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.security import Reader
from flowforge_provider.exceptions import ExpressionError

router = APIRouter(tags=["expressions"], route_class=JsonRoute)

_LANGUAGE_EXAMPLE = {
    "names": [{"name": "trigger", "doc": "What started the run.", "fields": ["type", "body"]}],
    "filters": [
        {
            "name": "bool",
            "signature": "bool",
            "group": "Any value",
            "doc": "Turn a value into true or false.",
            "aliases": [],
            "parameters": [],
            "example": "{{ 'yes' | bool }}",
            "result": True,
        }
    ],
    "tests": [],
    "functions": [],
    "operators": ["+"],
    "literals": ["'text'"],
    "limits": {"time_s": 1.0, "output_chars": 1_048_576},
}


@router.post("/expressions/preview", summary="Try an expression", operation_id="preview_expression")
def preview(body: ExpressionPreviewBody, user: Reader) -> ExpressionPreviewResponse:  # noqa: ARG001
    """
    Render a template with the code and the limits that steps use.

    A faulty expression is answered with 200 and `ok: false`, because it is what the request asks about.
    """
    try:
        value = expressions.render(body.template, body.data, limits=_limits())
    except ExpressionError as error:
        return ExpressionPreviewResponse(
            ok=False, error=ExpressionFault(code=error.error_code, message=error.message)
        )
    return ExpressionPreviewResponse(ok=True, value=value, type=_json_type(value))


@router.get(
    "/expressions/language",
    summary="Describe the language",
    operation_id="describe_language",
    responses={200: {"content": {"application/json": {"example": _LANGUAGE_EXAMPLE}}}},
)
def describe_language(user: Reader) -> dict[str, Any]:  # noqa: ARG001
    """Return the names, filters and tests that expressions may use, for completion."""
    language = expressions.describe_language()
    limits = _limits()
    configured = {"time_s": limits.time_s, "output_chars": limits.output_chars}
    return {**language, "limits": {**language["limits"], **configured}}


def _limits() -> expressions.Limits:
    return expressions.Limits(
        time_s=settings.expression_time_limit_s(), output_chars=settings.expression_max_output_bytes()
    )


def _json_type(
    value: Any,
) -> Literal["null", "boolean", "integer", "number", "string", "array", "object"]:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, (list, tuple)) else "object"
