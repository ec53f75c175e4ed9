from __future__ import annotations

from typing import get_args

import pytest
from airflow.utils.state import DagRunState, TaskInstanceState

from flowforge_provider.runs.states import ExecutionState, StepState, execution_state, is_final, step_state


@pytest.mark.parametrize("state", [None, *TaskInstanceState])
def test_every_task_state_of_airflow_has_a_name_here(state: TaskInstanceState | None) -> None:
    text = str(state) if state is not None else None
    assert step_state(text, ended_by_cancel=False) in get_args(StepState)


@pytest.mark.parametrize("state", list(DagRunState))
def test_every_run_state_of_airflow_has_a_name_here(state: DagRunState) -> None:
    assert execution_state(str(state), cancelled=False) in get_args(ExecutionState)


def test_only_a_failed_run_can_be_cancelled() -> None:
    assert execution_state("failed", cancelled=True) == "cancelled"
    # Airflow's own users may let a cancelled run go on.
    assert execution_state("running", cancelled=True) == "running"
    assert is_final("cancelled")
    assert not is_final("queued")


def test_a_step_that_the_cancellation_ended_is_cancelled() -> None:
    assert step_state("failed", ended_by_cancel=True) == "cancelled"
    assert step_state("skipped", ended_by_cancel=True) == "cancelled"
    assert step_state("success", ended_by_cancel=True) == "success"
    assert step_state("failed", ended_by_cancel=False) == "failed"
