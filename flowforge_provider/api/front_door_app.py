"""
The front door as an app of its own: the public routes, and nothing that needs a signed-in user.

``airflow flowforge front-door`` serves it, in as many processes as wanted. Its addresses are those of
Airflow's api-server, so that a load balancer can send each call to either.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from flowforge_provider.api.app import create_app
from flowforge_provider.api.front_door import ShortWay
from flowforge_provider.inbox.errors import InboxClosedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["FRONT_DOOR_MODULES", "create_front_door_app"]

# Modules with a ``router`` each, as in ROUTER_MODULES; a test refuses a route here that needs a user.
FRONT_DOOR_MODULES: tuple[str, ...] = (
    "flowforge_provider.api.routes.health",
    "flowforge_provider.api.routes.webhooks",
    "flowforge_provider.api.routes.forms",
    "flowforge_provider.api.routes.qstash",
)
_LIFESPAN_MODULES = ("flowforge_provider.inbox.front_door",)


def create_front_door_app() -> FastAPI:
    """Make the app; its routes appear when its lifespan starts."""
    from airflow.configuration import conf

    flowforge = create_app(router_modules=FRONT_DOOR_MODULES, lifespan_modules=_LIFESPAN_MODULES)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None, None]:
        async with flowforge.router.lifespan_context(flowforge):
            yield

    root_path = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    app = FastAPI(root_path=root_path, lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_route("/health", _health, methods=["GET"])
    app.mount("/flowforge", flowforge)
    app.add_middleware(ShortWay, flowforge=flowforge)
    return app


async def _health(_: Request) -> Response:
    """Tell a load balancer whether this process takes deliveries in; asks no database."""
    from flowforge_provider.inbox.service import get_inbox

    try:
        get_inbox()
    except InboxClosedError:
        return JSONResponse({"status": "closed"}, status_code=503, headers={"Retry-After": "2"})
    return JSONResponse({"status": "open"})
