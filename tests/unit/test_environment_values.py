"""Secrets in environment variables, or in files that these name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowforge_provider.environment_values import environment_value

if TYPE_CHECKING:
    from pathlib import Path

NAME = "FLOWFORGE_TEST_TOKEN"


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.delenv(f"{NAME}_FILE", raising=False)


def test_a_file_stands_in_for_a_variable_that_is_empty(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert environment_value(NAME) == ""
    file = tmp_path / "token"
    file.write_text("from a file\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    monkeypatch.setenv(NAME, "")
    assert environment_value(NAME) == "from a file"
    file.write_text("a newer one")
    assert environment_value(NAME) == "a newer one"
    monkeypatch.setenv(NAME, " given ")
    assert environment_value(NAME) == "given"


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_told_and_counts_as_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    with caplog.at_level("WARNING", logger="flowforge_provider.environment_values"):
        assert environment_value(NAME) == ""
    assert f"{NAME}_FILE" in caplog.text
