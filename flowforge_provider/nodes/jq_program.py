"""
jq programs without jq's way to the outside.

Plain jq hands its whole environment to a program (``env``, ``$ENV``), and a worker's environment holds
secrets. The prelude shadows that, and what writes to the worker's own streams. Since definitions stand before
the program, ``import``, ``include`` and ``module`` in it are syntax errors.
"""

from __future__ import annotations

import re

_PRELUDE = (
    "def env: {}; def input_filename: null; def input_line_number: 0; def input: null; def inputs: empty; "
    "def debug: .; def debug(message): .; def stderr: .; def modulemeta: null; def get_search_list: []; "
    "{} as $ENV |\n"
)
_PLACE = re.compile(r" at <top-level>, line (\d+), column (\d+):.*", re.DOTALL)


def guard_program(program: str) -> str:
    """
    Return the program with the prelude before it, on a line of its own; compile that instead of the program.

    :param program: jq source as the user wrote it
    """
    return _PRELUDE + program


def check_program(program: str) -> str | None:
    """
    Return why a jq program cannot be compiled, or None.

    :param program: jq source as the user wrote it
    :raises ImportError: the package ``jq`` is not installed
    """
    import jq

    try:
        jq.compile(guard_program(program))
    except ValueError as error:
        return explain(str(error))
    return None


def explain(message: str) -> str:
    """
    Return jq's message in one line, its place counted from the start of the user's program.

    :param message: text of an error from the package ``jq``, of a guarded program
    """
    first = message.strip().removeprefix("jq: error: ")
    place = _PLACE.search(first)
    if place is None:
        return first.splitlines()[0] if first else "it is not valid jq"
    return f"{first[: place.start()]} (line {max(1, int(place[1]) - 1)}, column {place[2]})"
