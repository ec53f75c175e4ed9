"""Fixtures that many files need. Servers start once for the whole run, and only when a test asks for them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from flowforge_provider.dev.guard import Guard
    from tests.support.airflow import AirflowInstance
    from tests.support.compose import ComposeSetup
    from tests.support.databases import MigratedPostgres, MigratedSqlite
    from tests.support.dovecot import DovecotServer
    from tests.support.postgres import PostgresServer


def pytest_configure(config: pytest.Config) -> None:
    """Keep the Airflow that tests import away from the developer's own home, before anything imports it."""
    import tempfile

    for name in [name for name in os.environ if name.startswith("AIRFLOW__")]:
        del os.environ[name]
    home = tempfile.mkdtemp(prefix="flowforge-tests-home-")
    os.environ["AIRFLOW_HOME"] = home
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"
    # The services that tests call listen on loopback, which workflows may not call by default.
    os.environ["AIRFLOW__FLOWFORGE__HTTP_ALLOWED_NETWORKS"] = "127.0.0.0/8,::1/128"
    config.stash[_HOME] = home


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the home of the run."""
    import shutil

    shutil.rmtree(config.stash.get(_HOME, ""), ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what is quick and small before what is slow and large: the first failure is the nearest one."""
    items.sort(key=lambda item: next((i for i, name in enumerate(_ORDER) if name in item.path.parts), 0))


_ORDER = ("unit", "property", "integration", "e2e")
_HOME: pytest.StashKey[str] = pytest.StashKey()


@pytest.fixture(scope="session")
def guard() -> Iterator[Guard]:
    """What ends the servers when the test run is killed."""
    from flowforge_provider.dev.guard import Guard

    value = Guard()
    yield value
    value.close()


@pytest.fixture(scope="session")
def postgres_server(guard: Guard) -> Iterator[PostgresServer]:
    """A real PostgreSQL server: ``create_database()``, ``url(name)``, ``query(name, sql, values)``."""
    from tests.support.postgres import PostgresServer

    server = PostgresServer(guard=guard)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of an empty database of this test's own."""
    name = postgres_server.create_database()
    yield name
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def dovecot(guard: Guard) -> Iterator[DovecotServer]:
    """A real mail server: ``deliver(user, message)`` by SMTP, ``client(user)``."""
    from tests.support.dovecot import running_dovecot

    with running_dovecot(guard=guard) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> MigratedPostgres:
    """``copy()`` gives the url of a fresh PostgreSQL database with all tables, in a tenth of a second."""
    from tests.support.databases import MigratedPostgres

    return MigratedPostgres(postgres_server, tmp_path_factory.mktemp("migrated-postgres"))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> MigratedSqlite:
    """``copy(path)`` gives the url of a fresh SQLite database with all tables, at once."""
    from tests.support.databases import MigratedSqlite

    return MigratedSqlite(tmp_path_factory.mktemp("migrated-sqlite"))


@pytest.fixture(scope="session")
def airflow_postgres(migrated_postgres: MigratedPostgres, guard: Guard) -> Iterator[AirflowInstance]:
    """
    One shared Airflow on PostgreSQL with all components, everybody an administrator.

    Tests share it: make workflows with names of your own, count only what is yours.
    """
    from tests.support.airflow import AirflowInstance, running_airflow

    instance = AirflowInstance(database_url=migrated_postgres.copy(), guard=guard)
    with running_airflow(instance=instance, migrate=False):
        yield instance


@pytest.fixture(scope="session")
def airflow_sqlite(
    migrated_sqlite: MigratedSqlite, tmp_path_factory: pytest.TempPathFactory, guard: Guard
) -> Iterator[AirflowInstance]:
    """One shared Airflow on SQLite with all components, everybody an administrator."""
    from tests.support.airflow import AirflowInstance, running_airflow

    home = tmp_path_factory.mktemp("airflow-sqlite")
    instance = AirflowInstance(home=home, database_url=migrated_sqlite.copy(home), guard=guard)
    with running_airflow(instance=instance, migrate=False):
        yield instance


@pytest.fixture(scope="session")
def airflow_api(
    migrated_sqlite: MigratedSqlite, tmp_path_factory: pytest.TempPathFactory, guard: Guard
) -> Iterator[AirflowInstance]:
    """
    One shared api-server alone, on SQLite, with a user for each role of SimpleAuthManager.

    ``client("viewer")``, ``client("admin")`` and so on are signed in; ``client()`` is anonymous.
    """
    from tests.support.airflow import AirflowInstance, running_airflow

    home = tmp_path_factory.mktemp("airflow-api")
    instance = AirflowInstance(home=home, auth="users", database_url=migrated_sqlite.copy(home), guard=guard)
    with running_airflow(("api-server",), instance=instance, migrate=False):
        yield instance


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """
    A headless Chromium.

    It ends with the module: while Playwright's synchronous API is open, no test can run an event loop.
    """
    from tests.support.chromium import running_chromium

    with running_chromium() as browser:
        yield browser


# Not for the whole session: a dozen processes would slow the tests after it.
@pytest.fixture(scope="module")
def compose(guard: Guard) -> Iterator[ComposeSetup]:
    """
    All services of docker-compose.yaml, with two Celery workers that share no disk with the others.

    Starting takes a minute or two. The tests of a file share it: make workflows with names of your own, and
    leave every container running.
    """
    from tests.support.compose import ComposeSetup, running_compose

    with running_compose(setup=ComposeSetup(guard=guard)) as setup:
        yield setup
