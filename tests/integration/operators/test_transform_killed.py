"""A transform whose worker is killed: nothing is left behind, and the next try gives the same."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import flowforge_provider
from tests.factories import make_graph, make_transform, make_trigger
from tests.support.killed_step import KilledStep

if TYPE_CHECKING:
    from flowforge_provider.graph.models import Graph

pytestmark = pytest.mark.integration

SORT = {"operation": "sort"}
CONF = {"trigger": {"type": "manual", "id": "start", "body": [3, 1, 2]}}
CHILDREN = [
    str(Path(flowforge_provider.__file__).parent / name)
    for name in ("nodes/jq_child.py", "transforms/child.py")
]


def graph(*operations: dict[str, Any]) -> Graph:
    return make_graph(make_trigger(), make_transform("shape", *operations))


def running_children() -> list[str]:
    """Return the command lines of the processes of pipelines and programs that are running."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().decode(errors="replace")
        except OSError:
            continue
        found.extend(name for name in CHILDREN if name in command)
    return found


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_before_or_after_its_work(moment: Any) -> None:
    step = KilledStep(graph(SORT), "shape", conf=CONF)
    step.kill(at=moment)
    assert step.finish().output == [1, 2, 3]


def test_killed_during_its_work_leaves_no_process_behind() -> None:
    program = {"operation": "jq", "program": "def f: f; f"}
    environment = {"AIRFLOW__FLOWFORGE__TRANSFORM_TIME_LIMIT_S": "4"}
    step = KilledStep(graph(program), "shape", conf=CONF, environment=environment)
    step.kill(at="during", when=lambda: len(running_children()) == 2)
    until = time.monotonic() + 30
    while running_children() and time.monotonic() < until:
        time.sleep(0.2)
    assert running_children() == []
    result = step.finish()
    assert result.error is not None
    assert result.error["code"] == "jq-timeout"
