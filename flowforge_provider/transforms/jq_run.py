"""
Run a jq program in a process of its own.

A jq program can loop for ever, eat memory, read environment variables (``env``) and JSON files (``import``).
Whoever draws a workflow must not do any of that to a worker, so the program runs with a time limit, a memory
limit, an empty environment and without the right to open files.
"""

from __future__ import annotations

import json
import math
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import StepError
from flowforge_provider.nodes.jq_program import CHILD_COMMAND, explain, guard_program

if TYPE_CHECKING:
    from collections.abc import Iterator

TIME_LIMIT_S = 10.0
MEMORY_LIMIT_BYTES = 512 * 1024 * 1024


class JqRun:
    """
    One run of a jq program.

    :param program: jq program
    :param max_bytes: bytes that all results together may have as JSON
    :param time_limit_s: seconds after which the program is stopped
    """

    def __init__(self, program: str, *, max_bytes: int, time_limit_s: float = TIME_LIMIT_S) -> None:
        self.program = program
        self.max_bytes = max_bytes
        self.time_limit_s = time_limit_s
        self._process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """End the run; may be called from a signal handler."""
        if self._process is not None:
            self._process.kill()

    def on(self, value: Any) -> Any:
        """
        Return what the program makes of a value: its one result, a list of several results, or None of none.

        :param value: input, any JSON
        :raises StepError: the program cannot be compiled, fails, or runs into a limit
        """
        request = {
            "program": guard_program(self.program),
            "input": value,
            "max_bytes": self.max_bytes,
            "memory_bytes": MEMORY_LIMIT_BYTES,
            "cpu_s": math.ceil(self.time_limit_s) + 1,
        }
        with self._child() as process:
            try:
                answer, errors = process.communicate(json.dumps(request).encode(), timeout=self.time_limit_s)
            except subprocess.TimeoutExpired:
                raise StepError(
                    f"The jq program ran longer than {self.time_limit_s:g} s and was stopped. Let it end "
                    "earlier, for example with limit or first.",
                    code="jq-timeout",
                    retryable=False,
                ) from None
        if process.returncode != 0 or not answer:
            raise StepError(
                "The jq program crashed, or needed too much memory. Let it keep less at once.",
                code="jq-crashed",
                detail={
                    "exit_code": process.returncode,
                    "error": errors.decode("utf-8", "replace")[-1000:],
                },
                retryable=False,
            )
        reply = json.loads(answer)
        if "error" in reply:
            told = reply["error"].format(reason=explain(reply.get("reason", "")))
            raise StepError(told, code=reply["code"], retryable=False)
        results = reply["results"]
        return results[0] if len(results) == 1 else results or None

    @contextmanager
    def _child(self) -> Iterator[subprocess.Popen[bytes]]:
        """Start the child and make sure that it is gone afterwards, whatever interrupts this process."""
        self._process = subprocess.Popen(  # noqa: S603 (our own file; the program travels as data)
            CHILD_COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={},
            cwd="/",
        )
        try:
            yield self._process
        finally:
            self._process.kill()
            self._process.communicate()
