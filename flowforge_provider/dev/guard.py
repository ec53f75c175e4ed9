"""
End our servers when the process that started them is gone, however it went.

A guard is a small process beside the launcher. It reads session ids from a pipe whose other end only the
launcher holds. The pipe closes when the launcher ends, also by ``kill -9``, which no signal handler could
see; then the guard ends what is left of the sessions. (Linux could signal the direct children by
PR_SET_PDEATHSIG, but not their children, and macOS has no such thing.)
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import IO

from flowforge_provider.dev.sessions import end_sessions


class Guard:
    """Ends the sessions it is told of when this process ends. Start it before the first server."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the guard's process, if it does not run."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flowforge_provider.dev.guard"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                text=True,
                # Ctrl-C in a terminal reaches the whole foreground group; the guard has to outlive it.
                start_new_session=True,
            )

    def watch(self, session: int) -> None:
        """
        Make sure that this session ends with this process.

        :param session: process id of the session's leader
        """
        self.start()
        self._tell(str(session))

    def forget(self, session: int) -> None:
        """
        Stop watching a session that has ended: its id may come to belong to somebody else.

        :param session: process id of the session's leader
        """
        self._tell(f"-{session}")

    def _tell(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(line + "\n")
                self._process.stdin.flush()

    def close(self, *, timeout_s: float = 30.0) -> None:
        """
        End what is left of the watched sessions, and the guard.

        :param timeout_s: seconds to wait for that
        """
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run_guard(stream: IO[str], *, grace_s: float = 5.0) -> None:
    """
    Read session ids until the stream closes, then end those sessions.

    :param stream: a session id a line; with a minus in front, one that has ended
    :param grace_s: seconds between SIGTERM and SIGKILL
    """
    sessions: set[int] = set()
    for line in stream:
        if line.startswith("-"):
            sessions.discard(int(line[1:]))
        else:
            sessions.add(int(line))
    end_sessions(sessions, grace_s=grace_s)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")
    run_guard(sys.stdin)
