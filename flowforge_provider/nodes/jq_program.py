"""
jq programs without jq's way to the outside.

Plain jq hands its whole environment to a program (``env``, ``$ENV``), and a worker's environment holds
secrets. The prelude shadows that, and what writes to the worker's own streams. Since definitions stand before
the program, ``import``, ``include`` and ``module`` in it are syntax errors.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

# What runs in a process of its own, with limits: see jq_child.py.
CHILD_COMMAND = (sys.executable, "-I", str(Path(__file__).with_name("jq_child.py")))
COMPILE_TIME_LIMIT_S = 5.0
COMPILE_MEMORY_LIMIT_BYTES = 256 * 1024 * 1024

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

    jq computes constants while it compiles (``"a" * 1000000000``) and takes minutes for a long sum, so it
    does that in a process of its own, which takes some 30 ms for a program that was not checked before.

    :param program: jq source as the user wrote it
    :raises ImportError: the package ``jq`` is not installed
    """
    if find_spec("jq") is None:
        raise ImportError("The package jq is not installed.")
    return _compile(program)


@lru_cache(maxsize=256)
def _compile(program: str) -> str | None:
    request = {
        "program": guard_program(program),
        "memory_bytes": COMPILE_MEMORY_LIMIT_BYTES,
        "cpu_s": int(COMPILE_TIME_LIMIT_S) + 1,
    }
    try:
        child = subprocess.run(  # noqa: S603 (our own file; the program travels as data)
            CHILD_COMMAND,
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=COMPILE_TIME_LIMIT_S,
            check=False,
            env={},
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        return "it takes too long to compile; make it shorter"
    if child.returncode != 0:
        return "it needs too much memory to compile; make it shorter, or compute less from constants"
    reply = json.loads(child.stdout)
    return explain(reply["reason"]) if "reason" in reply else None


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
