from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flowforge_provider.graph import codes
from flowforge_provider.graph.load import dump_graph, load_graph
from flowforge_provider.graph.validation import check_document

FOLDER = Path(__file__).parents[2] / "graphs"
VALID = sorted((FOLDER / "valid").glob("*.json"))
INVALID = sorted((FOLDER / "invalid").glob("*.json"))
# Need documents too large to keep; see test_validation.
# The last one needs a node type of which no graph may have one in a loop; see test_loops.
ELSEWHERE = {"too-many-nodes", "too-many-edges", "not-in-loop"}


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_document_has_no_errors_and_survives_being_written_back(path: Any) -> None:
    document = read(path)
    graph, issues = check_document(document)
    assert [issue for issue in issues if issue.severity == "error"] == []
    assert graph is not None
    written = dump_graph(graph)
    assert load_graph(written) == graph
    assert contains(written, document)


def contains(whole: Any, part: Any) -> bool:
    """Return whether a document holds everything of another one; defaults may be added."""
    if isinstance(part, dict):
        return all(key in whole and contains(whole[key], value) for key, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(contains, whole, part))
    return bool(whole == part)


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_document_has_exactly_the_expected_issues(path: Any) -> None:
    case = read(path)
    _, issues = check_document(case["document"])
    found = [(issue.code, issue.node_id, issue.edge_id, issue.field) for issue in issues]
    expected = [(item["code"], item["node_id"], item["edge_id"], item["field"]) for item in case["expect"]]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_every_code_has_a_document() -> None:
    told = {item["code"] for path in INVALID for item in read(path)["expect"]}
    assert told | ELSEWHERE >= codes.ALL_CODES
