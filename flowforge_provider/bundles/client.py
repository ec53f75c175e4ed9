"""How workers, which have no database, ask the api-server."""

from __future__ import annotations

import logging
import os
import random
import time
from typing import TYPE_CHECKING, Any

from flowforge_provider import settings
from flowforge_provider.exceptions import FlowForgeError

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

__all__ = ["BundleFetchError", "api_url", "ask", "has_database"]

log = logging.getLogger(__name__)

_REQUEST_TIMEOUT_S = 10.0
_FIRST_DELAY_S = 0.1
_MAX_DELAY_S = 5.0


class BundleFetchError(FlowForgeError):
    """
    The api-server did not give what it was asked for.

    :param status: of its answer, where it has refused
    """

    code = "bundle-fetch"

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None) -> None:
        super().__init__(message, code=code)
        self.status = status


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


def ask(url: str, *, sign: Callable[[], str]) -> httpx.Response:
    """
    Send GET until it is answered, for as long as ``[flowforge] bundle_fetch_timeout_s`` says.

    :param sign: makes the token of one request; it lives for seconds
    :raises BundleFetchError: the api-server cannot be reached (``bundle-unreachable``) or refuses
        (``bundle-refused``, with its status)
    """
    import httpx

    give_up = time.monotonic() + settings.bundle_fetch_timeout_s()
    delay_s = _FIRST_DELAY_S
    with httpx.Client(timeout=_REQUEST_TIMEOUT_S) as client:
        while True:
            cause: Exception | None = None
            try:
                response = client.get(url, headers={"Authorization": f"Bearer {sign()}"})
            except httpx.TransportError as error:
                problem = f"{type(error).__name__}: {error}"
                cause = error
            else:
                if response.status_code == httpx.codes.OK:
                    return response
                problem = _explain(response)
                if response.status_code not in _WORTH_RETRYING:
                    raise BundleFetchError(
                        f"GET {url} was refused. {problem}",
                        code="bundle-refused",
                        status=response.status_code,
                    )
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


def has_database() -> bool:
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
