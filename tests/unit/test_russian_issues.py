"""The editor tells every kind of issue in Russian."""

from __future__ import annotations

import re
from pathlib import Path

from flowforge_provider.graph import codes

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ROOT / "editor" / "src" / "components" / "issueText.ts"
# What lies outside a graph is looked at here.
SURROUNDINGS = [ROOT / "flowforge_provider/api/services" / name for name in ("targets.py", "installation.py")]


def test_every_code_of_an_issue_has_a_russian_text() -> None:
    source = TEXTS.read_text(encoding="utf-8")

    told = set(re.findall(r'^  "?([a-z][a-z-]*)"?: "', source, re.MULTILINE))
    around = {code for path in SURROUNDINGS for code in re.findall(r'code="([a-z-]+)"', path.read_text())}
    assert "connection-not-found" in around
    assert (codes.ALL_CODES | around) - told == set()
