"""An inbox on a database of this process's own, without the API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.runs.database import Database
    from tests.support.databases import MigratedSqlite


@pytest.fixture
def database(migrated_sqlite: MigratedSqlite) -> Iterator[Database]:
    """FlowForge's own connections to a fresh database of this process's Airflow."""
    from airflow import settings

    from flowforge_provider.runs.database import close_database, get_database
    from flowforge_provider.runs.published import forget_published

    close_database()
    forget_published()
    engine = settings.engine
    assert engine is not None
    path = Path(str(engine.url.database))
    engine.dispose()
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink()
    migrated_sqlite.copy(path)
    yield get_database()
    close_database()
    engine.dispose()
