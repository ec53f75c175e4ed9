"""
Run a pipeline in a process of its own, with limits of time and memory.

A step and a preview use it alike. What no expression and no operation can do here is stop the process that
asked: the child may run out of memory or time, and only the child ends.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import StepError
from flowforge_provider.expressions.limits import DEFAULT_LIMITS, Limits
from flowforge_provider.stored_files import contents_of
from flowforge_provider.transforms.errors import OperationError, PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowforge_provider.transforms.work import Operation

_CHILD = str(Path(__file__).with_name("child.py"))
# Operations that take the content of files.
_READ_FILES = frozenset({"parse_json", "parse_csv", "parse_xml", "base64", "hash"})
# What the child needs to start, before it counts as working.
_START_S = 5.0


@dataclass
class Done:
    """
    What a pipeline made.

    :param value: result of the last operation
    :param steps: sample of the result of each operation, when they were asked for:
        {"count": items of a list or None, "value": …, "cut": whether the value is not whole}
    :param notes: what a reader of a preview should know
    """

    value: Any
    steps: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class LimitedRun:
    """
    One run of a pipeline in a child.

    :param time_limit_s: seconds that all operations together may take
    :param memory_bytes: bytes of address space that the child may have
    :param max_bytes: bytes that the result may have as JSON
    :param limits: bounds of each expression
    """

    def __init__(
        self, *, time_limit_s: float, memory_bytes: int, max_bytes: int, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self.time_limit_s = time_limit_s
        self.memory_bytes = memory_bytes
        self.max_bytes = max_bytes
        self.limits = limits
        self._process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """End the run; may be called from a signal handler."""
        if self._process is not None and self._process.poll() is None:
            # With its group: a jq program runs in a child of the child.
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self._process.kill()

    def on(
        self,
        value: Any,
        operations: Sequence[Operation],
        *,
        data: Mapping[str, Any],
        secrets: Mapping[str, str] | None,
        sample_items: int | None = None,
    ) -> Done:
        """
        Return what the operations make of a value.

        :param value: any JSON
        :param operations: as ``Operation.model_dump`` writes them
        :param data: what expressions see
        :param secrets: connection id -> secret; None in a preview
        :param sample_items: also hand on the result of each operation, lists cut to so many items
        :raises PipelineError: an operation failed
        :raises OperationError: a limit was reached, and which operation did it is not known
        """
        request = {
            "path": sys.path,
            "memory_bytes": self.memory_bytes,
            "cpu_s": math.ceil(self.time_limit_s + _START_S),
            "time_limit_s": self.time_limit_s,
            "max_bytes": self.max_bytes,
            "limits": asdict(self.limits),
            "sample_items": sample_items,
            "operations": list(operations),
            "value": value,
            "data": dict(data),
            "secrets": None if secrets is None else dict(secrets),
            "files": _files([value, data], operations),
        }
        with self._child() as process:
            try:
                answer, errors = process.communicate(
                    json.dumps(request).encode(), timeout=self.time_limit_s + _START_S
                )
            except subprocess.TimeoutExpired:
                raise OperationError(
                    f"The operations took longer than {self.time_limit_s:g} s and were stopped. Work on "
                    "fewer items, or raise [flowforge] transform_time_limit_s.",
                    code="transform-timeout",
                ) from None
        if process.returncode != 0 or not answer:
            told = errors.decode("utf-8", "replace").strip().rpartition("\n")[2][:500]
            raise OperationError(
                f"The operations needed more than {self.memory_bytes:,} bytes of memory, or crashed"
                f"{f' ({told})' if told else ''}. Work on fewer items, or raise [flowforge] "
                "transform_memory_bytes.",
                code="transform-memory",
            )
        return _read(json.loads(answer))

    @contextmanager
    def _child(self) -> Iterator[subprocess.Popen[bytes]]:
        """Start the child and make sure that it is gone afterwards, whatever interrupts this process."""
        self._process = subprocess.Popen(  # noqa: S603 (our own file; the operations travel as data)
            (sys.executable, "-I", _CHILD),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={},
            cwd="/",
            start_new_session=True,
        )
        try:
            yield self._process
        finally:
            self.stop()
            self._process.communicate()


def _files(data: Any, operations: Sequence[Operation]) -> dict[str, str]:
    """Fetch the files that operations may read: the child can ask nobody."""
    if all(operation["operation"] not in _READ_FILES for operation in operations):
        return {}
    try:
        return contents_of(data)
    except StepError as error:
        raise OperationError(error.message, code=error.error_code) from error


def _read(reply: dict[str, Any]) -> Done:
    told = reply.get("error")
    if told is None:
        return Done(reply["value"], reply["steps"], reply["notes"])
    error = OperationError(told["message"], field=told["field"], code=told["code"])
    error.item = told["item"]
    if told["operation"] is None:
        raise error
    raise PipelineError(error, operation=told["operation"], name=told["name"], steps=reply["steps"])
