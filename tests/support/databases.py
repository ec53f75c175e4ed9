"""Databases that already hold the tables of Airflow and FlowForge: migrated once, then copied."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING

from flowforge_provider.dev.profile import sqlite_url
from tests.support.airflow import AirflowInstance

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.postgres import PostgresServer


class MigratedSqlite:
    """
    A migrated SQLite file to copy from.

    :param folder: where the original is kept
    """

    def __init__(self, folder: Path) -> None:
        self._original = folder / "migrated.db"
        instance = AirflowInstance(home=folder / "home_sqlite", database_url=f"sqlite:///{self._original}")
        instance.migrate()
        # Airflow switches to write-ahead logging; fold the log in, so that one file is the whole database.
        connection = sqlite3.connect(self._original)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def copy(self, path: Path) -> str:
        """
        Copy the database and return the SQLAlchemy url of the copy.

        :param path: the file to make, or a folder that shall be its AIRFLOW_HOME
        """
        target = path / "airflow.db" if path.is_dir() else path
        shutil.copyfile(self._original, target)
        return sqlite_url(target.parent) if target.name == "airflow.db" else f"sqlite:///{target}"


class MigratedPostgres:
    """
    A migrated PostgreSQL database to copy from.

    :param server: where it lives
    :param folder: an AIRFLOW_HOME for the migration
    """

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self.server = server
        self._template = server.create_database(name="migrated_template")
        AirflowInstance(home=folder / "home_postgres", database_url=server.url(self._template)).migrate()

    def copy(self) -> str:
        """Copy the database and return the SQLAlchemy url of the copy."""
        return self.server.url(self.server.create_database(template=self._template))
