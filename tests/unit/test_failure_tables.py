"""Each row of docs/failures names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
TABLES = sorted((ROOT / "docs" / "failures").glob("*.md"))
TEST = re.compile(r"`(tests/[\w/.]+\.py)::([\w:]+)(\[[^`]*\])?`")


class Row(NamedTuple):
    table: str
    line: int
    text: str


def rows() -> list[Row]:
    return [
        Row(path.name, number, line)
        for path in TABLES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if line.startswith("|") and not re.fullmatch(r"\|[\s|:-]+\|", line) and not line.startswith("| When")
    ]


def names_in(path: Path) -> set[str]:
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            inner = (item for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)))
            names.update(f"{node.name}::{item.name}" for item in inner)
    return names


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.table}:{row.line}")
def test_a_row_names_tests_that_exist(row: Row) -> None:
    found = TEST.findall(row.text)
    assert found, (
        f"docs/failures/{row.table}, line {row.line}: no test is named. Add `tests/...py::test_name`."
    )
    for file, name, _ in found:
        path = ROOT / file
        assert path.is_file(), f"{file} does not exist."
        assert name in names_in(path), f"{file} has no {name}."
