"""Ask an ASGI app in this process, without a server."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
from anyio.from_thread import start_blocking_portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anyio.from_thread import BlockingPortal
    from starlette.types import ASGIApp


class AsgiClient:
    """
    Sends requests to an app and returns ``httpx.Response``; like ``httpx.Client``, but in process.

    :param app: the app
    :param portal: runs the app's event loop
    :param headers: sent with every request
    """

    def __init__(
        self, app: ASGIApp, *, portal: BlockingPortal, headers: dict[str, str] | None = None
    ) -> None:
        self._portal = portal
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://testserver", headers=headers
        )

    @property
    def headers(self) -> httpx.Headers:
        """What is sent with every request."""
        return self._client.headers

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Send one request; options as in ``httpx.Client.request``."""
        response: httpx.Response = self._portal.call(partial(self._client.request, method, url, **options))
        return response

    def get(self, url: str, **options: Any) -> httpx.Response:
        """Send GET."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        """Send POST."""
        return self.request("POST", url, **options)

    def patch(self, url: str, **options: Any) -> httpx.Response:
        """Send PATCH."""
        return self.request("PATCH", url, **options)

    def put(self, url: str, **options: Any) -> httpx.Response:
        """Send PUT."""
        return self.request("PUT", url, **options)

    def delete(self, url: str, **options: Any) -> httpx.Response:
        """Send DELETE."""
        return self.request("DELETE", url, **options)


@contextmanager
def event_loop_thread() -> Iterator[BlockingPortal]:
    """Run an event loop in a thread, for clients."""
    with start_blocking_portal() as portal:
        yield portal
