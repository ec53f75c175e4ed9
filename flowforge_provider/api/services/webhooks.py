"""Read a webhook request: its body within limits, its headers without secrets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect

from flowforge_provider import settings
from flowforge_provider.api.errors import ApiError
from flowforge_provider.runs.payload import PayloadError, check_payload, parse_json

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["check_content_type", "read_body", "read_headers", "read_idempotency_key", "read_query"]

# Larger bodies are parsed in a thread: the event loop also serves the workers.
_PARSE_ON_LOOP_BYTES = 32 * 1024
# Seconds that a sender may take to send its body. A slot of the front door is held meanwhile.
_BODY_TIMEOUT_S = 20
_MAX_KEY_LENGTH = 250
_HIDDEN_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})
HIDDEN = "***"


def check_content_type(request: Request) -> None:
    """
    Take plain JSON only. A missing type passes, since many senders leave it out.

    :raises ApiError: 415
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise ApiError(
            415,
            "unsupported-media-type",
            f'The body is compressed ("{encoding[:100]}"). Send it uncompressed.',
        )
    given = request.headers.get("content-type", "")
    kind = given.partition(";")[0].strip().lower()
    if (
        kind
        and kind != "application/json"
        and not (kind.startswith("application/") and kind.endswith("+json"))
    ):
        raise ApiError(
            415,
            "unsupported-media-type",
            f'The body is sent as "{kind[:100]}". Send JSON, with the header Content-Type: application/json.',
        )


async def read_body(request: Request) -> Any:
    """
    Return the JSON body; None when it is empty. Stops reading at the limit.

    :raises ApiError: 400 the sender has gone, 408 too slow, 413 too large, 422 no JSON, or JSON that cannot
        be kept
    """
    limit = settings.max_body_bytes()
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    try:
        raw = await asyncio.wait_for(_read_raw(request, limit=limit), timeout=_BODY_TIMEOUT_S)
    except (asyncio.TimeoutError, TimeoutError):
        raise ApiError(
            408, "body-timeout", f"The body did not arrive within {_BODY_TIMEOUT_S} seconds. Send it again."
        ) from None
    except ClientDisconnect:
        # Nobody reads this answer, but it is no fault of ours that a log should tell.
        raise ApiError(400, "bad-request", "The sender went away before its body had arrived.") from None
    try:
        if len(raw) <= _PARSE_ON_LOOP_BYTES:
            return parse_json(raw)
        return await asyncio.to_thread(parse_json, raw)
    except PayloadError as exc:
        raise ApiError(422, exc.error_code, exc.message) from exc


def read_headers(request: Request, *, token_header: str | None) -> dict[str, str]:
    """
    Return lower-case name -> value; repeated headers are joined by a comma, secrets are hidden for good.

    :param token_header: lower-case name of the header with the webhook's token
    """
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        if name == token_header or name in _HIDDEN_HEADERS:
            headers[name] = HIDDEN
        else:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def read_query(request: Request) -> dict[str, Any]:
    """
    Return name -> value, or -> list of values where the name is repeated.

    :raises ApiError: 422 a value cannot be kept
    """
    query: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name not in query:
            query[name] = value
        elif isinstance(query[name], list):
            query[name].append(value)
        else:
            query[name] = [query[name], value]
    try:
        check_payload(query)
    except PayloadError as exc:
        raise ApiError(422, exc.error_code, f"In the query: {exc.message}") from exc
    return query


def read_idempotency_key(request: Request) -> str | None:
    """
    Return the key by which the sender marks a delivery that it may send again.

    :raises ApiError: 422 too long
    """
    key = request.headers.get("idempotency-key", "").strip()
    if len(key) > _MAX_KEY_LENGTH:
        raise ApiError(
            422,
            "invalid-idempotency-key",
            f"The header Idempotency-Key has {len(key)} characters; at most {_MAX_KEY_LENGTH} are allowed.",
        )
    return key or None


async def _read_raw(request: Request, *, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> ApiError:
    return ApiError(
        413,
        "body-too-large",
        f"The body is larger than {limit} bytes. Send less, or raise [flowforge] max_body_bytes.",
        headers={"Connection": "close"},
    )
