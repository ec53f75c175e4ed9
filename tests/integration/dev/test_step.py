"""The tool that runs one long step of the Makefile."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flowforge_provider.dev.sessions import session_members

pytestmark = pytest.mark.integration

STEP = Path(__file__).resolve().parents[3] / "tools" / "step.py"


def start_step(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(STEP), "Doing it", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_output_is_shown_only_when_the_command_fails() -> None:
    good = start_step("sh", "-c", "echo quiet").communicate(timeout=30)[0]
    assert "quiet" not in good
    assert "Doing it: done in" in good
    bad = start_step("sh", "-c", "echo the reason >&2; exit 3")
    said = bad.communicate(timeout=30)[0]
    assert bad.returncode == 3
    assert "the reason" in said
    assert "Doing it: failed after" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_the_command_and_what_it_has_started(number: signal.Signals, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    step = start_step("sh", "-c", f"sleep 600 & echo $$ > '{pid_file}'; wait")
    deadline = time.monotonic() + 20
    while not (pid_file.exists() and pid_file.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    session = int(pid_file.read_text())
    assert len(session_members([session])) == 2
    step.send_signal(number)
    said = step.communicate(timeout=30)[0]
    assert step.returncode == 128 + number, said
    assert session_members([session]) == []
