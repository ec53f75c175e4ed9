"""The wheel alone, in an empty environment, makes Airflow serve the editor."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from flowforge_provider.dev.components import Component
from flowforge_provider.dev.ports import LOOPBACK, find_free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.dev.guard import Guard

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
WWW = "flowforge_provider/plugins/www"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)])
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    run([sys.executable, "-m", "venv", str(folder)])
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    run([*pip, "--constraint", str(ROOT / "constraints.txt"), str(wheel)])
    return folder / "bin"


@pytest.fixture(scope="module")
def environment(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The least that Airflow needs: a home, and a way in without a password."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("AIRFLOW", "PYTHON", "VIRTUAL"))
    }
    return {
        **kept,
        "PATH": f"{installed}{os.pathsep}{kept.get('PATH', '')}",
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("home")),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }


@pytest.fixture(scope="module")
def client(installed: Path, environment: dict[str, str], guard: Guard) -> Iterator[httpx.Client]:
    """A client of an api-server that runs from the empty environment."""
    home = Path(environment["AIRFLOW_HOME"])
    run([str(installed / "airflow"), "db", "migrate"], environment=environment, folder=home)
    port = find_free_port()
    server = Component(
        name="api-server",
        command=[str(installed / "airflow"), "api-server", "--host", LOOPBACK, "--port", str(port)],
        environment=environment,
        log_path=home / "api-server.log",
        guard=guard,
    )
    server.start()
    try:
        with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=30, trust_env=False) as value:
            wait_for(value, server)
            yield value
    finally:
        server.stop()


def test_wheel_holds_the_editor_and_no_sources_of_it(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        f"{WWW}/dist/main.js",
        f"{WWW}/swagger-ui/swagger-ui-bundle.js",
        f"{WWW}/swagger-ui/swagger-ui.css",
        "flowforge_provider/store/alembic.ini",
        "flowforge_provider/store/migrations/env.py",
        "flowforge_provider/example_graphs/orders.json",
        "flowforge_provider/example_graphs/texts/ru.json",
    ):
        assert name in names
    folders = {name.split("/", 1)[0] for name in names}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == {"flowforge_provider"}


def test_page_of_the_editor_is_there(client: httpx.Client) -> None:
    page = client.get("/plugin/flowforge", follow_redirects=True)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")


def test_bundle_that_the_plugin_names_is_served_for_good(client: httpx.Client) -> None:
    plugins = client.get("/api/v2/plugins").json()["plugins"]
    (ours,) = [plugin for plugin in plugins if plugin["name"] == "flowforge"]
    apps = {app["destination"]: app for app in ours["react_apps"]}
    assert set(apps) == {"nav", "dag"}
    assert apps["nav"]["url_route"] == "flowforge"
    assert "?v=" in apps["nav"]["bundle_url"]

    bundle = client.get("/" + apps["nav"]["bundle_url"])
    assert bundle.status_code == 200
    assert bundle.headers["content-type"].split(";")[0] in ("text/javascript", "application/javascript")
    assert "immutable" in bundle.headers["cache-control"]
    assert "FlowForge" in bundle.text


def test_api_answers_and_says_that_the_bundle_setting_is_missing(client: httpx.Client) -> None:
    health = client.get("/flowforge/api/health").json()
    assert health["database"] == "ok"
    assert health["migrations"] == "ok"
    assert health["bundle"] != "ok"
    assert client.get("/flowforge/api/workflows").json() == {"workflows": [], "total_entries": 0}


def test_doctor_prints_the_line_to_add(installed: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [str(installed / "airflow"), "flowforge", "doctor"],
        env=environment,
        cwd=environment["AIRFLOW_HOME"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert "dag_bundle_config_list" in done.stdout
    assert "flowforge_provider.bundles.flowforge.FlowForgeDagBundle" in done.stdout


def run(command: list[str], *, environment: dict[str, str] | None = None, folder: Path | None = None) -> None:
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


def wait_for(client: httpx.Client, server: Component, *, timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while server.is_running() and time.monotonic() < deadline:
        try:
            if client.get("/api/v2/version").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"The api-server did not come up:\n{server.log_tail()}")
