"""Write the OpenAPI document, from which the editor's types are generated: ``python -m`` this module."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from flowforge_provider.api.app import create_app, include_routes

TARGET = Path(__file__).resolve().parents[2] / "editor" / "openapi-gen" / "openapi.json"


def render_openapi() -> str:
    """Return the document as formatted JSON; the same routes give the same text."""
    app = create_app(background=False)
    include_routes(app)
    return json.dumps(app.openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> int:
    """Write the document to its place in the editor; return the exit code."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(render_openapi(), encoding="utf-8")
    sys.stdout.write(f"Wrote {TARGET}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
