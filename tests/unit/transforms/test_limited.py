"""Pipelines in a process with limits."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

import psutil
import pytest

from flowforge_provider.transforms.errors import OperationError, PipelineError
from flowforge_provider.transforms.limited import LimitedRun
from tests.support.transforms import dump

LOOP = {"operation": "jq", "program": "def f: f; f"}
LIMITS = {"time_limit_s": 20.0, "memory_bytes": 1 << 30, "max_bytes": 1_000_000}


def on(value: Any, *operations: dict[str, Any], **limits: Any) -> Any:
    run = LimitedRun(**{**LIMITS, **limits})
    return run.on(value, dump(*operations), data={}, secrets={}).value


def test_values_survive() -> None:
    value = {"text": "é\x00📦", "big": 2**70, "list": [None, True, 1.5]}
    assert on(value, {"operation": "remove_fields", "names": ["x"]}) == value


def test_a_program_that_never_ends_is_stopped() -> None:
    started = time.monotonic()
    with pytest.raises(PipelineError) as caught:
        on(1, {"operation": "format_json"}, LOOP, time_limit_s=0.5)
    assert caught.value.operation == 1
    assert caught.value.error.code == "jq-timeout"
    assert time.monotonic() - started < 15


def test_too_much_memory_ends_the_child_alone() -> None:
    field = [{"name": "x", "value": "{{ 'x' * 900000 }}"}]
    step = {"operation": "set_fields", "fields": field}
    with pytest.raises((OperationError, PipelineError)) as caught:
        on(list(range(200)), step, memory_bytes=150_000_000)
    error: Any = caught.value
    assert (error.error if isinstance(error, PipelineError) else error).code == "transform-memory"


def test_a_result_that_is_too_large_is_refused() -> None:
    step = {"operation": "text", "template": "{{ 'x' * 100000 }}"}
    with pytest.raises(OperationError) as caught:
        on([1, 2], step, max_bytes=1000)
    assert caught.value.code == "output-too-large"


def program_of(child: psutil.Process) -> list[psutil.Process]:
    """Return the programs that a child has started; none when it has ended meanwhile."""
    with suppress(psutil.NoSuchProcess):
        return child.children()
    return []


def test_stopping_ends_the_jq_program_too() -> None:
    run = LimitedRun(**LIMITS)  # type: ignore[arg-type]
    errors: list[BaseException] = []

    def work() -> None:
        try:
            run.on(1, dump(LOOP), data={}, secrets={})
        except (OperationError, PipelineError) as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    me = psutil.Process()
    grandchildren: list[psutil.Process] = []
    until = time.monotonic() + 60
    while not grandchildren and time.monotonic() < until:
        time.sleep(0.05)
        grandchildren = [program for child in me.children() for program in program_of(child)]
    assert grandchildren
    run.stop()
    thread.join(timeout=15)
    assert not thread.is_alive()
    assert errors
    _, alive = psutil.wait_procs(grandchildren, timeout=10)
    assert alive == []


def test_the_environment_is_empty() -> None:
    # What the child could read, an expression could not; but a jq program is one process further.
    assert on(1, {"operation": "jq", "program": "env | length"}) == 0


def test_files_that_came_in_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowforge_provider.stored_files.fetch_content", lambda _id, **_: b"a,b\n1,2\n")
    file = {"filename": "a.csv", "content_type": "text/csv", "size": 8, "file_id": "0" * 32}
    assert on(file, {"operation": "parse_csv"}) == [{"a": "1", "b": "2"}]
    # Handing one on costs nothing.
    assert on({"file": file}, {"operation": "format_json"})
