#!/usr/bin/env python3
"""
Run one long command with a line that shows it is alive; show what it printed only when it fails.

Usage: step.py "What is being done" command [argument ...]

It runs before the project's own environment exists, so it needs nothing but Python.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time

TAIL_LINES = 60


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
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            wait_for(process, title=title, started=started, terminal=terminal)
        except KeyboardInterrupt:
            process.wait()
            print()
            return 130
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


def wait_for(process: subprocess.Popen[bytes], *, title: str, started: float, terminal: bool) -> None:
    """
    Wait for a process to end; say now and then that it has not.

    :param process: the running command
    :param title: what to show
    :param started: when it started, by the monotonic clock, in seconds
    :param terminal: whether one line can be written over and over
    """
    said = started
    while process.poll() is None:
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
