"""Every failure in one shape: ``application/problem+json`` of RFC 9457, with a code and all issues."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import HTTPException
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from flowforge_provider import exceptions as errors
from flowforge_provider.graph.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

log = logging.getLogger(__name__)

PROBLEM_MEDIA_TYPE = "application/problem+json"

# The most specific class wins; see the tree in flowforge_provider/exceptions.py.
STATUS_OF_ERROR: dict[type[errors.FlowForgeError], int] = {
    errors.FlowForgeError: 500,
    errors.GraphError: 422,
    errors.ExpressionError: 422,
    errors.UnknownNodeTypeError: 422,
    errors.CompileError: 422,
    errors.StoreError: 422,
    errors.NotFoundError: 404,
    errors.ConflictError: 409,
    errors.StaleVersionError: 412,
    errors.TooManyTestsError: 429,
}

_RETRY_SOON = {"Retry-After": "5"}

_CODE_OF_STATUS: dict[int, str] = {
    400: "bad-request",
    401: "not-signed-in",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    412: "stale-version",
    413: "body-too-large",
    415: "unsupported-media-type",
    422: "request-invalid",
    428: "if-match-missing",
    429: "too-many-requests",
    500: "internal-error",
    503: "unavailable",
}


class ApiError(HTTPException):
    """
    A failure with a status of its own, raised by a route or a dependency.

    :param status: HTTP status
    :param code: kebab-case and stable; has a heading in docs/errors.md
    :param detail: where, what, and what to do, in one or two sentences
    :param issues: findings about the request, each with the field that it is about
    :param headers: extra response headers
    :param extra: extension members of the problem, for example ``{"current_version": 7}``
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        issues: Sequence[Issue] | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        # A kind of HTTPException, because FastAPI covers up any other error raised while it reads a body.
        super().__init__(status, detail, headers=dict(headers or {}))
        self.code = code
        self.issues = list(issues or ())
        self.extra = dict(extra or {})


def problem(
    status: int,
    code: str,
    title: str | None = None,
    detail: str = "",
    issues: Sequence[Issue] | None = None,
    *,
    instance: str | None = None,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """
    Build a problem response.

    :param status: HTTP status
    :param code: kebab-case and stable; has a heading in docs/errors.md
    :param title: short text of the kind of failure; the status phrase when omitted
    :param detail: where, what, and what to do, in one or two sentences
    :param issues: findings, each with the field that it is about
    :param instance: path of the request that failed
    :param headers: extra response headers
    :param extra: extension members of the problem
    """
    body: dict[str, Any] = {
        "type": f"urn:flowforge:problem:{code}",
        "title": title or _phrase(status),
        "status": status,
        "detail": detail or _phrase(status),
        "code": code,
        "issues": [jsonable_encoder(issue) for issue in issues or ()],
    }
    if instance is not None:
        body["instance"] = instance
    body.update(extra or {})
    return JSONResponse(body, status_code=status, headers=dict(headers or {}), media_type=PROBLEM_MEDIA_TYPE)


def status_of(exc: errors.FlowForgeError) -> int:
    """Return the HTTP status of one of our errors: that of the nearest class in the table."""
    nearest = next(cls for cls in type(exc).__mro__ if cls in STATUS_OF_ERROR)
    if nearest is errors.FlowForgeError and isinstance(exc, ValueError):
        # A class that the table does not name, about a value that the client sent.
        return 422
    return STATUS_OF_ERROR[nearest]


def add_error_handlers(app: FastAPI) -> None:
    """Make every failure of the app a problem response, including those of the router itself."""
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.exc import TimeoutError as PoolTimeoutError

    app.add_exception_handler(ApiError, _on_api_error)
    app.add_exception_handler(errors.FlowForgeError, _on_flowforge_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(StarletteHTTPException, _on_http_exception)
    app.add_exception_handler(DBAPIError, _on_database_error)
    app.add_exception_handler(PoolTimeoutError, _on_database_error)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _path(request: Request) -> str:
    return request.url.path


def _on_api_error(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, ApiError)  # noqa: S101 - Starlette's handler signature is wider than what it passes
    return problem(
        exc.status_code,
        exc.code,
        detail=exc.detail,
        issues=exc.issues,
        instance=_path(request),
        headers=exc.headers,
        extra=exc.extra,
    )


def _on_flowforge_error(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, errors.FlowForgeError)  # noqa: S101
    status = status_of(exc)
    if status >= 500:
        log.error("Request %s %s failed", request.method, _path(request), exc_info=exc)
    issues: Sequence[Issue] = getattr(exc, "issues", ())
    extra = {
        name: getattr(exc, name)
        for name in ("current_version", "limit")
        if getattr(exc, name, None) is not None
    }
    return problem(
        status,
        exc.error_code,
        detail=exc.message,
        issues=issues,
        instance=_path(request),
        headers=_RETRY_SOON if status == 429 else None,
        extra=extra,
    )


def _on_invalid_request(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)  # noqa: S101
    issues = [_issue_of_validation(error) for error in exc.errors()]
    fields = ", ".join(dict.fromkeys(issue.field or "body" for issue in issues))
    return problem(
        422,
        "request-invalid",
        detail=f"The request does not fit: {fields}. Correct what the issues name and send it again.",
        issues=issues,
        instance=_path(request),
    )


def _issue_of_validation(error: Mapping[str, Any]) -> Issue:
    kind = str(error.get("type", ""))
    location = [str(part) for part in error.get("loc", ())]
    # The first part says where (body, query, path, header); the rest is the path inside.
    field = ".".join(location[1:] if len(location) > 1 and location[0] == "body" else location)
    if kind == "extra_forbidden":
        return Issue(
            code="unknown-field", message=f'Field "{field}" is not known here. Remove it.', field=field
        )
    if kind == "missing":
        return Issue(code="missing-field", message=f'Field "{field}" is required.', field=field)
    if kind == "json_invalid":
        reason = (error.get("ctx") or {}).get("error", "not valid JSON")
        return Issue(code="invalid-json", message=f"The body is not valid JSON: {reason}.", field="body")
    message = str(error.get("msg", "The value does not fit.")).removeprefix("Value error, ")
    return Issue(code="invalid-value", message=f'Field "{field}": {message}', field=field)


def _on_http_exception(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, StarletteHTTPException)  # noqa: S101
    status = exc.status_code
    headers = dict(exc.headers or {})
    detail = exc.detail if isinstance(exc.detail, str) else str(exc.detail)
    code = _CODE_OF_STATUS.get(status, f"http-{status}")
    if status == 403 and detail == "Invalid JWT token":
        # Airflow's answer to a token that it cannot read. Nobody is signed in then: clients must sign in.
        status, code, detail = 401, "not-signed-in", "The token is not valid. Sign in again."
    if status == 401:
        headers.setdefault("WWW-Authenticate", "Bearer")
    if status == 404 and detail == "Not Found":
        detail = f"There is nothing at {_path(request)}."
    if status == 405:
        allowed = headers.get("Allow", "other methods")
        detail = f"{request.method} is not possible at {_path(request)}. Allowed: {allowed}."
    return problem(status, code, detail=detail, instance=_path(request), headers=headers)


def _on_database_error(request: Request, exc: Exception) -> Response:
    from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError
    from sqlalchemy.exc import TimeoutError as PoolTimeoutError

    log.error("Database error in %s %s", request.method, _path(request), exc_info=exc)
    if isinstance(exc, (OperationalError, ProgrammingError)) and names_missing_table(exc):
        return problem(
            503,
            "not-migrated",
            detail="The tables of FlowForge are missing or old. Run `airflow db migrate`, then try again.",
            instance=_path(request),
        )
    if isinstance(exc, (OperationalError, InterfaceError, PoolTimeoutError)):
        return problem(
            503,
            "database-unavailable",
            detail="Airflow's database did not answer, or was busy. Try again in a moment.",
            instance=_path(request),
            headers={"Retry-After": "2"},
        )
    return problem(
        500,
        "internal-error",
        detail="The database refused the request. The api-server's log has the cause.",
        instance=_path(request),
    )


def names_missing_table(exc: Exception) -> bool:
    """Tell whether a database error is about a table or column that a migration would make."""
    text = str(getattr(exc, "orig", exc)).lower()
    return "no such table" in text or "no such column" in text or "does not exist" in text
