"""
Routes that take JSON and nothing else.

Browsers send other sites' forms without asking first, but not ``application/json``; with Airflow's
SameSite=Lax cookie that is what keeps other sites from acting for the user.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from flowforge_provider.api.errors import ApiError

_METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class _JsonRequest(Request):
    """Reads the body as strict JSON."""

    async def json(self) -> Any:
        """Return the body's value; refuse what other readers of the data could not store or send."""
        if not hasattr(self, "_json"):
            self._json = parse_json(await self.body())
        return self._json


class JsonRoute(APIRoute):
    """A route that answers 415 to a body that is not declared as JSON, and 400 to one that is not JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if request.method in _METHODS_WITH_BODY:
                await _require_json(request)
                request = _JsonRequest(request.scope, request.receive)
            return await handler(request)

        return handle


async def _require_json(request: Request) -> None:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "application/json" or content_type.endswith("+json"):
        return
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if content_type or has_body:
        raise ApiError(
            415, "unsupported-media-type", "Send the body as JSON with Content-Type: application/json."
        )


def parse_json(body: bytes) -> Any:
    """
    Parse a body as JSON (RFC 8259): no NaN or Infinity, no lone surrogates, no NUL characters.

    PostgreSQL refuses the latter two in text, and JSON itself knows no NaN.

    :raises ApiError: 400 ``invalid-json``
    """
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
        if b"\\u" in body:
            _refuse_unstorable(value)
    except RecursionError:
        raise _invalid("it is nested too deeply") from None
    except UnicodeError:
        raise _invalid("it is not UTF-8, or holds half of a surrogate pair") from None
    except ValueError as error:
        raise _invalid(str(error)) from None
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _refuse_unstorable(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    text.encode("utf-8")
    if "\\u0000" in text and _has_nul(value):
        raise ValueError("text must not hold NUL characters")


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any("\x00" in key or _has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_nul(item) for item in value)


def _invalid(reason: str) -> ApiError:
    return ApiError(400, "invalid-json", f"The body cannot be read as JSON: {reason}.")
