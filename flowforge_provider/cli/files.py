"""Read graph documents from files and write results to them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from flowforge_provider.exceptions import GraphFormatError

STDIN = "-"


def read_json(path: str) -> Any:
    """
    Return what a JSON file holds.

    :param path: path of a file in UTF-8, or ``-`` for standard input
    :raises GraphFormatError: it cannot be read, or is not JSON
    """
    name = "standard input" if path == STDIN else path
    try:
        text = sys.stdin.read() if path == STDIN else Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise GraphFormatError(f"{name} cannot be read: {error.strerror}.", code="file-unreadable") from error
    except UnicodeDecodeError as error:
        raise GraphFormatError(
            f"{name} is not UTF-8 at byte {error.start}.", code="file-unreadable"
        ) from error
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise GraphFormatError(
            f"{name} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            code="invalid-json",
        ) from error
    except (RecursionError, ValueError) as error:
        raise GraphFormatError(f"{name} cannot be read as JSON: {error}.", code="invalid-json") from error


def write_text(text: str, *, path: str | None) -> None:
    """
    Write a text to a file, or to standard output.

    :raises GraphFormatError: the file cannot be written
    """
    if path is None or path == STDIN:
        sys.stdout.write(text)
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise GraphFormatError(
            f"{path} cannot be written: {error.strerror}.", code="file-unwritable"
        ) from error
