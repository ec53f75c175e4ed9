"""The editor with live reload, as ``npm run dev`` serves it beside a running Airflow."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import expect

from flowforge_provider.dev.ports import LOOPBACK, find_free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(180)]

NPM = Path(__file__).resolve().parents[2] / "tools" / "npm.py"


@pytest.fixture
def dev_server(airflow_postgres: AirflowInstance, tmp_path: Path) -> Iterator[str]:
    port = find_free_port()
    url = f"http://{LOOPBACK}:{port}"
    log = tmp_path / "vite.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, str(NPM), "run", "dev", "--"),
                *("--host", LOOPBACK, "--port", str(port), "--strictPort"),
            ],
            env={**os.environ, "PORT": str(airflow_postgres.port)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(url, trust_env=False)
                break
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield url
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def test_the_editor_works_on_the_api_of_airflow(dev_server: str, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(dev_server)

    page.get_by_test_id("new-workflow").first.click(timeout=60_000)
    page.get_by_test_id("create-name").fill("Made in development")
    page.get_by_test_id("create-submit").click()

    expect(page.get_by_test_id("canvas")).to_be_visible(timeout=60_000)
    expect(page.locator(".react-flow__node")).to_have_count(1)
    # With the styles of the editor, which live in its shadow root; without them the canvas has no place.
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
