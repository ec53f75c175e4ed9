"""How answers are read."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.guarded import Answer
from flowforge_provider.hooks.http_answer import Reading, read_body, read_error_body


def answer(content: bytes, content_type: str = "", **headers: str) -> Answer:
    given = {"Content-Type": content_type, **headers} if content_type else headers
    return Answer(200, CaseInsensitiveDict(given), content, "https://a.example/x/report.bin", 1)


def as_file(content: bytes, content_type: str, filename: str = "report.bin") -> dict[str, Any]:
    encoded = b64encode(content).decode()
    return {"filename": filename, "content_type": content_type, "size": len(content), "base64": encoded}


@pytest.mark.parametrize(
    ("content_type", "content", "body"),
    [
        ("application/json", b'{"a": 1}', {"a": 1}),
        ("application/problem+json; charset=utf-8", b"[]", []),
        ("application/json", '"Ёж"'.encode("utf-16"), "Ёж"),
        ("", b"[1]", [1]),
        ("", b"plain", "plain"),
        ("", b"\xff\xfe\x00", as_file(b"\xff\xfe\x00", "application/octet-stream")),
        ("application/json", b"not json", "not json"),
        ("application/json", b"[NaN]", "[NaN]"),
        ("text/html; charset=latin-1", b"\xe4", "ä"),
        ("text/csv", b"a,b", "a,b"),
        ("application/xml", b"<a/>", "<a/>"),
        ("application/atom+xml", b"<a/>", "<a/>"),
        ("application/x-ndjson", b"{}\n{}", "{}\n{}"),
        ("text/plain; charset=klingon", b"abc", as_file(b"abc", "text/plain; charset=klingon")),
        ("image/png", b"\x89PNG\xff", as_file(b"\x89PNG\xff", "image/png")),
        ("application/pdf", b"plain", as_file(b"plain", "application/pdf")),
        ("nonsense", b"plain", as_file(b"plain", "nonsense")),
        ("text/plain", b"", None),
    ],
)
def test_by_its_content_type(content_type: str, content: bytes, body: Any) -> None:
    assert read_body(answer(content, content_type), reading="auto") == body


@pytest.mark.parametrize(
    ("reading", "content_type", "content", "body"),
    [
        ("json", "text/plain", b"[1]", [1]),
        ("json", "image/png", b"", None),
        ("text", "application/json", b"[1]", "[1]"),
        ("text", "image/png", b"\xff", "�"),
        ("text", "text/plain; charset=latin-1", b"\xe4", "ä"),
        ("text", "text/plain; charset=klingon", b"abc", "abc"),
        ("file", "application/json", b"[1]", as_file(b"[1]", "application/json")),
        ("file", "", b"", as_file(b"", "application/octet-stream")),
    ],
)
def test_as_it_was_asked_for(reading: Reading, content_type: str, content: bytes, body: Any) -> None:
    assert read_body(answer(content, content_type), reading=reading) == body


def test_a_file_has_the_name_that_the_service_gives() -> None:
    made = answer(b"x", "application/pdf", **{"Content-Disposition": 'attachment; filename="may.pdf"'})
    assert read_body(made, reading="auto") == as_file(b"x", "application/pdf", "may.pdf")


def test_what_was_to_be_json_and_is_not() -> None:
    with pytest.raises(StepError, match=r"is no JSON.*text/html") as caught:
        read_body(answer(b"<html>", "text/html"), reading="json")
    assert caught.value.error_code == "http-not-json"
    assert caught.value.detail["beginning"] == "<html>"


def test_an_error_shows_no_files() -> None:
    assert read_error_body(answer(b"\xff", "image/png")) is None
    assert read_error_body(answer(b'{"why": 1}', "application/json")) == {"why": 1}
