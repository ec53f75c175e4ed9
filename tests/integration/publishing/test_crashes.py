"""A process that is killed at any statement of publishing leaves the old publication or the new one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

_PROGRAM = Path(__file__).with_name("crashing_publisher.py")


def run(*arguments: str, timeout_s: float = 200) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(_PROGRAM), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.mark.usefixtures("metadata")
@pytest.mark.parametrize("action", ["publish", "republish", "unpublish"])
def test_a_kill_leaves_old_or_new(action: str) -> None:
    kills = run("kill", action)

    # Each statement, and before and after the commit.
    assert len(kills) > 10
    assert all(kill["signal"] == signal.SIGKILL for kill in kills[:-1])
    assert {kill["state"] for kill in kills} == {"old", "new"}
    # What is committed stays; before that nothing is visible.
    states = [kill["state"] for kill in kills]
    assert states == sorted(states, key=["old", "new"].index)
    # After each kill the next publisher gets through.
    assert all(kill["next"] == "ok" for kill in kills)


@pytest.mark.usefixtures("metadata")
def test_twenty_workflows_from_four_processes_lose_none() -> None:
    (outcome,) = run("crowd")

    assert len(set(outcome["seqs"])) == 20
    assert outcome["errors"] == []
    assert outcome["runnable"] == 20
    assert outcome["files"] == 20
    assert outcome["latest_seq"] == max(outcome["seqs"])


@pytest.mark.usefixtures("metadata")
def test_four_processes_publish_one_workflow_once() -> None:
    (outcome,) = run("same")

    assert outcome["errors"] == []
    assert len(set(outcome["seqs"])) == 1
    assert outcome["dag_versions"] == 1
