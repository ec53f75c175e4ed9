"""What a person sees of a development instance: progress, problems, and one line with the address."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

#: How Airflow marks lines of these levels: ``[error    ]`` from structlog, `` ERROR - `` from older formats.
_PROBLEM = re.compile(r"\[(error|critical)\s*\]|\s(ERROR|CRITICAL)\s-\s|^\w*(Error|Exception): ")
_TIME = re.compile(r"^\S*\d{4}-\d\d-\d\dT\S+\s+")


def say(text: str) -> None:
    """
    Show progress.

    :param text: one line
    """
    _print(text, sys.stderr)


def announce(url: str) -> None:
    """
    Print the one line that tells where the editor is.

    :param url: of the editor
    """
    _print(f"FlowForge is ready: {url}", sys.stdout)


def _print(text: str, stream: TextIO) -> None:
    try:
        print(text, file=stream, flush=True)
    except OSError:
        # The terminal was closed, or the reader of the pipe has gone. Stopping in order matters more than
        # telling nobody about it; what is left in the buffer must not fail again at the exit.
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, stream.fileno())
        os.close(silence)


class Terminal:
    """
    The terminal that the program was started from, if it was.

    When a window is closed, some terminals tell it to the first program in it only; behind ``make``, that is
    not us, and ``make`` waits for us.
    """

    def __init__(self) -> None:
        self._was_there = _has_terminal()

    def is_gone(self) -> bool:
        """Say whether there was a terminal, and it was closed."""
        return self._was_there and not _has_terminal()


def _has_terminal() -> bool:
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


class ProblemReader:
    """
    Finds the problems in what a component prints to its log file, as the file grows.

    :param name: of the component, put before each line
    :param path: the log file; only what comes after now is read
    """

    def __init__(self, *, name: str, path: Path) -> None:
        self._name = name
        self._path = path
        self._position = path.stat().st_size if path.exists() else 0
        self._rest = ""

    def read(self) -> list[str]:
        """Return the problems since the last call, each with the component's name before it."""
        try:
            with self._path.open(errors="replace") as stream:
                stream.seek(self._position)
                text = stream.read()
                self._position = stream.tell()
        except FileNotFoundError:
            return []
        lines = (self._rest + text).split("\n")
        self._rest = lines.pop()
        return [f"[{self._name}] {_TIME.sub('', line).strip()}" for line in lines if _PROBLEM.search(line)]
