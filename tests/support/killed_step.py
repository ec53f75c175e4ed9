"""
A step in a process of its own, killed as by the kernel (SIGKILL) at a chosen moment, and tried again.

::

    step = KilledStep(graph, "call")
    step.kill(at="during", when=lambda: server.requests)
    result = step.finish(try_number=2)
    assert result.output == {...}

All tries have the same identity: the same Dag, run, task and configuration. Only the number of the try
differs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowforge_provider.graph.models import Graph

ROOT = Path(__file__).resolve().parents[2]
PAUSED = b"paused\n"

Moment = Literal["before", "during", "after"]


@dataclass(frozen=True)
class StepResult:
    """
    How one try has ended.

    :param output: what the step handed on, be it by its error port; None when the task failed
    :param error: the record of its error {type, code, message, detail, try_number}; None when it succeeded
    """

    output: Any
    error: dict[str, Any] | None


class KilledStep:
    """
    One step of one run, in a process for each try.

    :param graph: is compiled in the process; need not be valid
    :param node_id: the step
    :param conf: configuration of the run; a manual start with an empty body when omitted
    :param outputs: node id -> output of the steps before it
    :param environment: more environment variables; connections as ``AIRFLOW_CONN_<ID>``
    :param max_tries: tries after the first
    :param timeout_s: seconds that one try may take before the test fails
    :param map_index: which of the tasks of a step in a loop; its output is {place of the item: output} then
    :param state_file: file that stands for Airflow's task state store; nothing is remembered without one
    """

    def __init__(
        self,
        graph: Graph,
        node_id: str,
        *,
        conf: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        max_tries: int = 3,
        timeout_s: float = 60,
        map_index: int = -1,
        state_file: Path | None = None,
    ) -> None:
        from flowforge_provider.graph.load import dump_graph

        self._order = {
            "graph": dump_graph(graph),
            "node_id": node_id,
            "conf": dict(conf) if conf is not None else None,
            "outputs": dict(outputs or {}),
            "max_tries": max_tries,
            "map_index": map_index,
            "state_file": str(state_file) if state_file is not None else None,
        }
        self._environment = {**os.environ, **(environment or {})}
        self._timeout_s = timeout_s

    def kill(self, *, at: Moment, when: Callable[[], Any] | None = None, try_number: int = 1) -> None:
        """
        Start a try and kill it.

        :param at: ``before`` the step does anything; ``during``: as soon as ``when`` holds; ``after`` it has
            done its work, before Airflow hears of that
        :param when: condition in this process that tells that the step is in the middle of its work
        """
        if (at == "during") != (when is not None):
            raise ValueError("Give a condition for 'during', and for nothing else.")
        with self._process(try_number=try_number, pause="" if at == "during" else at) as (process, reports):
            if when is None:
                told = reports.readline()
                assert told == PAUSED, f"The step ended before it could be killed: {told!r}"
            else:
                self._wait(when, process)
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert process.returncode == -signal.SIGKILL

    def finish(self, *, try_number: int = 2) -> StepResult:
        """Run a try to its end and return how it ended."""
        with self._process(try_number=try_number, pause="") as (process, reports):
            told = reports.readline()
            process.wait(timeout=self._timeout_s)
        assert told, f"The step's process ended with {process.returncode} and told nothing."
        return StepResult(**json.loads(told))

    @contextmanager
    def _process(self, *, try_number: int, pause: str) -> Iterator[tuple[subprocess.Popen[bytes], Any]]:
        order = json.dumps({**self._order, "try_number": try_number, "pause": pause})
        read_end, write_end = os.pipe()
        with os.fdopen(read_end, "rb") as reports:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.killed_step", str(write_end)],
                stdin=subprocess.PIPE,
                cwd=ROOT,
                env=self._environment,
                pass_fds=[write_end],
            )
            os.close(write_end)
            try:
                assert process.stdin is not None
                process.stdin.write(order.encode() + b"\n")
                process.stdin.flush()
                # The pipe to the process stays open: one that is paused waits on it.
                yield process, reports
            finally:
                process.kill()
                process.wait()
                assert process.stdin is not None
                process.stdin.close()

    def _wait(self, when: Callable[[], Any], process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + self._timeout_s
        while not when():
            assert process.poll() is None, f"The step ended with {process.returncode} before it was killed."
            assert time.monotonic() < end, "The moment to kill the step did not come in time."
            time.sleep(0.01)


def _main() -> None:
    from airflow.sdk.exceptions import DownstreamTasksSkipped

    from flowforge_provider.graph.load import load_graph
    from tests.unit.operators.runtime import FakeRun

    reports = os.fdopen(int(sys.argv[1]), "wb", buffering=0)
    order = json.loads(sys.stdin.readline())
    state_file = Path(order["state_file"]) if order["state_file"] else None
    run = FakeRun(load_graph(order["graph"]), conf=order["conf"], state_file=state_file)
    run.xcoms.update({(node_id, "return_value"): value for node_id, value in order["outputs"].items()})
    node_id = order["node_id"]
    operator = run.operator(node_id)
    work = operator.run

    def pause() -> None:
        reports.write(PAUSED)
        sys.stdin.read()

    def run_with_pauses(parameters: Any, context: Any) -> Any:
        if order["pause"] == "before":
            pause()
        output = work(parameters, context)
        if order["pause"] == "after":
            pause()
        return output

    # An instance attribute: the class stays as it is.
    setattr(operator, "run", run_with_pauses)  # noqa: B010
    try:
        run.execute(
            node_id,
            try_number=order["try_number"],
            max_tries=order["max_tries"],
            map_index=order["map_index"],
        )
    except DownstreamTasksSkipped:
        pass  # It has followed a port.
    except Exception:
        if (node_id, "flowforge_error") not in run.xcoms_of(order["map_index"]):
            raise
    xcoms = run.xcoms_of(order["map_index"])
    result = {
        "output": xcoms.get((node_id, "return_value")),
        "error": xcoms.get((node_id, "flowforge_error")),
    }
    reports.write(json.dumps(result).encode() + b"\n")


if __name__ == "__main__":
    _main()
