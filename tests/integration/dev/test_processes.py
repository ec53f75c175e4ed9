"""Sessions, components and the guard, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from flowforge_provider.dev.components import Component
from flowforge_provider.dev.guard import Guard
from flowforge_provider.dev.sessions import session_members

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.integration

#: Forks a child that ignores SIGTERM and leads a process group of its own, as Airflow's task runners do.
STUBBORN_FAMILY = """
import os, signal, sys, time
if os.fork() == 0:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def own_guard() -> Iterator[Guard]:
    guard = Guard()
    yield guard
    guard.close()


def make_component(path: Path, guard: Guard, source: str) -> Component:
    return Component(
        name="family",
        command=[sys.executable, "-c", source],
        environment={"PATH": os.environ["PATH"]},
        log_path=path / "family.log",
        guard=guard,
    )


def wait_until(condition: object, *, timeout_s: float = 20.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def test_stop_ends_descendants_that_resist(tmp_path: Path, own_guard: Guard) -> None:
    component = make_component(tmp_path, own_guard, STUBBORN_FAMILY)
    component.start()
    wait_until(lambda: component.log_tail().count("ready") == 2)
    assert len(session_members([component.pid])) == 2
    component.stop(timeout_s=5)
    assert session_members([component.pid]) == []
    assert not component.is_running()


def test_orphans_of_a_component_that_died_are_ended(tmp_path: Path, own_guard: Guard) -> None:
    component = make_component(tmp_path, own_guard, STUBBORN_FAMILY)
    component.start()
    wait_until(lambda: component.log_tail().count("ready") == 2)
    os.kill(component.pid, signal.SIGKILL)
    wait_until(lambda: not component.is_running())
    assert len(session_members([component.pid])) == 1
    component.stop()
    assert session_members([component.pid]) == []


def test_guard_ends_everything_when_its_owner_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    owner_source = f"""
import os, sys, time
from pathlib import Path
from flowforge_provider.dev.components import Component
from flowforge_provider.dev.guard import Guard
component = Component(
    name="family",
    command=[sys.executable, "-c", {STUBBORN_FAMILY!r}],
    environment=dict(os.environ),
    log_path=Path({str(tmp_path)!r}) / "family.log",
    guard=Guard(),
)
component.start()
while component.log_tail().count("ready") < 2:
    time.sleep(0.05)
Path({str(pid_file)!r}).write_text(str(component.pid))
time.sleep(600)
"""
    owner = subprocess.Popen([sys.executable, "-c", owner_source], start_new_session=True)
    try:
        wait_until(lambda: pid_file.exists() and pid_file.read_text() != "")
        session = int(pid_file.read_text())
        assert len(session_members([session])) == 2
    finally:
        owner.kill()
        owner.wait()
    wait_until(lambda: session_members([session]) == [])


def test_guard_leaves_sessions_alone_that_it_was_told_to_forget(own_guard: Guard) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        own_guard.watch(other.pid)
        own_guard.forget(other.pid)
        own_guard.close()
        assert psutil.Process(other.pid).status() != psutil.STATUS_ZOMBIE
    finally:
        other.kill()
        other.wait()


def test_guard_itself_goes_with_its_owner(tmp_path: Path) -> None:
    # Servers that other tests share have a guard of their own.
    before = set(psutil.Process().children())
    guard = Guard()
    component = make_component(tmp_path, guard, "pass")
    component.start()
    # The component itself may have ended by now.
    children = [each for each in psutil.Process().children() if each.status() != psutil.STATUS_ZOMBIE]
    guards = [
        each for each in set(children) - before if "flowforge_provider.dev.guard" in " ".join(each.cmdline())
    ]
    assert len(guards) == 1
    component.stop()
    guard.close()
    assert not guards[0].is_running()
