"""Let the Airflow that the tests import use a database of their own."""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING

from flowforge_provider.dev.profile import BUNDLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@contextlib.contextmanager
def connected_airflow(
    database_url: str, *, folder: Path, options: Mapping[str, str] | None = None
) -> Iterator[None]:
    """
    Connect Airflow's sessions in this process to a database for the time of a ``with`` block.

    :param database_url: SQLAlchemy url of a migrated metadata database
    :param folder: where bundles keep their files
    :param options: environment variables, for more of Airflow's configuration
    """
    from airflow import settings

    environment = {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database_url,
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(BUNDLES),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(folder / "bundles"),
        "AIRFLOW__API_AUTH__JWT_SECRET": "a-secret-of-the-tests-that-is-long-enough",
        **(options or {}),
    }
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    _reconnect(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
        _reconnect(settings)


def _reconnect(settings: object) -> None:
    settings.dispose_orm()  # type: ignore[attr-defined]
    settings.configure_vars()  # type: ignore[attr-defined]
    settings.configure_orm()  # type: ignore[attr-defined]
