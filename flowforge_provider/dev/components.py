"""One server process: leads its own session, prints into a file, is stopped with all that it forked."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from flowforge_provider.dev.sessions import end_sessions, kill_sessions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from flowforge_provider.dev.guard import Guard

#: name of a component -> the arguments of ``airflow`` that run it. Logs are read from the local disk, so
#: no log servers: those would listen on all interfaces.
AIRFLOW_COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}


def airflow_command(*arguments: str) -> list[str]:
    """
    Return the command line that runs ``airflow`` with this Python.

    :param arguments: what follows ``airflow``
    """
    return [sys.executable, "-m", "airflow", *arguments]


class Component:
    """
    A server process and its descendants.

    :param name: shown to people, and the name of the log file
    :param command: program and arguments
    :param environment: the whole environment of the process
    :param log_path: the file that receives what the process prints; appended to
    :param guard: ends the process when this one is killed
    :param user: numeric user to run as, for a server that refuses root; this process's own when omitted
    :param group: numeric group to go with ``user``
    """

    def __init__(
        self,
        *,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log_path: Path,
        guard: Guard,
        user: int | None = None,
        group: int | None = None,
    ) -> None:
        self.name = name
        self.log_path = log_path
        self._command = list(command)
        self._environment = dict(environment)
        self._guard = guard
        self._user = user
        self._group = group
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id, which is the session id too; 0 when it was never started."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start the process."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self._user,
                group=self._group,
                extra_groups=None if self._user is None else [],
            )
        self._guard.watch(self._process.pid)

    def exit_code(self) -> int | None:
        """Return the exit code, or None while the process runs or when it was never started."""
        return self._process.poll() if self._process else None

    def is_running(self) -> bool:
        """Say whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def interrupt(self, number: signal.Signals = signal.SIGTERM) -> None:
        """
        Ask the process to stop, without waiting.

        :param number: what to send to the leader
        """
        if self.is_running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def stop(self, *, number: signal.Signals = signal.SIGTERM, timeout_s: float = 10.0) -> None:
        """
        Stop the process and everything that it left behind.

        :param number: what to send to the leader first
        :param timeout_s: seconds that the leader may take before its whole session is ended
        """
        if self._process is None:
            return
        self.interrupt(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        end_sessions([self.pid], grace_s=3.0)
        self._process.wait()
        self._guard.forget(self.pid)

    def kill(self) -> None:
        """Kill the process and its descendants at once, as a crash of the machine would."""
        if self._process is None:
            return
        # The leader first, so that it cannot answer the death of its children.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        kill_sessions([self.pid])
        self._process.wait()
        self._guard.forget(self.pid)

    def log_tail(self, *, lines: int = 40) -> str:
        """
        Return the last lines that the process printed.

        :param lines: how many at most
        """
        with contextlib.suppress(FileNotFoundError):
            return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])
        return ""
