"""
The file of one workflow as it was at one bundle version, for good: what tasks run.

Tasks have no database, so the api-server is asked over HTTP. A file never changes, so it is asked once.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flowforge_provider.bundles.client import BundleFetchError, api_url, ask, has_database
from flowforge_provider.bundles.paths import relative_path, write_file
from flowforge_provider.bundles.tokens import ALL_WORKFLOWS, sign_token

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "DIGEST_HEADER",
    "BundleFetchError",
    "ensure_all_files",
    "ensure_file",
    "fetch_live_file",
]

DIGEST_HEADER = "X-FlowForge-Digest"

# Above every seq.
_NEWEST = "9" * 18


def ensure_file(*, folder: Path, workflow_id: str, version: str) -> None:
    """
    Put one workflow's file into a folder, unless it is there.

    :param folder: the bundle's folder for this version
    :raises BundleFetchError: the api-server cannot be reached, refuses, or has no such file
    """
    path = folder / relative_path(workflow_id)
    if not path.is_file():
        write_file(path, _read(workflow_id=workflow_id, version=version))


def fetch_live_file(*, folder: Path, workflow_id: str) -> None:
    """
    Put one workflow's live file into a folder, over an older one.

    :raises BundleFetchError: the api-server cannot be reached, refuses, or has no such file
    """
    source = _read(workflow_id=workflow_id, version=_NEWEST)
    write_file(folder / relative_path(workflow_id), source)


def _read(*, workflow_id: str, version: str) -> str:
    if has_database():
        return _read_from_database(workflow_id, version)
    response = ask(
        f"{api_url()}/bundle/{version}/{workflow_id}",
        sign=lambda: sign_token(workflow_id=workflow_id, version=version),
    )
    source = response.text
    expected = response.headers.get(DIGEST_HEADER)
    if expected != hashlib.sha256(source.encode()).hexdigest():
        raise BundleFetchError(
            f"{response.url} answered with something else than a Dag file. Check [core] "
            "execution_api_server_url, or set [flowforge] bundle_api_url.",
            code="bundle-answer",
        )
    return source


def ensure_all_files(*, folder: Path, version: str) -> None:
    """
    Put the files of all workflows of a version into a folder; for callers that name no workflow.

    :raises BundleFetchError: the api-server cannot be reached, refuses, or lacks a file
    """
    if has_database():
        _ensure_from_database(folder=folder, version=version)
        return
    response = ask(
        f"{api_url()}/bundle/{version}",
        sign=lambda: sign_token(workflow_id=ALL_WORKFLOWS, version=version),
    )
    for workflow_id in response.json()["workflow_ids"]:
        ensure_file(folder=folder, workflow_id=workflow_id, version=version)


def _read_from_database(workflow_id: str, version: str) -> str:
    from airflow.utils.session import create_session

    from flowforge_provider.store import publications

    with create_session(scoped=False) as session:
        row = publications.at(workflow_id, int(version), session)
    if row is None or row.source is None:
        raise BundleFetchError(
            f'Workflow "{workflow_id}" was never published up to version {version}.', code="bundle-no-file"
        )
    return row.source


def _ensure_from_database(*, folder: Path, version: str) -> None:
    from airflow.utils.session import create_session

    from flowforge_provider.store import publications

    with create_session(scoped=False) as session:
        seqs = publications.seqs_at(int(version), session)
        missing = [seq for key, seq in seqs.items() if not (folder / relative_path(key)).is_file()]
        for row in publications.iter_by_seq(missing, session):
            if row.source is not None:
                write_file(folder / relative_path(row.workflow_id), row.source)
