"""Which components of a starting Airflow are still to be waited for."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from flowforge_provider.dev.health import find_waiting

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")


def report(*, beat: datetime, status: str = "healthy") -> dict[str, Any]:
    names = ("scheduler", "dag_processor", "triggerer")
    return {
        "metadatabase": {"status": "healthy"},
        **{name: {"status": status, f"latest_{name}_heartbeat": beat.isoformat()} for name in names},
    }


def test_everything_is_waited_for_while_nothing_answers() -> None:
    assert find_waiting(None, components=COMPONENTS, since=START) == list(COMPONENTS)


def test_heartbeat_of_an_earlier_start_does_not_count() -> None:
    old = report(beat=START - timedelta(seconds=3))
    assert find_waiting(old, components=COMPONENTS, since=START) == list(COMPONENTS[1:])


def test_nothing_is_waited_for_when_all_have_reported() -> None:
    assert find_waiting(report(beat=START), components=COMPONENTS, since=START) == []


def test_unhealthy_component_is_waited_for() -> None:
    health = report(beat=START + timedelta(seconds=1))
    health["triggerer"]["status"] = "unhealthy"
    assert find_waiting(health, components=COMPONENTS, since=START) == ["triggerer"]


def test_component_that_never_reported_is_waited_for() -> None:
    health = report(beat=START)
    health["dag_processor"] = {"status": None, "latest_dag_processor_heartbeat": None}
    assert find_waiting(health, components=COMPONENTS, since=START) == ["dag-processor"]
