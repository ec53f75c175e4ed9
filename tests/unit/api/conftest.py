"""The API in this process, mounted as Airflow mounts it, on a migrated SQLite database of each test's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.asgi import AsgiClient, event_loop_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from anyio.from_thread import BlockingPortal
    from fastapi import FastAPI

    from tests.support.databases import MigratedSqlite


# It has no release for Python 3.10 that goes with our other dependencies.
collect_ignore = ["test_schemathesis.py"] if sys.version_info < (3, 11) else []

BUNDLES = (
    '[{"name": "flowforge", "classpath": "flowforge_provider.bundles.flowforge.FlowForgeDagBundle", '
    '"kwargs": {}}]'
)


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """An event loop in a thread."""
    with event_loop_thread() as value:
        yield value


@pytest.fixture(autouse=True)
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let streams of events end by themselves: in this process nobody can leave one."""
    monkeypatch.setattr("flowforge_provider.api.live.stream.LONGEST_S", 0.3)


@pytest.fixture
def database(migrated_sqlite: MigratedSqlite) -> Iterator[None]:
    """Give the Airflow of this process a fresh database."""
    from airflow import settings

    from flowforge_provider.runs.database import close_database

    engine = settings.engine
    assert engine is not None
    path = Path(str(engine.url.database))
    engine.dispose()
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink()
    migrated_sqlite.copy(path)
    # FlowForge's own connections would go on with the file that was removed.
    close_database()
    yield
    close_database()
    engine.dispose()


@pytest.fixture(scope="session")
def host() -> FastAPI:
    """A host app with FlowForge at /flowforge, as Airflow's api-server has it."""
    from fastapi import FastAPI

    from flowforge_provider.api.app import create_app, include_routes

    app = create_app(background=False)
    include_routes(app)
    host_app = FastAPI()
    host_app.mount("/flowforge", app)
    return host_app


@pytest.fixture
def client(
    host: FastAPI, portal: BlockingPortal, database: None, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str | None], AsgiClient]:
    """Make clients: of a user with a role (viewer, user, op, admin), or anonymous (None)."""
    from airflow.api_fastapi.app import create_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a-secret-of-the-tests-alone-" * 3)
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", BUNDLES)
    monkeypatch.setattr("flowforge_provider.api.services.health.KEPT_S", 0)
    manager = create_auth_manager()

    def make(role: str | None) -> AsgiClient:
        headers = {}
        if role is not None:
            user = SimpleAuthManagerUser(username=role, role=role.upper())
            headers["Authorization"] = f"Bearer {manager.generate_jwt(user)}"
        return AsgiClient(host, portal=portal, headers=headers)

    return make


@pytest.fixture
def admin(client: Callable[[str | None], AsgiClient]) -> AsgiClient:
    """A client that may do everything."""
    return client("admin")
