"""What surrounds every request of the API: a bound on the body, and an answer to unforeseen errors."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING

from flowforge_provider.api.errors import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

# A graph of 500 large nodes is about 2 MB. Front-door routes have a smaller limit of their own.
MAX_BODY_BYTES = 8 * 1024 * 1024


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


class _BodyTooLargeError(Exception):
    """The body went over the limit while it was read."""


class BodyLimitMiddleware:
    """
    Refuse bodies over a limit with 413, also those that do not declare their length.

    :param app: the app inside
    :param limit: largest body in bytes
    """

    def __init__(self, app: ASGIApp, *, limit: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on while its body fits."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self.limit:
            await self._refuse(scope, receive, send)
            return
        read = 0
        started = False

        async def counted_receive() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.limit:
                raise _BodyTooLargeError
            return message

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, counted_receive, watched_send)
        except _BodyTooLargeError:
            if started:
                raise
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = problem(
            413,
            "body-too-large",
            detail=f"The body is larger than {self.limit} bytes.",
            instance=scope["path"],
            headers={"Connection": "close"},
        )
        await response(scope, receive, send)
