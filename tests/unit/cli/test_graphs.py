from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.cli.commands.graphs import compile_file, validate
from flowforge_provider.compiler import compile_graph
from flowforge_provider.graph.load import load_graph
from tests.factories import make_document

if TYPE_CHECKING:
    from pathlib import Path


def arguments(**values: Any) -> Namespace:
    return Namespace(**{"output": "json", "verbose": True, **values})


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.json"
    path.write_text(json.dumps(make_document()))
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    document = make_document()
    document["nodes"][1]["type"] = "transfrom"
    document["settings"]["timezone"] = "Mars/Phobos"
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(document))
    return path


def test_valid_files(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    validate(arguments(files=[str(good)], output="table"))
    assert capsys.readouterr().out == "1 file is valid.\n"


def test_all_issues_of_all_files_at_once(
    good: Path, bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        validate(arguments(files=[str(bad), str(good), str(tmp_path / "none.json")]))
    assert caught.value.code == 1
    rows = json.loads(capsys.readouterr().out)
    assert {row["code"] for row in rows if row["file"] == str(bad)} >= {"unknown-node-type"}
    assert len([row for row in rows if row["file"] == str(bad)]) >= 2
    assert [row["code"] for row in rows if row["file"].endswith("none.json")] == ["file-unreadable"]
    assert not [row for row in rows if row["file"] == str(good)]


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("{"))
    with pytest.raises(SystemExit):
        validate(arguments(files=["-"]))
    assert "standard input is not JSON" in capsys.readouterr().out


def test_compile_writes_the_source(good: Path, tmp_path: Path) -> None:
    target = tmp_path / "orders.py"
    compile_file(arguments(file=str(good), out=str(target)))
    assert target.read_text() == compile_graph(load_graph(make_document()))


def test_compile_refuses_with_all_issues(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        compile_file(arguments(file=str(bad), out=None))
    assert caught.value.code == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("error: ") >= 2
