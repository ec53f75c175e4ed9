from __future__ import annotations

import json
from pathlib import Path

from flowforge_provider.expressions import describe_language
from flowforge_provider.expressions.documentation import START, write_lists
from flowforge_provider.get_provider_info import OPTIONS

PAGE = Path(__file__).parents[3] / "docs" / "expressions.md"


def test_the_documentation_lists_what_there_is() -> None:
    _, _, lists = PAGE.read_text(encoding="utf-8").partition(START)
    assert lists.strip() == write_lists().strip(), "python -m flowforge_provider.expressions.documentation"


def test_the_documentation_names_the_limits() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    for limit in ("output_chars", "list_items", "template_chars", "expression_chars"):
        assert f"{describe_language()['limits'][limit]:,}" in text, limit
    assert "at most 1 second" in text


def test_the_limits_are_those_of_the_settings_by_default() -> None:
    limits = describe_language()["limits"]
    assert limits["time_s"] == float(OPTIONS["expression_time_limit_s"]["default"])
    assert limits["output_chars"] == int(OPTIONS["expression_max_output_bytes"]["default"])


def test_the_description_is_plain_json() -> None:
    language = describe_language()
    assert json.loads(json.dumps(language)) == language


def test_names_are_there_once() -> None:
    for kind in ("filters", "tests", "functions"):
        names = [entry["name"] for entry in describe_language()[kind]]
        assert len(names) == len(set(names))


def test_a_signature_shows_names_and_defaults() -> None:
    filters = {entry["name"]: entry for entry in describe_language()["filters"]}
    assert filters["replace"]["signature"] == "replace(old, new, count=null)"
    assert filters["upper"]["signature"] == "upper"
    assert filters["int"]["signature"] == "int(default?)"
    assert filters["sort"]["signature"] == "sort(reverse=false, attribute=null)"
    assert filters["round"]["signature"] == "round(digits=0)"
    assert filters["map"]["signature"] == "map(filter=null, *arguments, attribute=null, default=null)"
