"""Write the lists of filters, tests and functions for docs/expressions.md."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

from flowforge_provider.expressions.language import describe_language

START = "<!-- The rest is written by python -m flowforge_provider.expressions.documentation -->"


def write_lists() -> str:
    """Return the part of the documentation that follows ``START``, as Markdown."""
    language = describe_language()
    parts = []
    for kind in ("functions", "filters", "tests"):
        parts.append(f"## {kind.capitalize()}\n")
        for group, entries in groupby(language[kind], key=lambda entry: entry["group"]):
            parts.append(
                f"### {group}\n\n| {kind[:-1]} | what it does | example | result |\n|---|---|---|---|"
            )
            parts.extend(_row(entry) for entry in entries)
            parts.append("")
    return "\n".join(parts)


def _row(entry: dict[str, Any]) -> str:
    cells = [
        f"`{entry['signature']}`",
        entry["doc"],
        f"`{entry['example']}`",
        f"`{json.dumps(entry['result'], ensure_ascii=False)}`",
    ]
    # A bar ends a cell, also inside code.
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", "\\n") for cell in cells) + " |"


def main() -> None:
    """Bring docs/expressions.md up to date."""
    from pathlib import Path

    path = Path(__file__).parents[2] / "docs" / "expressions.md"
    head = path.read_text(encoding="utf-8").partition(START)[0]
    path.write_text(f"{head}{START}\n\n{write_lists()}", encoding="utf-8")


if __name__ == "__main__":
    main()
