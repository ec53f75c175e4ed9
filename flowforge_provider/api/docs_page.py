"""
The Swagger UI page at ``/flowforge/api-docs``, from files that ship in the package.

All addresses are relative, because Airflow may sit under a sub-path, and the script is a file of its own,
because a reverse proxy may forbid scripts inside pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, Response

from flowforge_provider.api.errors import problem
from flowforge_provider.api.static import WWW, BuiltFiles

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

_FOLDER = WWW / "swagger-ui"

_PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>FlowForge API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="swagger-ui/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="swagger-ui/swagger-ui-bundle.js"></script>
    <script src="api-docs.js"></script>
  </body>
</html>
"""

# Airflow keeps the chosen colour mode under "theme"; "system" and nothing follow the browser.
_SCRIPT = """\
const media = window.matchMedia("(prefers-color-scheme: dark)");
const applyTheme = () => {
  const chosen = window.localStorage.getItem("theme");
  const dark = chosen === "dark" || (chosen !== "light" && media.matches);
  document.documentElement.classList.toggle("dark-mode", dark);
};
applyTheme();
media.addEventListener("change", applyTheme);
window.addEventListener("storage", applyTheme);
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayOperationId: true,
  docExpansion: "list",
  tryItOutEnabled: true,
  validatorUrl: null,
});
"""


def add_docs_page(app: FastAPI) -> None:
    """Add the page, its script and Swagger UI's files to the app; everybody may read them."""
    app.add_route("/api-docs", _page, include_in_schema=False)
    app.add_route("/api-docs.js", _script, include_in_schema=False)
    app.mount("/swagger-ui", BuiltFiles(_FOLDER), name="swagger-ui")


def _page(request: Request) -> Response:
    if not (_FOLDER / "swagger-ui-bundle.js").is_file():
        return problem(
            503,
            "editor-not-built",
            detail="Swagger UI's files are missing, because the editor was not built. See openapi.json.",
            instance=request.url.path,
        )
    return HTMLResponse(_PAGE)


def _script(request: Request) -> Response:  # noqa: ARG001 - Starlette passes it
    return Response(_SCRIPT, media_type="text/javascript", headers={"Cache-Control": "no-cache"})
