"""The steps of the Dockerfile that need no container: editor and wheel, from what reaches it alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.compose_file import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(900)]

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COPIES = [line.split() for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.MULTILINE)]
# What .dockerignore keeps out, as far as it lies in what is copied.
IGNORED = shutil.ignore_patterns("node_modules", "__pycache__", "dist", "swagger-ui")


def test_the_wheel_of_the_image_is_the_wheel(tmp_path: Path) -> None:
    for sources, target in ((line[:-1], line[-1]) for line in COPIES):
        for source in sources:
            # Into a folder, where the target ends with a slash; the editor's folder is that of its stage.
            place = tmp_path / ("editor" if source.startswith("editor") else "") / target
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, dirs_exist_ok=True, ignore=IGNORED)
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, place)
    (tmp_path / "editor" / "node_modules").symlink_to(ROOT / "editor" / "node_modules")

    # The image's stage has its own Node; here it is whichever `make` builds the editor with.
    (tmp_path / "tools").mkdir()
    npm = shutil.copy(ROOT / "tools" / "npm.py", tmp_path / "tools")
    run([sys.executable, str(npm), "run", "build"], tmp_path)
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist", "."], tmp_path)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert "flowforge_provider/plugins/www/dist/main.js" in names
    assert {name for name in names if name.startswith("flowforge_provider/example_graphs/")}
    sources = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "flowforge_provider").rglob("*.py")
        if "__pycache__" not in path.parts
    }
    assert sources <= names


def run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
