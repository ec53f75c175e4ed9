"""From a web request to a call at the front door, and from its answer back."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import anyio
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from flowforge_provider import settings
from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.services.urls import MOUNT_PREFIX, api_path, public_base_url
from flowforge_provider.inbox.addresses import find_client
from flowforge_provider.inbox.errors import how_to_raise
from flowforge_provider.inbox.incoming import Answer, Incoming

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

__all__ = ["make_incoming", "read_raw", "to_response"]

# Seconds that a sender may take to send its body. A slot of the front door is held meanwhile.
_BODY_TIMEOUT_S = 20


def make_incoming(request: Request, *, workflow_id: str, path: str = "") -> Incoming:
    """
    Return the call that a request is, without its body.

    :param path: what follows the workflow's id
    """
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Incoming(
        method=request.method,
        workflow_id=workflow_id,
        path=path.strip("/"),
        url=_url(request),
        headers=headers,
        query=request.query_params.multi_items(),
        client=find_client(
            request.client.host if request.client else None,
            headers.get("x-forwarded-for", ""),
            settings.trusted_proxies(),
        ),
        received_at=datetime.now(tz=timezone.utc),
    )


def _url(request: Request) -> str:
    """Return the address as the sender wrote it, which some vendors sign, at the public name of Airflow."""
    # Not from request.url, which a hostile Host header makes fail.
    path = request.scope.get("raw_path") or request.scope["path"].encode()
    place = path.partition(b"?")[0].decode("latin-1").partition(f"{MOUNT_PREFIX}/api/")[2]
    query = request.scope.get("query_string", b"").decode("latin-1")
    base = f"{public_base_url(request)}{MOUNT_PREFIX}/api/{place}"
    return f"{base}?{query}" if query else base


async def read_raw(request: Request, limit: int, reserve: Callable[[int], None]) -> bytes:
    """
    Return the body. Stops reading at the limit.

    :param limit: bytes
    :param reserve: is told of bytes before they are kept
    :raises ApiError: 400 the sender has gone, 408 too slow, 413 too large
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    try:
        with anyio.fail_after(_BODY_TIMEOUT_S):
            return await _read_stream(request, limit=limit, reserve=reserve)
    except TimeoutError:
        raise ApiError(
            408, "body-timeout", f"The body did not arrive within {_BODY_TIMEOUT_S} seconds. Send it again."
        ) from None
    except ClientDisconnect:
        # Nobody reads this answer, but it is no fault of ours that a log should tell.
        raise ApiError(400, "bad-request", "The sender went away before its body had arrived.") from None


def to_response(request: Request, answer: Answer) -> Response:
    """Return an answer as a web response, with the address of its execution."""
    headers = dict(answer.headers)
    if isinstance(answer.body, bytes):
        return Response(answer.body, status_code=answer.status, headers=headers)
    if isinstance(answer.body, dict) and "execution_id" in answer.body:
        path = api_path(request, f"/executions/{answer.body['execution_id']}")
        headers.setdefault("Location", path)
        return JSONResponse({**answer.body, "status_url": path}, status_code=answer.status, headers=headers)
    return JSONResponse(answer.body, status_code=answer.status, headers=headers)


async def _read_stream(request: Request, *, limit: int, reserve: Callable[[int], None]) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > limit:
            raise _too_large(limit)
        reserve(len(chunk))
        body += chunk
    return bytes(body)


def _too_large(limit: int) -> ApiError:
    return ApiError(
        413,
        "body-too-large",
        f"The body is larger than {limit} bytes. Send less, or {how_to_raise(limit)}.",
        headers={"Connection": "close"},
    )
