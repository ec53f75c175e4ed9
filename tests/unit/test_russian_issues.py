"""The editor tells every kind of issue in Russian."""

from __future__ import annotations

import re
from pathlib import Path

from flowforge_provider.graph import codes

TEXTS = Path(__file__).resolve().parents[2] / "editor" / "src" / "components" / "issueText.ts"


def test_every_code_of_an_issue_has_a_russian_text() -> None:
    source = TEXTS.read_text(encoding="utf-8")

    told = set(re.findall(r'^  "?([a-z][a-z-]*)"?: "', source, re.MULTILINE))
    assert codes.ALL_CODES - told == set()
