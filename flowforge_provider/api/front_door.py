"""
The short way to the webhooks: past the router, and in Airflow's api-server past Airflow's own middleware.

A webhook carries no Airflow session, so what the host does around each request (renewing a session's cookie,
compressing pages) does nothing for it, and costs more than taking the delivery in. So
:class:`HostMiddleware`, which the plugin registers, puts the short way around the host's stack when the host
starts. Should a later host be built otherwise, webhooks go through the stack as every other request does:
same route, same answers, only slower.

What surrounds the short way is the same as for all routes of this API: an access log line, an answer to
unforeseen errors, refusal of impossible addresses, the bound on bodies, failures as problems. The route in
the OpenAPI document is the same function.

Test addresses go the short way as well, and with both the questions of browsers (``OPTIONS``): where Airflow
answers those itself (``[api] access_control_allow_*``), it would not know which pages a webhook allows.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request

from flowforge_provider.api.middleware import (
    AddressMiddleware,
    BodyLimitMiddleware,
    UnforeseenErrorMiddleware,
)

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["HostMiddleware", "ShortWay"]

log = logging.getLogger(__name__)

_PREFIX = "/flowforge"
_API = f"{_PREFIX}/api/"
_PLACES = frozenset({"webhooks", "webhooks-test"})
_METHODS = frozenset({"POST", "GET", "PUT", "PATCH", "DELETE", "OPTIONS"})


class ShortWay:
    """
    Take webhooks in, and pass everything else on.

    :param app: takes everything else
    :param flowforge: the API, whose routes and error handlers count here too
    """

    def __init__(self, app: ASGIApp, *, flowforge: FastAPI) -> None:
        self.app = app
        self._flowforge = flowforge
        self._webhooks: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        if (
            scope["type"] == "http"
            and "/api/webhooks" in scope["path"]
            and scope["method"] in _METHODS
            and self._flowforge.state.routes_included
            and _address(scope) is not None
        ):
            if self._webhooks is None:
                self._webhooks = _surround(_receive, self._flowforge)
            root = scope.get("root_path", "")
            inner = {**scope, "root_path": f"{root}{_PREFIX}", "app": self._flowforge}
            inner.setdefault("app_root_path", root)
            await self._webhooks(inner, receive, send)
            return
        await self.app(scope, receive, send)


class HostMiddleware:
    """
    Put the short way around the host's middleware, once the host starts.

    The host adds the middleware of plugins inside its own, hence this detour.

    :param app: the host's next middleware
    :param flowforge: the API that is mounted in the host
    """

    def __init__(self, app: ASGIApp, *, flowforge: FastAPI) -> None:
        self.app = app
        self._flowforge = flowforge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; at the start, change the host."""
        if scope["type"] == "lifespan":
            host = scope.get("app")
            stack = getattr(host, "middleware_stack", None)
            if stack is None or isinstance(stack, ShortWay):
                log.info("Webhooks go through all of Airflow's middleware")
            else:
                host.middleware_stack = ShortWay(stack, flowforge=self._flowforge)  # type: ignore[union-attr]
        await self.app(scope, receive, send)


def _address(scope: Scope) -> tuple[str, str, str] | None:
    """Return the place, the workflow and the path that a request names; None when it is not for a webhook."""
    path = _route_path(scope)
    if not path.startswith(_API):
        return None
    place, _, rest = path.removeprefix(_API).partition("/")
    workflow_id, _, rest = rest.partition("/")
    return (place, workflow_id, rest) if place in _PLACES and workflow_id else None


def _route_path(scope: Scope) -> str:
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    return path.removeprefix(root) if path.startswith(f"{root}/") else path


def _surround(app: ASGIApp, flowforge: FastAPI) -> ASGIApp:
    handlers: dict[Any, Any] = dict(flowforge.exception_handlers)
    app = ExceptionMiddleware(app, handlers=handlers)
    app = UnforeseenErrorMiddleware(AddressMiddleware(BodyLimitMiddleware(app)))
    try:
        from airflow.api_fastapi.common.http_access_log import HttpAccessLogMiddleware
    except ImportError:
        log.info("Airflow has no access log for webhooks")
        return app
    return HttpAccessLogMiddleware(app)  # type: ignore[no-any-return, no-untyped-call, unused-ignore]


async def _receive(scope: Scope, receive: Receive, send: Send) -> None:
    from flowforge_provider.api.routes import test_addresses, webhooks

    place, _, rest = _route_path(scope).removeprefix("/api/").partition("/")
    workflow_id, _, path = rest.partition("/")
    routes = webhooks if place == "webhooks" else test_addresses
    take = routes.ask_for_permission if scope["method"] == "OPTIONS" else routes.receive_call
    response = await take(Request(scope, receive, send), workflow_id=workflow_id, path=path)
    await response(scope, receive, send)
