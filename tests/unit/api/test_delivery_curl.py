from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.api.services.delivery_curl import curl_command
from flowforge_provider.exceptions import ConflictError
from flowforge_provider.store.tables import FileRow
from tests.support.deliveries import NOON, make_row

if TYPE_CHECKING:
    from flowforge_provider.store.tables import DeliveryRow

BASE = "https://air.example.com/flowforge/api/webhooks"
NASTY = 'it\'s "$HOME" `id` \\ $(id) !x\n; rm -rf *'


def _words(command: str) -> list[str]:
    """What a shell makes of the command: the words that curl would get."""
    script = "curl() { for word; do printf '%s\\0' \"$word\"; done; }\n" + command
    shell = shutil.which("dash") or "/bin/sh"
    done = subprocess.run([shell, "-c", script], capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


def _options(words: list[str], name: str) -> list[str]:
    return [words[at + 1] for at, word in enumerate(words) if word == name]


def _command(row: DeliveryRow, **options: Any) -> tuple[list[str], list[str]]:
    command, notes = curl_command(row, base_url=BASE, **options)
    return _words(command), list(notes)


def test_every_word_survives_the_shell() -> None:
    row = make_row(
        method="PUT",
        path="a/b c",
        query={"q": NASTY, "tag": ["a", "b&c"]},
        headers={"x-nasty": NASTY.replace("\n", " "), "content-type": "application/json", "x-empty": ""},
        body={"text": NASTY, "at": "@/etc/passwd"},
    )
    words, notes = _command(row)
    assert words[0] == (
        f"{BASE}/orders/a/b%20c?q=it%27s+%22%24HOME%22+%60id%60+%5C+%24%28id%29+%21x%0A%3B+rm+-rf+%2A"
        "&tag=a&tag=b%26c"
    )
    assert _options(words, "--request") == ["PUT"]
    assert _options(words, "--header") == [
        f"x-nasty: {NASTY.replace(chr(10), ' ')}",
        "content-type: application/json",
        "x-empty;",
    ]
    assert json.loads(_options(words, "--data-raw")[0]) == row.body
    assert notes == []


def test_a_text_that_begins_with_an_at_sign_is_no_file() -> None:
    row = make_row(headers={"content-type": "text/plain"}, body="@/etc/passwd")
    words, _ = _command(row)
    assert _options(words, "--data-raw") == ["@/etc/passwd"]


def test_secrets_are_placeholders() -> None:
    row = make_row(
        headers={"authorization": "***", "x-flowforge-token": "***", "x-hub-signature-256": "sha256=ab"},
        query={"token": "t"},
        body={"password": "pw"},
    )
    words, notes = _command(row)
    assert "authorization: <authorization>" in words
    assert "x-flowforge-token: <x-flowforge-token>" in words
    assert "pw" not in "".join(words)
    assert words[0].endswith("?token=%2A%2A%2A")
    assert notes == ["secrets", "signature", "masked-body"]


def test_what_curl_and_proxies_write_themselves_is_left_out() -> None:
    row = make_row(
        method="GET",
        body=None,
        headers={
            "host": "x",
            "content-length": "9",
            "x-forwarded-for": "1.2.3.4",
            "accept": "*/*",
            "connection": "close",
        },
    )
    words, _ = _command(row)
    assert words == [f"{BASE}/orders", "--request", "GET", "--header", "accept: */*"]


def test_forms_and_files() -> None:
    file = FileRow(
        id="f1",
        delivery_id="d",
        filename='a";b,.txt',
        # What curl would take for a file of headers.
        content_type="text/plain; headers=@/etc/passwd",
        size=1,
        created_at=NOON,
    )
    row = make_row(
        headers={"content-type": "multipart/form-data; boundary=x"},
        body={"note": "@x", "tags": ["a", "b"], "doc": {"file_id": "f1", "filename": file.filename}},
    )
    words, notes = _command(row, files=[file])
    assert _options(words, "--form-string") == ["note=@x", "tags=a", "tags=b"]
    assert _options(words, "--form") == ['doc=@"a\\";b,.txt";type=text/plain']
    assert _options(words, "--header") == []
    assert notes == ["files"]
    form = make_row(headers={"content-type": "application/x-www-form-urlencoded"}, body={"a b": "1=2&3"})
    words, notes = _command(form)
    assert _options(words, "--data-urlencode") == ["a%20b=1=2&3"]
    assert notes == []


def test_a_body_that_was_parsed_or_is_too_long_says_so() -> None:
    xml = make_row(headers={"content-type": "application/xml"}, body={"order": {"id": "7"}})
    assert _command(xml)[1] == ["parsed-body"]
    long = make_row(body="x" * 200_000)
    command, notes = curl_command(long, base_url=BASE)
    assert notes == ["truncated-body"]
    assert len(command) < 121_000


def test_mail_is_no_call() -> None:
    with pytest.raises(ConflictError) as caught:
        curl_command(make_row(kind="email"), base_url=BASE)
    assert caught.value.error_code == "delivery-not-http"
