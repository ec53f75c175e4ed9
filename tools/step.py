#!/usr/bin/env python3
"""
Run one long command with a line that shows it is alive; show what it printed only when it fails.

Usage: step.py "What is being done" command [argument ...]

It runs before the project's own environment exists, so it needs nothing but Python.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time

TAIL_LINES = 60
GRACE_S = 10.0


def main(title: str, command: list[str]) -> int:
    """
    Run a command and return its exit code.

    :param title: what to show while it runs
    :param command: program and arguments
    """
    started = time.monotonic()
    terminal = sys.stdout.isatty()
    if not terminal:
        print(title + " ...", flush=True)
    with tempfile.TemporaryFile() as log:
        # Noted, not raised: an exception between the start of the command and the next line would lose it.
        signals: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _frame: signals.append(number))
        # A group of its own, so that a signal reaches all that the command has started, from here only.
        # `make` hands on SIGTERM to us alone, and what outlives us would go on beside the next try.
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            wait_for(process, title=title, started=started, terminal=terminal, signals=signals)
        finally:
            # Also when the terminal has gone, and showing progress fails.
            if process.poll() is None:
                end(process, number=signals[0] if signals else signal.SIGTERM)
        if signals:
            if terminal:
                print()
            return 128 + signals[0]
        seconds = time.monotonic() - started
        if terminal:
            print("\r\033[K", end="")
        if process.returncode == 0:
            print(f"{title}: done in {seconds:.0f} s", flush=True)
            return 0
        log.seek(0)
        lines = log.read().decode(errors="replace").splitlines()
        print("\n".join(lines[-TAIL_LINES:]))
        print(f"{title}: failed after {seconds:.0f} s ({' '.join(command)})", flush=True)
        return process.returncode


def end(process: subprocess.Popen[bytes], *, number: int) -> None:
    """
    End a command and all that it has started.

    :param process: the running command
    :param number: the signal to begin with; what stays is killed
    """
    for signal_number in (number, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal_number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)


def wait_for(
    process: subprocess.Popen[bytes], *, title: str, started: float, terminal: bool, signals: list[int]
) -> None:
    """
    Wait for a process to end or for a signal; say now and then that it goes on.

    :param process: the running command
    :param title: what to show
    :param started: when it started, by the monotonic clock, in seconds
    :param terminal: whether one line can be written over and over
    :param signals: the signals that have come; looked at again and again
    """
    said = started
    while process.poll() is None and not signals:
        time.sleep(0.2)
        now = time.monotonic()
        if terminal:
            print(f"\r{title} ... {now - started:.0f} s", end="", flush=True)
        elif now - said >= 20:
            said = now
            print(f"  still at it, {now - started:.0f} s", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
