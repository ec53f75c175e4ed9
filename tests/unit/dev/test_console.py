"""Problems in the logs of components."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from flowforge_provider.dev.console import ProblemReader, Terminal, say

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_problems_carry_the_name_of_their_component(tmp_path: Path) -> None:
    path = tmp_path / "scheduler.log"
    path.write_text("2026-01-01T00:00:00.000000Z [error    ] of an earlier start\n")
    reader = ProblemReader(name="scheduler", path=path)
    with path.open("a") as log:
        log.write("2026-01-01T00:00:01.000000Z [info     ] all is well [logger]\n")
        log.write("2026-01-01T00:00:02.000000Z [error    ] Lost the database [logger]\n")
    assert reader.read() == ["[scheduler] [error    ] Lost the database [logger]"]
    assert reader.read() == []


def test_line_that_is_still_being_written_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "api-server.log"
    reader = ProblemReader(name="api-server", path=path)
    assert reader.read() == []
    path.write_text("[critical ] half")
    assert reader.read() == []
    with path.open("a") as log:
        log.write(" and whole\n")
    assert reader.read() == ["[api-server] [critical ] half and whole"]


def test_last_line_of_a_traceback_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    reader = ProblemReader(name="x", path=path)
    path.write_text(
        'Traceback (most recent call last):\n  File "a.py", line 1\nModuleNotFoundError: No module\n'
    )
    assert reader.read() == ["[x] ModuleNotFoundError: No module"]


def test_text_that_nobody_reads_any_more_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        say("Stopping …")
        say("more than that")


def test_closed_terminal_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    window, inside = os.openpty()
    with os.fdopen(inside) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        terminal = Terminal()
        assert not terminal.is_gone()
        os.close(window)
        assert terminal.is_gone()


def test_program_without_a_terminal_misses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert not Terminal().is_gone()
