"""jq programs in a process of their own."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.exceptions import StepError
from flowforge_provider.transforms.jq_run import JqRun

if TYPE_CHECKING:
    from pathlib import Path


def run_jq(program: str, value: Any = None, **limits: Any) -> Any:
    return JqRun(program, **{"max_bytes": 10_000, **limits}).on(value)


def code_of(program: str, value: Any = None, **limits: Any) -> str:
    with pytest.raises(StepError) as caught:
        run_jq(program, value, **limits)
    assert not caught.value.retryable
    return caught.value.error_code


def test_values_survive() -> None:
    value = {"text": "é\x00📦", "big": 2**53 - 1, "list": [None, True, 1.5]}
    assert run_jq(".", value) == value


def test_a_program_that_never_ends_is_stopped() -> None:
    started = time.monotonic()
    assert code_of("def f: f; f", time_limit_s=1) == "jq-timeout"
    assert code_of("[range(1e12)] | length", time_limit_s=1) in ("jq-timeout", "jq-crashed")
    assert time.monotonic() - started < 10


def test_a_program_that_eats_memory_is_stopped() -> None:
    assert code_of('[range(1e9)|"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]') in ("jq-crashed", "jq-timeout")


def test_results_that_are_too_many_are_refused() -> None:
    assert code_of("range(1e6)", max_bytes=1000) == "output-too-large"


@pytest.mark.parametrize(
    "program",
    [
        'import "data" as $d {search: "FOLDER"}; $d',
        'include "data" {search: "FOLDER"}; .',
        "env.PATH // error",
        "$ENV.HOME // error",
    ],
)
def test_files_and_environment_are_out_of_reach(program: str, tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text(json.dumps({"secret": 1}))
    (tmp_path / "data.jq").write_text("def secret: 1;")
    assert code_of(program.replace("FOLDER", str(tmp_path))) in ("bad-jq", "jq-failed")


def test_the_process_itself_cannot_open_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the prelude that guards programs, the limits of the process still hold.
    monkeypatch.setattr("flowforge_provider.transforms.jq_run.guard_program", lambda program: program)
    (tmp_path / "data.json").write_text(json.dumps({"secret": 1}))
    assert code_of(f'import "data" as $d {{search: "{tmp_path}"}}; $d') == "bad-jq"
    assert set(run_jq("env")) <= {"LC_CTYPE"}  # which Python itself sets


def test_a_failing_program_tells_why() -> None:
    with pytest.raises(StepError, match=r"The jq program failed: no such luck"):
        run_jq('error("no such luck")')


def test_a_reason_may_hold_braces() -> None:
    with pytest.raises(StepError, match=r"\{x\} \{\{ y \}\}"):
        run_jq('error("{x} {{ y }}")')


def test_a_wrong_program_tells_where() -> None:
    with pytest.raises(StepError, match="cannot be compiled"):
        run_jq(".a |")


def test_a_run_can_be_stopped() -> None:
    run = JqRun("def f: f; f", max_bytes=1000, time_limit_s=30)
    threading.Timer(0.5, run.stop).start()
    with pytest.raises(StepError, match="crashed"):
        run.on(None)


def test_stopping_before_the_start_does_no_harm() -> None:
    JqRun(".", max_bytes=1000).stop()
