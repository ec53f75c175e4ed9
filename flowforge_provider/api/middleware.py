"""What surrounds every request of the API: bounds on address and body, and an answer to unforeseen errors."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING

from flowforge_provider import settings
from flowforge_provider.api.errors import ApiError, problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

# A graph of 500 large nodes is about 2 MB. Webhooks and payloads have a limit of their own, which may be set
# higher than this one.
MAX_BODY_BYTES = 8 * 1024 * 1024
#: Below it, routes bound their bodies themselves.
FORMS_PATH = "/api/forms/"


class UnforeseenErrorMiddleware:
    """
    Answer errors that nobody handled with a problem that names an id in the log.

    Starlette's own handler for ``Exception`` answers and then raises again, so that the host would log, and
    count as its own failure, each error of this app.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer when it fails before it was answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        except Exception:
            error_id = secrets.token_hex(6)
            log.exception("Unforeseen error %s in %s %s", error_id, scope["method"], scope["path"])
            if started:
                raise
            response = problem(
                500,
                "internal-error",
                detail=f"An unforeseen error happened. Look for {error_id} in the api-server's log.",
                instance=scope["path"],
                extra={"error_id": error_id},
            )
            await response(scope, receive, send)


class AddressMiddleware:
    """
    Refuse addresses with a NUL character.

    Nothing has such a name, and PostgreSQL's driver raises an error for one that is looked up.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when its address can be looked up."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if "\x00" in path:
            response = problem(404, "not-found", detail=f"There is nothing at {path}.", instance=path)
            await response(scope, receive, send)
        elif b"%00" in scope["query_string"]:
            detail = "The query holds a NUL character (%00). Remove it."
            response = problem(422, "request-invalid", detail=detail, instance=path)
            await response(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class _BodyTooLargeError(ApiError):
    """The body went over the limit while it was read."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            413,
            "body-too-large",
            f"The body is larger than {limit} bytes.",
            # The rest of the body is not read, so no other request can follow on this connection.
            headers={"Connection": "close"},
        )


class BodyLimitMiddleware:
    """
    Refuse bodies over a limit with 413, also those that do not declare their length.

    :param app: the app inside
    :param limit: largest body in bytes; :data:`MAX_BODY_BYTES`, or what a webhook may have when that is more
    """

    def __init__(self, app: ASGIApp, *, limit: int | None = None) -> None:
        self.app = app
        self.limit = max(MAX_BODY_BYTES, settings.max_body_bytes()) if limit is None else limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on while its body fits."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["path"].removeprefix(scope.get("root_path", "")).startswith(FORMS_PATH):
            # People are told on a page; the form itself counts what it takes in, and where it leaves it.
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self.limit:
            await _answer(_BodyTooLargeError(self.limit), scope, receive, send)
            return
        read = 0
        started = False

        async def counted_receive() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.limit:
                raise _BodyTooLargeError(self.limit)
            return message

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, counted_receive, watched_send)
        except _BodyTooLargeError as error:
            if started:
                raise
            await _answer(error, scope, receive, send)


async def _answer(error: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
    response = problem(
        error.status_code, error.code, detail=error.detail, instance=scope["path"], headers=error.headers
    )
    await response(scope, receive, send)
