"""The process in which a jq program runs; started by path, so it imports no FlowForge and no Airflow."""

from __future__ import annotations

import json
import resource
import sys
from typing import Any


def main() -> None:
    """Read a request from standard input, write the reply; without an ``input``, only compile the program."""
    request = json.load(sys.stdin)
    try:
        import jq
    except ImportError:
        return _reply(
            code="jq-missing",
            error="The package jq is not installed on this worker. Install it, or set fields instead.",
        )
    _limit("RLIMIT_AS", request["memory_bytes"])
    # Whoever started this may be killed before it can end it.
    _limit("RLIMIT_CPU", request["cpu_s"])
    # All files that are needed are open or loaded by now: `import` in a program finds none.
    _limit("RLIMIT_NOFILE", 3)
    _limit("RLIMIT_FSIZE", 0)
    _limit("RLIMIT_CORE", 0)
    try:
        program = jq.compile(request["program"])
    except ValueError as error:
        return _reply(code="bad-jq", error="The jq program cannot be compiled: {reason}", reason=str(error))
    return _run(program, request) if "input" in request else _reply()


def _run(program: Any, request: dict[str, Any]) -> None:
    results: list[str] = []
    size = 0
    try:
        for result in program.input_text(json.dumps(request["input"])):
            results.append(json.dumps(result))
            size += len(results[-1])
            if size > request["max_bytes"]:
                return _reply(
                    code="output-too-large",
                    error=f"The results of the jq program exceed {request['max_bytes']} bytes. Return less.",
                )
    except ValueError as error:
        return _reply(code="jq-failed", error="The jq program failed: {reason}", reason=str(error))
    except MemoryError:
        return _reply(
            code="jq-crashed", error="The jq program needed too much memory. Let it keep less at once."
        )
    sys.stdout.write(f'{{"results": [{", ".join(results)}]}}')
    return None


def _limit(name: str, value: int) -> None:
    kind = getattr(resource, name, None)
    if kind is not None:
        _, most = resource.getrlimit(kind)
        allowed = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (allowed, allowed))


def _reply(**facts: Any) -> None:
    json.dump(facts, sys.stdout)


if __name__ == "__main__":
    main()
