from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import tempfile
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.api.services.delivery_curl import curl_command
from flowforge_provider.exceptions import ConflictError
from flowforge_provider.store.tables import FileRow
from tests.support.deliveries import NOON, make_row
from tests.support.front_door import TOKEN_HEADERS, open_front_door, publish_graph, set_token, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowforge_provider.inbox.service import Inbox
    from flowforge_provider.store.tables import DeliveryRow
    from tests.support.asgi import AsgiClient

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


def _sent(command: str) -> tuple[list[str], bytes]:
    """What curl would get: its words, and the bytes of the body that it would send."""
    script = "curl() { for word; do printf '%s\\0' \"$word\"; done; printf '\\0'; cat; }\n" + command
    shell = shutil.which("dash") or "/bin/sh"
    # From a file, as pasting it does: what a program is given as an argument is bounded.
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        done = subprocess.run(
            [shell, file.name], capture_output=True, check=True, stdin=subprocess.DEVNULL
        ).stdout
    head, _, piped = done.partition(b"\0\0")
    words = [word.decode() for word in head.split(b"\0")]
    if "--data-binary" in words:
        assert _options(words, "--data-binary") == ["@-"]
        return words, piped
    (text,) = _options(words, "--data-raw")
    return words, text.encode()


XML = '<?xml version="1.0"?>\n<order  id=\'7\'><!-- it\'s "$HOME" --><line/>\n</order>\n'
MULTIPART = (
    b'--XX\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
    b'--XX\r\nContent-Disposition: form-data; name="doc"; filename="a.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n\x00\xff\r\n--XX--\r\n"
)
BODIES = {
    "XML": ("application/xml", XML.encode()),
    "XML with line ends of Windows": ("text/xml", XML.replace("\n", "\r\n").encode()),
    "XML in another character set": (
        "application/xml",
        '<?xml version="1.0" encoding="windows-1251"?><a>\u0401</a>'.encode("windows-1251"),
    ),
    "multipart": ("multipart/form-data; boundary=XX", MULTIPART),
    "form": ("application/x-www-form-urlencoded", b"a=1%202&b=x+y&a=%D1%91&c"),
    "bytes": ("application/octet-stream", bytes(range(256)) * 20),
    "an image": ("image/png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 200_000),
    "text without a type": ("", b"plain = text"),
    "JSON without a type": ("", b'{"a":  1}'),
    "lines": ("application/x-ndjson", b'{"a":1}\n{"a":2}\n'),
    "text": ("text/plain; charset=utf-8", "ё 'quoted'\n".encode()),
    "text in another character set": ("text/plain; charset=koi8-r", "ё".encode("koi8-r")),
}


@pytest.fixture
def inbox(database: None) -> Iterator[Inbox]:
    set_token()
    with open_front_door() as value:
        yield value


def _is_done(client: AsgiClient, url: str) -> bool:
    return bool(client.get(url).json()["state"] == "dispatched")


@pytest.mark.parametrize("compressed", [False, True])
def test_a_body_is_sent_again_byte_by_byte(
    inbox: Inbox, client: Callable[[str | None], AsgiClient], admin: AsgiClient, compressed: bool
) -> None:
    publish_graph()
    stranger = client(None)
    for name, (content_type, content) in BODIES.items():
        headers = {**TOKEN_HEADERS, **({"Content-Type": content_type} if content_type else {})}
        sent = gzip.compress(content) if compressed else content
        headers |= {"Content-Encoding": "gzip"} if compressed else {}
        answer = stranger.post("/flowforge/api/webhooks/orders", content=sent, headers=headers)
        assert answer.status_code == 202, (name, answer.text)
        url = f"/flowforge/api/deliveries/{answer.json()['delivery_id']}"
        told = admin.get(f"{url}/curl").json()
        assert told["notes"] == ["secrets"], name
        words, body = _sent(told["command"])
        assert body == content, name
        types = [word for word in _options(words, "--header") if word.lower().startswith("content-")]
        # Without a header curl would call it a form; with its encoding it would be called compressed.
        assert types == [f"content-type: {content_type}" if content_type else "content-type:"], name
        # Sent again from here, it can be told byte by byte as well.
        wait_until(partial(_is_done, admin, url))
        again = admin.post(f"{url}/redeliver").json()
        assert again["redelivery_of"] == url.rpartition("/")[2]
        assert (
            _sent(admin.get(f"/flowforge/api/deliveries/{again['id']}/curl").json()["command"])[1] == content
        )


def test_what_is_masked_is_not_told_byte_by_byte() -> None:
    row = make_row(
        headers={"content-type": "application/xml"},
        body={"order": {"password": "pw"}},
        raw=b"<order><password>pw</password></order>",
    )
    words, notes = _command(row)
    assert "pw" not in "".join(words)
    assert notes == ["masked-body", "parsed-body"]


def test_mail_is_no_call() -> None:
    with pytest.raises(ConflictError) as caught:
        curl_command(make_row(kind="email"), base_url=BASE)
    assert caught.value.error_code == "delivery-not-http"
