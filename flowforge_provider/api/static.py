"""The built editor's files, with addresses that change when their content does."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    import os

    from starlette.responses import Response
    from starlette.types import Scope

WWW = Path(__file__).resolve().parent.parent / "plugins" / "www"
BUNDLE = WWW / "dist" / "main.js"
MOUNT_PATH = "/static"

_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


@lru_cache(maxsize=4)
def _digest(path: Path, modified_ns: int, size: int) -> str:  # noqa: ARG001 - the key of the cache
    return hashlib.blake2b(path.read_bytes(), digest_size=8).hexdigest()


def bundle_version(path: Path = BUNDLE) -> str | None:
    """Return a digest of the editor's bundle, or ``None`` when the editor was not built."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return _digest(path, stat.st_mtime_ns, stat.st_size)


def bundle_url() -> str:
    """
    Return the bundle's address relative to the host's base url.

    It is relative, because Airflow may sit under a sub-path (``[api] base_url``).
    """
    version = bundle_version()
    return f"flowforge{MOUNT_PATH}/main.js" + (f"?v={version}" if version else "")


class BuiltFiles(StaticFiles):
    """
    Serve a folder that the editor's build makes.

    :param directory: the folder; while it is absent, as in a source checkout, all its files are not found
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, check_dir=False)

    async def check_config(self) -> None:
        """Accept an absent folder, which Starlette would answer with 500."""


class EditorFiles(BuiltFiles):
    """
    Serve the built editor.

    An address with the right ``?v=`` or below ``assets/`` (names with a digest) may be kept for good; all
    others are asked for again each time, so that a rebuilt editor is never hidden by an old copy.
    """

    def __init__(self, directory: Path = WWW / "dist") -> None:
        super().__init__(directory)
        self._bundle = directory / "main.js"

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Add the caching header."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("v", [""])[-1]
        has_digest = "/assets/" in str(full_path) or (asked and asked == bundle_version(self._bundle))
        response.headers["Cache-Control"] = _FOREVER if has_digest else _ASK_AGAIN
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
