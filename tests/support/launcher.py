"""What ``make run`` starts, started by a test."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING

import psutil

from flowforge_provider.dev.ports import LOOPBACK, find_free_port

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class LauncherProcess:
    """
    One run of the launcher.

    :param home: AIRFLOW_HOME
    :param port: of the api-server; a free one when omitted
    :param environment: more environment variables
    :param stdin: file descriptor to read from; none when omitted
    """

    def __init__(
        self,
        *,
        home: Path,
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
        stdin: int = subprocess.DEVNULL,
    ) -> None:
        self.home = home
        self.port = port or find_free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.output: list[str] = []
        self.progress: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._descendants: dict[int, psutil.Process] = {}
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "flowforge_provider.dev"],
            env={**inherited, "AIRFLOW_HOME": str(home), "PORT": str(self.port), **(environment or {})},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._threads = [
            threading.Thread(target=self._read_output, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_progress, args=(self._process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """Process id of the launcher."""
        return self._process.pid

    def wait_until_ready(self, *, timeout_s: float = 180.0) -> str:
        """
        Return the line that the launcher prints when everything is up.

        :param timeout_s: seconds until the test fails, showing what the launcher said
        """
        try:
            line = self._lines.get(timeout=timeout_s)
        except queue.Empty:
            line = None
        if line is None:
            raise AssertionError("The launcher did not become ready:\n" + "\n".join(self.progress))
        return line

    def descendants(self) -> list[psutil.Process]:
        """Return every process below the launcher that was ever seen by this method."""
        for child in psutil.Process(self.pid).children(recursive=True):
            self._descendants[child.pid] = child
        return list(self._descendants.values())

    def send(self, number: signal.Signals) -> None:
        """
        Send a signal to the launcher alone.

        :param number: of the signal
        """
        self._process.send_signal(number)

    def wait(self, *, timeout_s: float = 60.0) -> int:
        """
        Wait until the launcher has ended and return its exit code.

        :param timeout_s: seconds until the test fails
        """
        code = self._process.wait(timeout_s)
        for thread in self._threads:
            thread.join(10)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        return code

    def left_over(self, *, timeout_s: float = 20.0) -> list[str]:
        """
        Return the descendants that still live some time after the launcher's end.

        :param timeout_s: seconds that they may take
        """
        deadline = time.monotonic() + timeout_s
        while True:
            living = [process for process in self._descendants.values() if _is_alive(process)]
            if not living or time.monotonic() > deadline:
                return [f"{process.pid}: {' '.join(process.cmdline())}" for process in living]
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop everything, whatever state it is in."""
        if self._process.poll() is None:
            self.send(signal.SIGINT)
        self.wait()

    def _read_output(self, stream: IO[str]) -> None:
        for line in stream:
            self.output.append(line.rstrip("\n"))
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _read_progress(self, stream: IO[str]) -> None:
        self.progress.extend(line.rstrip("\n") for line in stream)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
