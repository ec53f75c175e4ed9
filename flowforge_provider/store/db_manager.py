"""
The migrations of FlowForge's tables, as ``airflow db migrate``, ``reset`` and ``check-migrations`` run them.

Going back is a command of its own, since ``airflow db downgrade`` concerns Airflow's tables alone::

    export AIRFLOW__DATABASE__EXTERNAL_DB_MANAGERS=flowforge_provider.store.db_manager.FlowForgeDBManager
    airflow db-manager downgrade $AIRFLOW__DATABASE__EXTERNAL_DB_MANAGERS --to-revision <revision>
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow import settings
from airflow.utils.db_manager import BaseDBManager

from flowforge_provider.store import alert_tables as _alert_tables  # noqa: F401 - they are its tables, too
from flowforge_provider.store import queue_tables as _queue_tables  # noqa: F401 - they are its tables, too
from flowforge_provider.store.tables import metadata

__all__ = ["FlowForgeDBManager"]

_FOLDER = Path(__file__).parent

# Newest revision of each release that changed a table, oldest release first.
_REVISION_HEADS_MAP: dict[str, str] = {
    "0.1.0": "3b7e5d90a1c4",
}


class FlowForgeDBManager(BaseDBManager):
    """Create, migrate and drop FlowForge's tables."""

    metadata = metadata
    version_table_name = "alembic_version_flowforge"
    migration_dir = (_FOLDER / "migrations").as_posix()
    alembic_file = (_FOLDER / "alembic.ini").as_posix()
    supports_table_dropping = True
    revision_heads_map: dict[str, str] = _REVISION_HEADS_MAP

    def upgradedb(
        self,
        to_revision: str | None = None,
        from_revision: str | None = None,
        show_sql_only: bool = False,
        use_migration_files: bool = False,
    ) -> None:
        """
        Upgrade the tables; on a database without them create them from the ORM.

        :param to_revision: where to stop; the newest when omitted
        :param from_revision: where the printed SQL begins; only with ``show_sql_only``
        :param show_sql_only: print SQL instead of running it; not possible on SQLite
        :param use_migration_files: run the migrations one by one even on a new database
        """
        if not show_sql_only:
            self._untyped(super()).upgradedb(to_revision=to_revision, use_migration_files=use_migration_files)
            return
        self._refuse_sqlite()
        begin = from_revision or self._untyped(self).get_current_revision() or "base"
        self._print_sql("upgrade", f"{begin}:{to_revision or 'heads'}")

    def downgrade(
        self, to_revision: str, from_revision: str | None = None, show_sql_only: bool = False
    ) -> None:
        """
        Take the tables back to an older revision, ``base`` to drop them.

        :param to_revision: where to stop
        :param from_revision: where the printed SQL begins; only with ``show_sql_only``
        :param show_sql_only: print SQL instead of running it; not possible on SQLite
        :raises ValueError: ``from_revision`` is given, but SQL is to be run
        """
        from alembic import command

        if from_revision and not show_sql_only:
            raise ValueError(
                "A downgrade begins at the present revision. Leave out --from-revision, or add "
                "--show-sql-only."
            )
        if show_sql_only:
            self._refuse_sqlite()
            begin = from_revision or self._untyped(self).get_current_revision() or "heads"
            self._print_sql("downgrade", f"{begin}:{to_revision}")
            return
        command.downgrade(self._untyped(self).get_alembic_config(), revision=to_revision)

    @staticmethod
    def _untyped(manager: Any) -> Any:
        """Return what Airflow has written without types, for calls that a type checker cannot check."""
        return manager

    def _print_sql(self, direction: str, revisions: str) -> None:
        from airflow.utils.db import _offline_migration
        from alembic import command

        _offline_migration(getattr(command, direction), self._untyped(self).get_alembic_config(), revisions)

    def _refuse_sqlite(self) -> None:
        engine: Any = settings.engine
        if engine.dialect.name == "sqlite":
            raise SystemExit("SQL cannot be printed for SQLite, whose tables are changed by copying them.")
