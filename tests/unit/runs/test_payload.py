from __future__ import annotations

import json
from typing import Any

import pytest

from flowforge_provider.runs.payload import PayloadError, check_payload, parse_json


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"", None),
        (b" \n", None),
        (b"null", None),
        (b'{"id": 7, "tags": ["a", "\xc3\xa9"]}', {"id": 7, "tags": ["a", "é"]}),
        (b'"text"', "text"),
        (b"\xef\xbb\xbf[1]", [1]),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\\\u0000"', "\\u0000"),
    ],
)
def test_json_is_read(raw: bytes, value: Any) -> None:
    assert parse_json(raw) == value


@pytest.mark.parametrize(
    ("raw", "code", "part"),
    [
        (b"{", "invalid-json", "line 1, column 2"),
        (b"\xff\xfe", "invalid-json", "byte 0"),
        (b"[NaN]", "invalid-payload", "JSON"),
        (b"[1e999]", "invalid-payload", "JSON"),
        (b"1" * 5000, "invalid-json", "too long"),
        (b'{"a": ["\\u0000"]}', "invalid-payload", "$.a[0]"),
        (b'{"a\\u0000": 1}', "invalid-payload", "a key"),
        (b'"\\ud800"', "invalid-payload", "surrogate"),
        (b"[" * 300 + b"]" * 300, "invalid-payload", "deeper"),
        (b"[" * 100_000 + b"]" * 100_000, "invalid-payload", "deeper"),
    ],
)
def test_what_cannot_be_kept_is_refused(raw: bytes, code: str, part: str) -> None:
    with pytest.raises(PayloadError) as caught:
        parse_json(raw)
    assert caught.value.error_code == code
    assert part in caught.value.message


def test_the_size_is_that_of_the_json_text() -> None:
    value = {"name": "é", "count": 3}
    assert check_payload(value) == len(json.dumps(value))
