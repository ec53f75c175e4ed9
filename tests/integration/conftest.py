"""Fixtures for tests that use a real metadata database in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["sqlite", "postgresql"])
def metadata_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The url of a fresh metadata database with all tables; a test that takes it runs on each kind."""
    if request.param == "sqlite":
        url: str = request.getfixturevalue("migrated_sqlite").copy(tmp_path / "metadata.db")
    else:
        url = request.getfixturevalue("migrated_postgres").copy()
    return url


@pytest.fixture
def metadata(metadata_url: str, tmp_path: Path) -> Iterator[str]:
    """Airflow's sessions in this process use a fresh metadata database; gives its url."""
    from tests.support.metadata import connected_airflow

    with connected_airflow(metadata_url, folder=tmp_path):
        yield metadata_url
