from __future__ import annotations

from argparse import ArgumentTypeError, Namespace

import pytest
from sqlalchemy.exc import OperationalError

from flowforge_provider.cli import definition
from flowforge_provider.cli.command import command
from flowforge_provider.exceptions import NotFoundError


def run(error: BaseException) -> int | str | None:
    @command
    def fail(args: Namespace) -> int:
        raise error

    with pytest.raises(SystemExit) as ended:
        fail(Namespace(verbose=False))
    return ended.value.code


@pytest.mark.parametrize(
    ("error", "code", "printed"),
    [
        (
            NotFoundError("There is none.", code="workflow-not-found"),
            1,
            "There is none. [workflow-not-found]",
        ),
        (
            OperationalError("SELECT 1", {}, Exception("Connection refused\nIs the server running?")),
            1,
            "Airflow's database cannot be used: Connection refused\n",
        ),
        (OperationalError("SELECT 1", {}, Exception("no such table: x")), 1, "Run `airflow db migrate`."),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_failures_are_told_in_a_line_or_two(
    error: BaseException, code: int, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(error) == code
    told = capsys.readouterr()
    assert printed in told.err
    assert "Traceback" not in told.err
    assert "SELECT" not in told.err
    assert told.out == ""


@pytest.mark.parametrize("text", ["0", "-1"])
def test_numbers_of_lines_and_revisions_are_positive(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="1 or more"):
        definition._count(text)


@pytest.mark.parametrize("text", ["-1", "nan", "inf"])
def test_times_are_seconds(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="seconds"):
        definition._seconds(text)
