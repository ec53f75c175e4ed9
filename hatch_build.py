"""
Build the editor into the wheel.

The built files are no sources: git ignores them, and a wheel must hold them. An editable install needs none
(`make` builds the editor beside it), and a build from a source distribution finds them in the archive.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WWW = "flowforge_provider/plugins/www"
BUNDLE = ROOT / WWW / "dist" / "main.js"


class EditorBuildHook(BuildHookInterface[Any]):
    """Runs `npm ci` and `npm run build` in editor/, when the editor is not built yet."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """
        Make sure that the built editor is there before the archive is filled.

        :param version: "editable" or "standard"
        :param build_data: hatchling's, changed in place
        :raises RuntimeError: the editor cannot be built
        """
        if version == "editable":
            return
        if not BUNDLE.exists():
            self.app.display_info("Building the editor")
            _build_editor()
        build_data["artifacts"] += [f"/{WWW}/dist/**", f"/{WWW}/swagger-ui/**"]


def _build_editor() -> None:
    npm = _load_npm()
    for arguments in (("ci", "--no-audit", "--no-fund", "--ignore-scripts"), ("run", "build")):
        if npm.run_npm(*arguments) != 0:
            raise RuntimeError(f"npm {' '.join(arguments)} failed in {npm.EDITOR}; its output is above.")
    if not BUNDLE.exists():
        raise RuntimeError(f"The editor was built, but {BUNDLE} is not there.")


def _load_npm() -> Any:
    spec = importlib.util.spec_from_file_location("flowforge_npm", ROOT / "tools" / "npm.py")
    if spec is None or spec.loader is None:
        raise RuntimeError("tools/npm.py is missing.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
