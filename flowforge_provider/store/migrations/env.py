"""Run by alembic: connects to Airflow's metadata database and looks at FlowForge's tables only."""

from __future__ import annotations

from typing import Any

from airflow import settings
from alembic import context

from flowforge_provider.store.db_manager import FlowForgeDBManager

target_metadata = FlowForgeDBManager.metadata


def _is_ours(_: Any, name: str | None, kind: str, *__: Any) -> bool:
    return kind != "table" or name in target_metadata.tables


def _run_offline() -> None:
    context.configure(
        url=settings.SQL_ALCHEMY_CONN,
        target_metadata=target_metadata,
        literal_binds=True,
        render_as_batch=True,
        version_table=FlowForgeDBManager.version_table_name,
        include_object=_is_ours,
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_online() -> None:
    engine: Any = settings.engine
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            transaction_per_migration=True,
            target_metadata=target_metadata,
            compare_type=True,
            compare_server_default=True,
            # SQLite can change a table only by copying it.
            render_as_batch=True,
            version_table=FlowForgeDBManager.version_table_name,
            include_object=_is_ours,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    _run_offline()
else:
    _run_online()
