"""Airflow's states in the words of the API."""

from __future__ import annotations

from typing import Literal, cast

__all__ = ["ExecutionState", "StepState", "execution_state", "is_final", "step_state"]

ExecutionState = Literal["queued", "running", "success", "failed", "cancelled"]
StepState = Literal[
    "none",
    "scheduled",
    "queued",
    "running",
    "success",
    "failed",
    "skipped",
    "up_for_retry",
    "upstream_failed",
    "cancelled",
]

# What Airflow tells apart and a user need not: waiting outside of a worker is still running.
_STEP_STATES: dict[str, StepState] = {
    "restarting": "running",
    "deferred": "running",
    "up_for_reschedule": "running",
    "awaiting_input": "running",
    "removed": "skipped",
}
_FINAL: frozenset[str] = frozenset({"success", "failed", "cancelled"})


def execution_state(state: str, *, cancelled: bool) -> ExecutionState:
    """
    Return the state of an execution.

    :param state: state of the Dag run
    :param cancelled: a user has cancelled it; Airflow itself ends such runs as failed
    """
    return "cancelled" if cancelled and state == "failed" else cast("ExecutionState", state)


def is_final(state: ExecutionState) -> bool:
    """Tell whether an execution has ended."""
    return state in _FINAL


def step_state(state: str | None, *, ended_by_cancel: bool) -> StepState:
    """
    Return the state of a step.

    :param state: state of the task instance; None before Airflow has looked at it
    :param ended_by_cancel: it had not ended when the execution was cancelled
    """
    if state is None:
        return "none"
    if ended_by_cancel and state in {"failed", "skipped"}:
        return "cancelled"
    return _STEP_STATES.get(state) or cast("StepState", state)
