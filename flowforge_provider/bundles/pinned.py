"""
The file of one workflow as it was at one bundle version, for good: what tasks run.

Tasks have no database, so the api-server is asked over HTTP. A file never changes, so it is asked once.
"""

from __future__ import annotations

import hashlib
import logging
import os
import random
import time
from typing import TYPE_CHECKING, Any

from flowforge_provider import settings
from flowforge_provider.bundles.paths import relative_path, write_file
from flowforge_provider.bundles.tokens import ALL_WORKFLOWS, sign_token
from flowforge_provider.exceptions import FlowForgeError

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

__all__ = [
    "DIGEST_HEADER",
    "BundleFetchError",
    "api_url",
    "ensure_all_files",
    "ensure_file",
    "fetch_live_file",
]

log = logging.getLogger(__name__)

DIGEST_HEADER = "X-FlowForge-Digest"

# Above every seq.
_NEWEST = "9" * 18
_REQUEST_TIMEOUT_S = 10.0
_FIRST_DELAY_S = 0.1
_MAX_DELAY_S = 5.0


class BundleFetchError(FlowForgeError):
    """A pinned file could not be had."""

    code = "bundle-fetch"


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
    if _has_database():
        return _read_from_database(workflow_id, version)
    response = _get(f"{api_url()}/bundle/{version}/{workflow_id}", workflow_id=workflow_id, version=version)
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
    if _has_database():
        _ensure_from_database(folder=folder, version=version)
        return
    response = _get(f"{api_url()}/bundle/{version}", workflow_id=ALL_WORKFLOWS, version=version)
    for workflow_id in response.json()["workflow_ids"]:
        ensure_file(folder=folder, workflow_id=workflow_id, version=version)


def api_url() -> str:
    """Return the address of FlowForge's api as this machine reaches it, without a slash at its end."""
    from airflow.configuration import conf

    if configured := settings.bundle_api_url():
        return f"{configured}/api"
    execution = (conf.get("core", "execution_api_server_url", fallback="") or "").rstrip("/")
    if execution.endswith("/execution"):
        return execution.removesuffix("/execution") + "/flowforge/api"
    base = (conf.get("api", "base_url", fallback="") or "http://localhost:8080").rstrip("/")
    return f"{base}/flowforge/api"


def _get(url: str, *, workflow_id: str, version: str) -> httpx.Response:
    import httpx

    give_up = time.monotonic() + settings.bundle_fetch_timeout_s()
    delay_s = _FIRST_DELAY_S
    with httpx.Client(timeout=_REQUEST_TIMEOUT_S) as client:
        while True:
            token = sign_token(workflow_id=workflow_id, version=version)
            cause: Exception | None = None
            try:
                response = client.get(url, headers={"Authorization": f"Bearer {token}"})
            except httpx.TransportError as error:
                problem = f"{type(error).__name__}: {error}"
                cause = error
            else:
                if response.status_code == httpx.codes.OK:
                    return response
                problem = _explain(response)
                if response.status_code not in _WORTH_RETRYING:
                    raise BundleFetchError(f"GET {url} was refused. {problem}", code="bundle-refused")
            if time.monotonic() + delay_s > give_up:
                raise BundleFetchError(
                    f"GET {url} failed for {settings.bundle_fetch_timeout_s():g} seconds. {problem} Check "
                    "that the api-server runs and that this address leads to it ([core] "
                    "execution_api_server_url, or [flowforge] bundle_api_url).",
                    code="bundle-unreachable",
                ) from cause
            log.warning("GET %s failed, trying again: %s", url, problem)
            time.sleep(delay_s * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            delay_s = min(2 * delay_s, _MAX_DELAY_S)


_WORTH_RETRYING = frozenset({408, 425, 429, 500, 502, 503, 504})


def _explain(response: httpx.Response) -> str:
    """Return what the api says of its refusal, or what seems to be at that address instead of it."""
    try:
        problem: Any = response.json()
        detail, code = problem["detail"], problem["code"]
    except (ValueError, KeyError, TypeError):
        return (
            f"The answer was HTTP {response.status_code} and not from FlowForge's api. Is the provider "
            "installed on the api-server, and does this address lead to it?"
        )
    return f"{detail} [{code}]"


def _has_database() -> bool:
    """
    Return whether this process is one of Airflow's servers and may read the database itself.

    A task that a server's process was forked into keeps the server's environment, but Airflow takes the
    database away from it.
    """
    from airflow import settings as airflow_settings

    return (
        os.environ.get("_AIRFLOW_PROCESS_CONTEXT") == "server"
        and getattr(airflow_settings, "engine", None) is not None
    )


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
