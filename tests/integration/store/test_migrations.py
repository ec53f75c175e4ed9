"""The tables as the migrations make them, as the ORM makes them, and what Airflow's commands do with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import CheckConstraint, create_engine, inspect, text

from flowforge_provider.store.db_manager import FlowForgeDBManager
from flowforge_provider.store.tables import metadata as tables
from tests.support.airflow import AirflowInstance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

pytestmark = pytest.mark.integration

VERSION_TABLE = FlowForgeDBManager.version_table_name
CLASS_PATH = f"{FlowForgeDBManager.__module__}.{FlowForgeDBManager.__name__}"
HEAD = list(FlowForgeDBManager.revision_heads_map.values())[-1]


@pytest.fixture
def instance(metadata_url: str) -> Iterator[AirflowInstance]:
    value = AirflowInstance(
        database_url=metadata_url, settings={("database", "external_db_managers"): CLASS_PATH}
    )
    yield value
    value.stop()


@pytest.fixture
def engine(metadata_url: str) -> Iterator[Engine]:
    value = create_engine(metadata_url)
    yield value
    value.dispose()


def describe(engine: Engine) -> dict[str, Any]:
    """Return all that the database says about our tables, in comparable form."""
    inspector = inspect(engine)
    names = sorted(name for name in inspector.get_table_names() if name.startswith("flowforge_"))
    return {name: _describe_table(inspector, name) for name in names}


def _describe_table(inspector: Any, name: str) -> dict[str, Any]:
    return {
        "columns": {
            column["name"]: (str(column["type"]), column["nullable"], column["default"])
            for column in inspector.get_columns(name)
        },
        "primary key": inspector.get_pk_constraint(name),
        "indexes": sorted(
            (index["name"], tuple(index["column_names"]), bool(index["unique"]))
            for index in inspector.get_indexes(name)
        ),
        "unique": sorted(
            (constraint["name"], tuple(constraint["column_names"]))
            for constraint in inspector.get_unique_constraints(name)
        ),
        "foreign keys": sorted(
            (
                key["name"],
                tuple(key["constrained_columns"]),
                key["referred_table"],
                key["options"].get("ondelete"),
            )
            for key in inspector.get_foreign_keys(name)
        ),
        "checks": sorted(check["name"] for check in inspector.get_check_constraints(name)),
    }


def version_of(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return None
        return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608


def test_a_first_install_has_all_tables_and_is_stamped(engine: Engine) -> None:
    assert set(describe(engine)) == set(tables.tables)
    assert version_of(engine) == HEAD


def test_migrations_make_what_the_orm_makes(instance: AirflowInstance, engine: Engine) -> None:
    made_by_orm = describe(engine)
    instance.run_cli("db-manager", "downgrade", CLASS_PATH, "--to-revision", "base", "--yes")
    assert describe(engine) == {}

    instance.run_cli("db-manager", "migrate", CLASS_PATH, "--to-revision", HEAD)

    assert describe(engine) == made_by_orm
    assert version_of(engine) == HEAD
    # What Airflow's command says of it.
    instance.run_cli("db", "check-migrations", "--migration-wait-timeout", "2")


def test_constraints_of_the_orm_are_in_the_database(engine: Engine) -> None:
    made = describe(engine)
    for table in tables.tables.values():
        checks = {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
        assert checks == set(made[table.name]["checks"])


def test_db_migrate_brings_tables_back_after_a_downgrade(instance: AirflowInstance, engine: Engine) -> None:
    instance.run_cli("db-manager", "downgrade", CLASS_PATH, "--to-revision", "base", "--yes")

    failed = instance.run_cli("db", "check-migrations", "--migration-wait-timeout", "1", check=False)
    assert failed.returncode != 0
    instance.run_cli("db", "migrate")

    assert version_of(engine) == HEAD
    assert set(describe(engine)) == set(tables.tables)


def test_db_reset_empties_them(instance: AirflowInstance, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO flowforge_sequence (id, value) VALUES (1, 7)"))

    instance.run_cli("db", "reset", "--yes")

    assert version_of(engine) == HEAD
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM flowforge_sequence")).scalar() == 0


def test_sql_can_be_printed_where_the_database_allows(instance: AirflowInstance, engine: Engine) -> None:
    arguments = ("db-manager", "downgrade", CLASS_PATH, "--to-revision", "base", "--show-sql-only", "--yes")

    done = instance.run_cli(*arguments, check=False)

    if engine.dialect.name == "sqlite":
        assert "cannot be printed for SQLite" in done.stdout + done.stderr
    else:
        assert "DROP TABLE flowforge_workflow" in done.stdout
    assert version_of(engine) == HEAD


def test_the_newest_revision_is_in_the_map_of_releases() -> None:
    from alembic.script import ScriptDirectory

    heads = ScriptDirectory(FlowForgeDBManager.migration_dir).get_heads()
    assert heads == [HEAD]
