"""Where the bundle keeps its files on this machine."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from airflow.dag_processing.bundles.base import get_bundle_base_folder, get_bundle_version_path

from flowforge_provider.settings import BUNDLE_NAME

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["pinned_folder", "relative_path", "tracking_folder", "unpinned_folder", "write_file"]

# Airflow puts the bundle's folder on sys.path. A workflow "redis" must not be what `import redis` finds, so
# files lie one level deeper.
_WORKFLOWS = "workflows"
_SUFFIX = ".py"


def tracking_folder() -> Path:
    """
    Return the folder with the live file of each published workflow, which the dag-processor reads.

    Airflow keeps bundles in the machine's temporary folder by default. Several Airflows on one machine
    would share it, so the database is part of the path.
    """
    from airflow.configuration import conf
    from sqlalchemy import make_url

    url = make_url(conf.get_mandatory_value("database", "sql_alchemy_conn")).set(password=None)
    return get_bundle_base_folder(BUNDLE_NAME) / "tracking" / _fingerprint(str(url).encode())


def pinned_folder(*, version: str, key: bytes) -> Path:
    """
    Return the folder with files of one bundle version, below the one that Airflow cleans up when it is old.

    :param key: what signs requests for files; tells one Airflow's cache from another's
    """
    return get_bundle_version_path(BUNDLE_NAME, version) / _fingerprint(key)


def unpinned_folder(*, key: bytes) -> Path:
    """Return the folder with the live files that tasks of runs without a version have asked for."""
    return get_bundle_base_folder(BUNDLE_NAME) / "unpinned" / _fingerprint(key)


def relative_path(workflow_id: str) -> str:
    """Return the path of a workflow's file inside the bundle."""
    return f"{_WORKFLOWS}/{workflow_id}{_SUFFIX}"


def write_file(path: Path, text: str) -> None:
    """
    Write a file so that readers see the old text or the new one, never a part.

    :param path: its folder is made when missing
    """
    import os
    import threading

    path.parent.mkdir(parents=True, exist_ok=True)
    # A name that the dag-processor does not take for a Dag file, and no other writer uses.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
