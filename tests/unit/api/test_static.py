from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI

from flowforge_provider.api.static import EditorFiles, bundle_version
from tests.support.asgi import AsgiClient

if TYPE_CHECKING:
    from pathlib import Path

    from anyio.from_thread import BlockingPortal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.js").write_text("export default 1")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "font-abc123.woff2").write_bytes(b"font")
    return tmp_path


@pytest.fixture
def files(folder: Path, portal: BlockingPortal) -> AsgiClient:
    return AsgiClient(EditorFiles(folder), portal=portal)


def test_right_version_is_kept_for_good(files: AsgiClient, folder: Path) -> None:
    response = files.get("/main.js", params={"v": bundle_version(folder / "main.js")})
    assert response.status_code == 200
    assert "immutable" in response.headers["cache-control"]
    assert response.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("query", ["", "?v=old", "?v="])
def test_other_versions_are_asked_for_again(files: AsgiClient, query: str) -> None:
    assert files.get(f"/main.js{query}").headers["cache-control"] == "no-cache"


def test_assets_carry_their_digest_in_the_name(files: AsgiClient) -> None:
    assert "immutable" in files.get("/assets/font-abc123.woff2").headers["cache-control"]


def test_version_follows_the_content(folder: Path) -> None:
    bundle = folder / "main.js"
    before = bundle_version(bundle)
    bundle.write_text("export default 22")
    assert bundle_version(bundle) != before


def test_an_editor_that_is_not_built_is_not_found(tmp_path: Path, portal: BlockingPortal) -> None:
    app = FastAPI()
    app.mount("/static", EditorFiles(tmp_path / "dist"))
    assert AsgiClient(app, portal=portal).get("/static/main.js").status_code == 404


def test_missing_bundle_has_no_version(tmp_path: Path) -> None:
    assert bundle_version(tmp_path / "main.js") is None
