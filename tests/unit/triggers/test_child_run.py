"""The trigger that waits for a run of another workflow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.api.datamodels._generated import DagRunState
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from flowforge_provider.triggers.child_run import ChildRunTrigger

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that the trigger has slept; no time passes."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("flowforge_provider.triggers.child_run.asyncio.sleep", sleep)
    return slept


def serve(monkeypatch: pytest.MonkeyPatch, states: Sequence[str | None]) -> None:
    """Let Airflow tell one state after another; None is a run that is not there."""
    current: list[str | None] = [None]

    def count(*, dag_id: str, run_ids: list[str], states: list[str] | None = None) -> int:
        assert (dag_id, run_ids) == ("orders", ["run"])
        if states is not None:
            current[0] = remaining.pop(0)
            return int(current[0] in states)
        return int(current[0] is not None)

    remaining = list(states)
    monkeypatch.setattr(RuntimeTaskInstance, "get_dr_count", staticmethod(count))
    monkeypatch.setattr(
        RuntimeTaskInstance, "get_dagrun_state", staticmethod(lambda *_: DagRunState(current[0]))
    )


def fire() -> Any:
    async def first() -> Any:
        return await anext(ChildRunTrigger(dag_id="orders", run_id="run").run())

    return asyncio.run(first()).payload


@pytest.mark.parametrize("state", ["success", "failed"])
def test_it_fires_when_the_run_has_ended(
    monkeypatch: pytest.MonkeyPatch, pauses: list[float], state: str
) -> None:
    serve(monkeypatch, ["queued", "running", "running", state])
    assert fire() == {"state": state}
    assert len(pauses) == 4
    assert pauses == sorted(pauses)


def test_it_fires_when_the_run_was_deleted(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    serve(monkeypatch, ["running", None])
    assert fire() == {"state": "gone"}
    assert len(pauses) == 2


def test_it_asks_more_and_more_seldom(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    serve(monkeypatch, ["running"] * 60 + ["success"])
    fire()
    assert pauses[0] == 2
    assert pauses[-1] == 30


def test_airflow_can_make_it_anew() -> None:
    path, arguments = ChildRunTrigger(dag_id="orders", run_id="run").serialize()
    assert path == "flowforge_provider.triggers.child_run.ChildRunTrigger"
    again = ChildRunTrigger(**arguments)
    assert (again.dag_id, again.run_id) == ("orders", "run")
