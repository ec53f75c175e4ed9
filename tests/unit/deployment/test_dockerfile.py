"""The Dockerfile: what it copies is there and reaches it, and its versions are the project's."""

from __future__ import annotations

import importlib
import re
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.support.compose_file import ROOT

# The same reader under its older name, which Python 3.10 gets by way of hatchling.
tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

DOCKERFILE = (ROOT / "Dockerfile").read_text()
IGNORED = [
    line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")
]
#: sources of COPY that come from this checkout
COPIED = sorted(
    {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.MULTILINE)
        for source in line.split()[:-1]
    }
)


def reaches_docker(path: str) -> bool:
    """Say whether .dockerignore lets a path through: its last rule that matches counts."""
    parts = path.split("/")
    beginnings = ["/".join(parts[: length + 1]) for length in range(len(parts))]
    kept = True
    for rule in IGNORED:
        pattern = rule.removeprefix("!")
        tail = pattern.removeprefix("**/")
        matches = any(
            fnmatch(beginning, pattern) or (tail != pattern and fnmatch(beginning.rsplit("/", 1)[-1], tail))
            for beginning in beginnings
        )
        if matches:
            kept = rule.startswith("!")
    return kept


@pytest.mark.parametrize("path", COPIED)
def test_what_is_copied_is_there(path: str) -> None:
    assert (ROOT / path).exists()
    assert reaches_docker(path)


@pytest.mark.parametrize(
    "path",
    [
        *(".env", "secrets/fernet_key", ".git/config", ".venv/bin/python", ".airflow/airflow.db"),
        *("editor/node_modules/react/index.js", "flowforge_provider/__pycache__/a.pyc", "tests/conftest.py"),
        "flowforge_provider/plugins/www/dist/main.js",
    ],
)
def test_secrets_and_what_was_built_here_stay_out(path: str) -> None:
    assert not reaches_docker(path)


def test_the_wheel_has_all_that_it_is_made_of() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())
    build = wheel["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [
        *build["packages"],
        *build["force-include"],
        wheel["project"]["readme"],
        *wheel["project"]["license-files"],
        "pyproject.toml",
        "hatch_build.py",
    ]
    assert set(needed) <= set(COPIED)


def test_the_image_has_the_airflow_that_is_tested() -> None:
    pinned = re.search(r"^apache-airflow==(.+)$", (ROOT / "constraints.txt").read_text(), flags=re.MULTILINE)
    assert pinned
    image = re.search(r"AIRFLOW_IMAGE=apache/airflow:slim-([\d.]+)-python3\.(\d+)", DOCKERFILE)
    assert image
    assert image[1] == pinned[1]
    assert 10 <= int(image[2]) <= 13


def test_it_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\w+)$", DOCKERFILE.split("FROM ${AIRFLOW_IMAGE}")[-1], flags=re.MULTILINE)
    assert users == ["airflow"]


def test_the_image_is_named_after_the_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f":-flowforge:{project['version']}}}" in Path(ROOT / "docker-compose.yaml").read_text()
