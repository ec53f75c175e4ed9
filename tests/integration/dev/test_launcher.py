"""``make run`` from its first start to its end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from flowforge_provider.dev.ports import LOOPBACK, find_free_port, is_port_free
from flowforge_provider.dev.sessions import session_members
from tests.support.launcher import LauncherProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.integration


@contextlib.contextmanager
def launched(launcher: LauncherProcess) -> Iterator[LauncherProcess]:
    try:
        yield launcher
    finally:
        launcher.stop()


def workflows(launcher: LauncherProcess) -> dict[str, Any]:
    answer = httpx.get(f"{launcher.url}/flowforge/api/workflows", timeout=30, trust_env=False)
    answer.raise_for_status()
    return {row["id"]: row for row in answer.json()["workflows"]}


def assert_nothing_left(launcher: LauncherProcess) -> None:
    assert launcher.left_over() == []
    assert is_port_free(launcher.port)


def run_orders(launcher: LauncherProcess) -> dict[str, Any]:
    """Send the webhook of the README and return the finished execution."""
    with httpx.Client(base_url=f"{launcher.url}/flowforge/api", timeout=30, trust_env=False) as client:
        answer = client.post(
            "/webhooks/orders",
            json={"id": 7, "quantity": 2},
            headers={"X-FlowForge-Token": "flowforge-dev-token"},
        )
        assert answer.status_code == 202, answer.text
        deadline = time.monotonic() + 90
        while True:
            execution = client.get(f"/executions/{answer.json()['execution_id']}").json()
            if execution.get("state") in ("success", "failed") or time.monotonic() > deadline:
                return dict(execution)
            time.sleep(0.3)


@pytest.mark.timeout(600)
def test_first_start_second_start_and_every_kind_of_end(tmp_path: Path) -> None:
    home = tmp_path / "home"

    with launched(LauncherProcess(home=home)) as first:
        line = first.wait_until_ready()
        assert first.url + "/plugin/flowforge" in line
        states = {name: row["state"] for name, row in workflows(first).items()}
        assert states == {"orders": "published", "orders_postgres": "draft"}
        page = httpx.get(f"{first.url}/plugin/flowforge", timeout=30, follow_redirects=True, trust_env=False)
        assert page.status_code == 200
        assert run_orders(first)["state"] == "success"
        listening = listening_addresses(first)
        assert listening == {LOOPBACK}
        httpx.delete(
            f"{first.url}/flowforge/api/workflows/orders_postgres", timeout=30, trust_env=False
        ).raise_for_status()
        httpx.post(
            f"{first.url}/flowforge/api/workflows", json={"name": "Mine"}, timeout=30, trust_env=False
        ).raise_for_status()
        assert len(first.descendants()) > 4

        second = LauncherProcess(home=home)
        assert second.wait() == 1
        assert str(first.port) in "\n".join(second.progress), (
            "the other launcher is not told who runs already"
        )

        first.send(signal.SIGINT)
        assert first.wait() == 0
        assert first.output == [line], "stdout holds one line and nothing else"
        assert_nothing_left(first)

    started = time.monotonic()
    with launched(LauncherProcess(home=home)) as again:
        again.wait_until_ready()
        assert time.monotonic() - started < 60
        assert "Preparing the database" not in "\n".join(again.progress)
        # What a person deleted stays away, what a person made is there.
        assert set(workflows(again)) == {"orders", "mine"}
        # The port is another one: the demo connection has followed.
        assert run_orders(again)["state"] == "success"

        scheduler = component_of(again, "scheduler")
        os.kill(scheduler, signal.SIGKILL)
        wait_for_progress(again, "[scheduler] Starting it again.")
        assert session_members([scheduler]) == []
        assert run_orders(again)["state"] == "success"

        again.descendants()
        again.send(signal.SIGKILL)
        again.wait()
        assert_nothing_left(again)


def test_taken_port_is_reported_with_another_one(tmp_path: Path) -> None:
    with contextlib.closing(socket.socket()) as other:
        port = find_free_port()
        other.bind((LOOPBACK, port))
        other.listen()
        launcher = LauncherProcess(home=tmp_path / "home", port=port)
        assert launcher.wait() == 1
    assert launcher.output == []
    said = "\n".join(launcher.progress)
    assert f"Port {port} is taken" in said
    assert f"PORT={port + 1}" in said or "PORT=" in said
    assert "Traceback" not in said


def test_stop_while_starting_leaves_nothing(tmp_path: Path) -> None:
    launcher = LauncherProcess(home=tmp_path / "home")
    wait_for_progress(launcher, "Starting Airflow …")
    time.sleep(1.5)
    launcher.descendants()
    launcher.send(signal.SIGTERM)
    assert launcher.wait() == 0
    assert launcher.output == []
    assert_nothing_left(launcher)


def test_closed_terminal_stops_it_without_any_signal(tmp_path: Path) -> None:
    window, inside = os.openpty()
    launcher = LauncherProcess(home=tmp_path / "home with spaces", stdin=inside)
    os.close(inside)
    launcher.wait_until_ready()
    assert run_orders(launcher)["state"] == "success"
    launcher.descendants()
    os.close(window)
    assert launcher.wait() == 0
    assert_nothing_left(launcher)


def listening_addresses(launcher: LauncherProcess) -> set[str]:
    """Return the addresses on which the launcher's processes accept connections."""
    return {
        connection.laddr.ip
        for process in launcher.descendants()
        for connection in process.net_connections(kind="tcp")
        if connection.status == "LISTEN"
    }


def component_of(launcher: LauncherProcess, name: str) -> int:
    """Return the process id of the leader of a component."""
    for process in launcher.descendants():
        with contextlib.suppress(OSError):
            if os.getsid(process.pid) == process.pid and name in " ".join(process.cmdline()):
                return process.pid
    raise AssertionError(f"No process of {name} among the launcher's.")


def wait_for_progress(launcher: LauncherProcess, text: str, *, timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while text not in "\n".join(launcher.progress):
        assert time.monotonic() < deadline, "\n".join(launcher.progress)
        time.sleep(0.1)
