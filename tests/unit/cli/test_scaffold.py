"""A package that the scaffold writes is complete: it installs, passes its own tests and is found."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from flowforge_provider.cli.scaffold import ScaffoldError, build_package, write_package

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scaffold") / "acme"
    write_package("acme.shout_out", folder)
    return folder


@pytest.fixture(scope="module")
def environment(package: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    site = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--no-index", "--target", str(site), str(package)],
        check=True,
        timeout=120,
    )
    return {**os.environ, "PYTHONPATH": str(site)}


def test_its_own_tests_pass(package: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=package,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_its_node_type_is_found(environment: dict[str, str]) -> None:
    program = (
        "from flowforge_provider.nodes.registry import get_registry\n"
        "registry = get_registry()\n"
        "print(registry.problems, registry.get('acme.shout_out').title, registry.get('acme.shout_out').group)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] Shout out Acme"


def test_linters_find_nothing_in_it(package: Path) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    config = ["--isolated", "--no-cache", "--line-length", "110"]
    for step in (["check", "--select", "B,C4,E,F,SIM,UP,W"], ["format", "--check"]):
        done = subprocess.run(
            [*ruff, *step, *config, str(package)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["greet", "Acme.greet", "acme.", "acme.greet.now", "acme-x.greet", "../a.b"])
def test_names_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(ScaffoldError, match="two lower-case words"):
        build_package(name)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    kept = tmp_path / "acme_flowforge" / "nodes.py"
    kept.parent.mkdir()
    kept.write_text("mine")
    with pytest.raises(ScaffoldError, match=r"nodes\.py is there already"):
        write_package("acme.greet", tmp_path)
    assert kept.read_text() == "mine"
    assert not (tmp_path / "pyproject.toml").exists()
