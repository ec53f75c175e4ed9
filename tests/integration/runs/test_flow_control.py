"""Repeated deliveries and flow control between processes, and across kills at any statement."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("metadata")]

_PROGRAM = Path(__file__).with_name("flow_processes.py")


def _run(*arguments: str, timeout_s: float = 400) -> Any:
    done = subprocess.run(
        [sys.executable, str(_PROGRAM), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_the_same_key_from_two_processes_at_once_is_one_execution() -> None:
    assert _run("same") == {"answers": 100, "executions": 1, "first": 1, "runs": 1}


def test_rates_and_groups_are_exact_between_processes() -> None:
    outcome = _run("crowd")
    assert outcome["refused"] == 2 * 20 - 10
    assert sum(outcome["batches"]) == 2 * 25
    assert outcome["batches"].count(7) >= 7, "batches are closed before they are full"
    assert max(outcome["batches"]) == 7
    debounced = outcome["debounced"]
    assert outcome["runs"] == 10 + len(outcome["batches"]) + (2 * 10 - debounced)


@pytest.mark.slow
def test_no_more_of_a_key_run_than_may_whoever_lets_them_go() -> None:
    assert _run("turns") == {"runs": 16, "most": 2, "in_order": True}


@pytest.mark.parametrize(
    "stride", [pytest.param(1, marks=pytest.mark.slow, id="each"), pytest.param(9, id="each-ninth")]
)
def test_a_kill_loses_and_doubles_nothing(stride: int) -> None:
    kills = _run("kill", str(stride))
    assert len(kills) * stride > 40
    assert all(kill["signal"] == signal.SIGKILL for kill in kills[:-1])
    assert {kill["promised"] for kill in kills} >= {0, 10}
