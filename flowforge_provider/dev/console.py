"""What a person sees of a development instance: progress, problems, and one line with the address."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: How Airflow marks lines of these levels: ``[error    ]`` from structlog, `` ERROR - `` from older formats.
_PROBLEM = re.compile(r"\[(error|critical)\s*\]|\s(ERROR|CRITICAL)\s-\s|^\w*(Error|Exception): ")
_TIME = re.compile(r"^\S*\d{4}-\d\d-\d\dT\S+\s+")


def say(text: str) -> None:
    """
    Show progress.

    :param text: one line
    """
    print(text, file=sys.stderr, flush=True)


def announce(url: str) -> None:
    """
    Print the one line that tells where the editor is.

    :param url: of the editor
    """
    print(f"FlowForge is ready: {url}", flush=True)


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
