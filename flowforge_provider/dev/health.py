"""Ask a starting Airflow whether its components are up."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

#: name of a component -> its name in the answer of the health route
_HEALTH_NAMES = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}


def read_health(base_url: str, *, timeout_s: float = 5.0) -> dict[str, Any] | None:
    """
    Return the answer of Airflow's health route, or None until the api-server serves people and workers.

    The part that serves workers builds its routes on its first request, which takes seconds and holds up all
    other requests meanwhile. Asked for here, that happens while everything starts, and not in the first run.

    :param base_url: url of the api-server, without a slash at the end
    :param timeout_s: seconds to wait for the answer
    """
    # The server is on this machine, whatever proxy the environment names for the rest of the world.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{base_url}/api/v2/monitor/health", timeout=timeout_s) as response:
            answer = json.load(response)
        _ask_for_workers(opener, base_url, timeout_s=timeout_s)
    except (urllib.error.URLError, OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


def _ask_for_workers(opener: urllib.request.OpenerDirector, base_url: str, *, timeout_s: float) -> None:
    try:
        with opener.open(f"{base_url}/execution/health", timeout=timeout_s):
            pass
    except urllib.error.HTTPError as error:
        # Where [api] base_url holds a path, this address exists under that path only.
        if error.code != 404:
            raise


def find_waiting(health: dict[str, Any] | None, *, components: Collection[str], since: datetime) -> list[str]:
    """
    Return the components that have not reported since a moment.

    A heartbeat from before that moment belongs to an earlier start; Airflow counts it as healthy for 30 s.

    :param health: the answer of the health route, or None when the api-server does not answer
    :param components: names as in :data:`flowforge_provider.dev.components.AIRFLOW_COMPONENTS`
    :param since: when the components were started, with a time zone
    """
    waiting = []
    for name in components:
        if name == "api-server":
            ready = health is not None and health.get("metadatabase", {}).get("status") == "healthy"
        else:
            ready = _has_beaten(health or {}, _HEALTH_NAMES[name], since)
        if not ready:
            waiting.append(name)
    return waiting


def _has_beaten(health: dict[str, Any], name: str, since: datetime) -> bool:
    report = health.get(name) or {}
    beat = report.get(f"latest_{name}_heartbeat")
    if report.get("status") != "healthy" or not beat:
        return False
    moment = datetime.fromisoformat(str(beat).replace("Z", "+00:00"))
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc) >= since
