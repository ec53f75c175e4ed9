"""Lines of a log: which are asked for, and how they look as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from flowforge_provider.api.datamodels.executions import LogLine

__all__ = ["LogLevel", "as_text", "select_lines"]

LogLevel = Literal["debug", "info", "warning", "error", "critical"]
_SAME_LEVEL = {
    "warn": "warning",
    "fatal": "critical",
    "exception": "error",
    "notset": "debug",
    "trace": "debug",
}


def select_lines(
    lines: Sequence[LogLine], *, levels: Collection[LogLevel] = (), search: str | None = None
) -> list[LogLine]:
    """
    Return the lines that are asked for.

    :param levels: only of these levels; of all when empty
    :param search: only with this text in it, in upper or lower case
    """
    wanted = search.casefold() if search else ""
    return [
        line
        for line in lines
        if (not levels or _SAME_LEVEL.get(line.level, line.level) in levels)
        and (not wanted or wanted in line.message.casefold())
    ]


def as_text(line: LogLine) -> str:
    """Return a line for a text file, with its line break."""
    moment = line.timestamp.isoformat() if line.timestamp is not None else "-"
    return f"{moment} {line.level.upper()} {line.message}\n"
