"""
Routes that take JSON and nothing else, and from no other site.

Browsers send other sites' forms without asking first, but not ``application/json``. What has no body has no
media type, hence the look at where it comes from: :mod:`flowforge_provider.api.origin`.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from flowforge_provider.api.audit import complete_entry, has_entry, refuse_entry
from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.origin import refuse_other_sites
from flowforge_provider.exceptions import FlowForgeError
from flowforge_provider.runs.payload import PayloadError, parse_json

_METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class _JsonRequest(Request):
    """Reads the body as strict JSON."""

    async def json(self) -> Any:
        """Return the body's value; refuse NaN, NUL and the like, which the database cannot keep."""
        if not hasattr(self, "_json"):
            try:
                self._json = parse_json(await self.body())
            except PayloadError as error:
                raise ApiError(400, error.error_code, error.message) from error
        return self._json


class JsonRoute(APIRoute):
    """A route that answers 415 to a body that is not declared as JSON, and 400 to one that is not JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            refuse_other_sites(request)
            if request.method in _METHODS_WITH_BODY:
                await _require_json(request)
                request = _JsonRequest(request.scope, request.receive)
            try:
                response = await handler(request)
            except Exception as error:
                if has_entry(request):
                    await run_in_threadpool(refuse_entry, request, _code_of(error))
                raise
            if has_entry(request):
                await run_in_threadpool(complete_entry, request, response)
            return response

        return handle


def _code_of(error: Exception) -> str:
    if isinstance(error, ApiError):
        return error.code
    if isinstance(error, FlowForgeError):
        return error.error_code
    return "request-invalid" if isinstance(error, RequestValidationError) else "internal-error"


async def _require_json(request: Request) -> None:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "application/json" or content_type.endswith("+json"):
        return
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if content_type or has_body:
        raise ApiError(
            415, "unsupported-media-type", "Send the body as JSON with Content-Type: application/json."
        )
