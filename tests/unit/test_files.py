"""Files as JSON between steps."""

from __future__ import annotations

from typing import Any

import pytest

from flowforge_provider.exceptions import StepError
from flowforge_provider.files import File, file_from_json, file_to_json, is_file, is_reference


def test_a_file_comes_back_as_it_was() -> None:
    file = File("a.bin", "application/pdf", bytes(range(256)))
    data = file_to_json(file)
    assert data["size"] == 256
    assert is_file(data)
    assert file_from_json(data, where="file") == file


def test_name_and_type_are_filled_in() -> None:
    assert file_from_json({"base64": ""}, where="file") == File("file", "application/octet-stream", b"")


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\users\\passwd", "/passwd"])
def test_folders_are_no_part_of_the_name(name: str) -> None:
    assert file_from_json({"filename": name, "base64": "YQ=="}, where="file").filename == "passwd"


@pytest.mark.parametrize("value", [None, "text", {}, {"base64": 1}, {"base64": "not base64!"}, ["YQ=="]])
def test_anything_else_is_refused_with_its_place(value: Any) -> None:
    with pytest.raises(StepError, match=r"attachments\.0") as caught:
        file_from_json(value, where="attachments.0")
    assert caught.value.error_code == "not-a-file"
    assert not caught.value.retryable


REFERENCE = {"filename": "a.csv", "content_type": "text/csv", "size": 3, "file_id": "0" * 32}


def test_a_file_that_came_in_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(file_id: str, *, filename: str) -> bytes:
        assert (file_id, filename) == ("0" * 32, "a.csv")
        return b"a,b"

    monkeypatch.setattr("flowforge_provider.stored_files.fetch_content", fetch)
    assert is_file(REFERENCE)
    assert file_from_json(REFERENCE, where="file") == File("a.csv", "text/csv", b"a,b")


@pytest.mark.parametrize(
    "value",
    [
        {**REFERENCE, "file_id": "AgACAgIAAxkBAAIB"},  # Telegram's
        {**REFERENCE, "file_id": "../../health/xxxxxxxxxxxxxxxxxxx"},
        {"file_id": "0" * 32},
    ],
)
def test_ids_of_other_services_are_no_files(value: Any) -> None:
    assert not is_reference(value)
    assert not is_file(value)
