"""
The FlowForge API as a FastAPI app that Airflow's api-server mounts at ``/flowforge``.

``create_app`` makes a thin shell. Routes, Airflow's security and SQLAlchemy models load in its lifespan,
because the host also makes its list of plugins in processes that never serve a request.
"""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from fastapi import FastAPI

from flowforge_provider import __version__
from flowforge_provider.api.errors import problem
from flowforge_provider.api.middleware import (
    AddressMiddleware,
    BodyLimitMiddleware,
    UnforeseenErrorMiddleware,
)
from flowforge_provider.api.static import MOUNT_PATH as STATIC_PATH
from flowforge_provider.api.static import EditorFiles

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from fastapi import APIRouter
    from starlette.requests import Request
    from starlette.responses import Response

log = logging.getLogger(__name__)

_ALL_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

API_PREFIX = "/api"

# Modules with a ``router`` each; all paths are below API_PREFIX.
ROUTER_MODULES: tuple[str, ...] = (
    "flowforge_provider.api.routes.session",
    "flowforge_provider.api.routes.health",
    "flowforge_provider.api.routes.node_types",
    "flowforge_provider.api.routes.templates",
    "flowforge_provider.api.routes.workflows",
    "flowforge_provider.api.routes.graphs",
    "flowforge_provider.api.routes.publications",
    "flowforge_provider.api.routes.revisions",
    "flowforge_provider.api.routes.exports",
    "flowforge_provider.api.routes.expressions",
    "flowforge_provider.api.routes.previews",
    "flowforge_provider.api.routes.cron",
    "flowforge_provider.api.routes.schedules",
    "flowforge_provider.api.routes.connections",
    "flowforge_provider.api.routes.assets",
    "flowforge_provider.api.routes.databases",
    "flowforge_provider.api.routes.bundle",
    "flowforge_provider.api.routes.repair",
    # Its fixed paths come before those with an id.
    "flowforge_provider.api.routes.execution_marks",
    "flowforge_provider.api.routes.execution_events",
    "flowforge_provider.api.routes.pins",
    "flowforge_provider.api.routes.step_tests",
    "flowforge_provider.api.routes.executions",
    "flowforge_provider.api.routes.statistics",
    "flowforge_provider.api.routes.queue",
    "flowforge_provider.api.routes.dead_letters",
    "flowforge_provider.api.routes.storage",
    "flowforge_provider.api.routes.payload_forms",
    "flowforge_provider.api.routes.webhooks",
    "flowforge_provider.api.routes.qstash",
    "flowforge_provider.api.routes.forms",
    "flowforge_provider.api.routes.deliveries",
    "flowforge_provider.api.routes.test_addresses",
    "flowforge_provider.api.routes.mailboxes",
    "flowforge_provider.api.routes.files",
    "flowforge_provider.api.routes.alerts",
    "flowforge_provider.api.routes.demo",
)

# Modules with an async context manager ``lifespan()`` each: work that lives as long as the api-server.
LIFESPAN_MODULES: tuple[str, ...] = (
    "flowforge_provider.api.startup",
    "flowforge_provider.inbox.service",
)

_DESCRIPTION = """
Draw, publish and run workflows. Every route needs a signed-in Airflow user (cookie or
`Authorization: Bearer`, from `POST /auth/token`) with a permission, except webhooks and health.
Every failure is `application/problem+json` with a stable `code` and the list of `issues`.
"""


def create_app(
    *,
    background: bool = True,
    router_modules: Sequence[str] = ROUTER_MODULES,
    lifespan_modules: Sequence[str] = LIFESPAN_MODULES,
) -> FastAPI:
    """
    Make the app; its routes appear when its lifespan starts.

    :param background: also start the work that lives beside the routes, for example the dispatcher
    :param router_modules: where the routes are
    :param lifespan_modules: what that work is
    """
    app = FastAPI(
        title="FlowForge API",
        description=_DESCRIPTION.strip(),
        version=__version__,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        # Each model has one schema a direction; a client sends less than it gets.
        separate_input_output_schemas=True,
    )
    app.add_middleware(BodyLimitMiddleware)
    app.add_middleware(AddressMiddleware)
    app.add_middleware(UnforeseenErrorMiddleware)
    app.state.lifespan_modules = tuple(lifespan_modules) if background else ()
    app.state.router_modules = tuple(router_modules)
    app.state.routes_included = False
    app.mount(STATIC_PATH, EditorFiles(), name="static")
    return app


def include_routes(app: FastAPI) -> None:
    """Load all routes, error handlers and middleware into the shell; once."""
    if app.state.routes_included:
        return
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.core_api.security import auth_manager_from_app

    from flowforge_provider.api.docs_page import add_docs_page
    from flowforge_provider.api.errors import add_error_handlers
    from flowforge_provider.api.openapi import add_documentation

    # All or nothing: a module that cannot be imported must not leave half of an API.
    routers: list[APIRouter] = [import_module(module).router for module in app.state.router_modules]
    # In a mounted app ``request.app`` is this app, whose state has no auth manager.
    app.dependency_overrides[auth_manager_from_app] = get_auth_manager
    add_error_handlers(app)
    for router in routers:
        app.include_router(router, prefix=API_PREFIX)
    add_documentation(app)
    add_docs_page(app)
    app.state.routes_included = True


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
    async with AsyncExitStack() as stack:
        try:
            include_routes(app)
            for module in app.state.lifespan_modules:
                await stack.enter_async_context(import_module(module).lifespan())
        except Exception:
            # An error that left this function would keep Airflow's whole api-server from starting.
            log.exception("FlowForge could not start; its API answers 503")
            app.add_route("/{path:path}", _not_started, methods=list(_ALL_METHODS))
            app.router.routes.insert(0, app.router.routes.pop())
        yield


async def _not_started(request: Request) -> Response:
    return problem(
        503,
        "not-started",
        detail="FlowForge could not start. The api-server's log has the cause.",
        instance=request.url.path,
    )
