"""What runs see of bodies of all kinds."""

from __future__ import annotations

import gzip
import zlib
from datetime import datetime, timezone
from typing import Any

import pytest

from flowforge_provider.inbox.bodies import check_content_type, read_bytes
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.incoming import Incoming

LIMIT = 1_048_576
XML = "<order id='7'><line>a</line><line>b</line></order>"


def incoming(body: bytes, content_type: str | None = None, **headers: str) -> Incoming:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        given["content-type"] = content_type
    return Incoming(
        method="POST",
        workflow_id="orders",
        path="",
        url="http://testserver/",
        headers=given,
        query=[],
        client=None,
        received_at=datetime.now(tz=timezone.utc),
        body=body,
    )


def read(body: bytes, content_type: str | None = None, **headers: str) -> Any:
    call = incoming(body, content_type, **headers)
    check_content_type(call)
    return read_bytes(call, limit=LIMIT).body


def refuse(
    body: bytes, content_type: str | None = None, *, limit: int = LIMIT, **headers: str
) -> RefusedError:
    call = incoming(body, content_type, **headers)
    try:
        check_content_type(call)
        value = read_bytes(call, limit=limit).body
    except RefusedError as error:
        return error
    raise AssertionError(f"it was read as {value!r}")


@pytest.mark.parametrize(
    ("body", "content_type", "value"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b'{"a": 1}', "application/vnd.github+json; charset=utf-8", {"a": 1}),
        ('{"a": "ё"}'.encode("cp1251"), "application/json; charset=windows-1251", {"a": "ё"}),
        ('{"a": "ё"}'.encode("utf-16"), "application/json; charset=utf-16", {"a": "ё"}),
        (b"\xef\xbb\xbf[1]", "application/json", [1]),
        (b"a=1&b=%D1%91&b=2&c=", "application/x-www-form-urlencoded", {"a": "1", "b": ["ё", "2"], "c": ""}),
        (b"a=%B8", "application/x-www-form-urlencoded; charset=windows-1251", {"a": "ё"}),
        # What curl sends when it is told no type.
        (b'{"a": 1}', "application/x-www-form-urlencoded", {"a": 1}),
        (b"{a=1", "application/x-www-form-urlencoded", {"{a": "1"}),
        (XML.encode(), "application/xml", {"order": {"@id": "7", "line": ["a", "b"]}}),
        (XML.encode(), "application/soap+xml", {"order": {"@id": "7", "line": ["a", "b"]}}),
        ("<?xml version='1.0' encoding='windows-1251'?><a>ё</a>".encode("cp1251"), "text/xml", {"a": "ё"}),
        ("<?xml version='1.0' encoding='utf-16'?><a>ё</a>".encode("utf-16"), "text/xml", {"a": "ё"}),
        ("ё".encode(), "text/plain", "ё"),
        ("ё".encode("koi8-r"), "text/plain; charset=KOI8-R", "ё"),
        (b"a,b\r\n1,2", "text/csv", "a,b\r\n1,2"),
        (b'{"a": 1}\n{"a": 2}\n', "application/x-ndjson", '{"a": 1}\n{"a": 2}\n'),
        (b"", "application/json", None),
        (b"", "application/pdf", None),
        # Without a type.
        (b'{"a": 1}', None, {"a": 1}),
        (b"hello", None, "hello"),
        (b"  ", None, None),
    ],
)
def test_kinds(body: bytes, content_type: str | None, value: Any) -> None:
    assert read(body, content_type) == value


@pytest.mark.parametrize("content_type", ["application/pdf", "image/svg+xml", "application/x-strange", None])
def test_everything_else_is_a_file(content_type: str | None) -> None:
    body = b"%PDF\x00\xff"
    content = read_bytes(incoming(body, content_type), limit=LIMIT)
    [kept] = content.files
    assert content.body == kept.reference()
    assert kept.file.content == body
    assert content.body["content_type"] == content_type or "application/octet-stream"
    assert content.body["size"] == 6


def test_a_file_is_named_as_its_sender_says() -> None:
    named = read(b"%PDF", "application/pdf", content_disposition='attachment; filename="../a b.pdf"')
    assert named["filename"] == "a b.pdf"
    assert read(b"%PDF", "application/pdf")["filename"] == "body.pdf"


BOUNDARY = "multipart/form-data; boundary=xx"


def part(headers: str, content: bytes) -> bytes:
    return b"--xx\r\nContent-Disposition: form-data; " + headers.encode() + b"\r\n\r\n" + content + b"\r\n"


def test_multipart_holds_fields_and_files() -> None:
    body = (
        part('name="title"', "ё".encode())
        + part('name="tag"', b"a")
        + part('name="tag"', b"b")
        + part('name="scan"; filename="Счёт %22.pdf"\r\nContent-Type: application/pdf', b"%PDF\r\n\x00")
        + part("name=\"extra\"; filename*=UTF-8''%D1%91.bin", b"123")
        + part('name="none"; filename=""\r\nContent-Type: application/octet-stream', b"")
        + b"--xx--\r\n"
    )
    content = read_bytes(incoming(body, BOUNDARY), limit=LIMIT)
    scan, extra = content.files
    assert content.body == {
        "title": "ё",
        "tag": ["a", "b"],
        "scan": scan.reference(),
        "extra": extra.reference(),
        "none": None,
    }
    assert scan.file == ('Счёт ".pdf', "application/pdf", b"%PDF\r\n\x00")
    assert extra.file.filename == "ё.bin"


def test_multipart_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_DELIVERY_FILES", "2")
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_FILE_BYTES", "3")
    file = part('name="f"; filename="a"', b"123")
    assert refuse(file * 3 + b"--xx--\r\n", BOUNDARY).error_code == "too-many-files"
    large = part('name="f"; filename="a"', b"1234") + b"--xx--\r\n"
    assert refuse(large, BOUNDARY).error_code == "file-too-large"
    assert refuse(part('name="a"', b"") * 1001 + b"--xx--\r\n", BOUNDARY).error_code == "invalid-body"
    headers = "".join(f"\r\nX-{number}: 1" for number in range(20))
    assert refuse(part(f'name="a"{headers}', b"") + b"--xx--\r\n", BOUNDARY).error_code == "invalid-body"
    long = part(f'name="a"\r\nX-Long: {"x" * 10_000}', b"") + b"--xx--\r\n"
    assert refuse(long, BOUNDARY).error_code == "invalid-body"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 422, "invalid-json"),
        (b"NaN", "application/json", 422, "invalid-payload"),
        (b'"\\u0000"', "application/json", 422, "invalid-payload"),
        (b'"\\ud800"', None, 422, "invalid-payload"),
        (b"[" * 300 + b"]" * 300, "application/json", 422, "invalid-payload"),
        (b"\xff", "application/json", 422, "invalid-json"),
        (b"a=%FF", "application/x-www-form-urlencoded", 422, "invalid-body"),
        (b"a=%00", "application/x-www-form-urlencoded", 422, "invalid-payload"),
        (b"\xff=1", "application/x-www-form-urlencoded", 422, "invalid-body"),
        (b"&".join([b"a=1"] * 1001), "application/x-www-form-urlencoded", 422, "invalid-body"),
        (b"<a>", "application/xml", 422, "invalid-body"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "application/xml", 422, "invalid-body"),
        (b"<a>" * 200 + b"</a>" * 200, "text/xml", 422, "invalid-body"),
        (b"<a>" + b"<b c=''/>" * 25_000 + b"</a>", "text/xml", 422, "invalid-body"),
        (b"\xff", "text/plain", 422, "invalid-body"),
        (b"a\x00", "text/plain", 422, "invalid-payload"),
        (b"a", "text/plain; charset=rot13", 415, "unsupported-charset"),
        (b"a", "text/plain; charset=idna", 415, "unsupported-charset"),
        (b"a", "application/json; charset=\x00", 415, "unsupported-charset"),
        (b"x", "multipart/form-data", 422, "invalid-body"),
        (b"x", BOUNDARY, 422, "invalid-body"),
        (part('name="a"', b"1"), BOUNDARY, 422, "invalid-body"),
        (part('filename="a"', b"1") + b"--xx--\r\n", BOUNDARY, 422, "invalid-body"),
        (part('name="a"', b"\xff") + b"--xx--\r\n", BOUNDARY, 422, "invalid-body"),
        (b"x", "multipart/form-data; boundary=" + "x" * 500, 422, "invalid-body"),
    ],
)
def test_what_cannot_be_kept_is_refused(body: bytes, content_type: str, status: int, code: str) -> None:
    error = refuse(body, content_type)
    assert (error.status, error.error_code) == (status, code)


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body)[2:-4]),
        ("identity", bytes),
        ("", bytes),
    ],
)
def test_compressed_bodies_are_read(encoding: str, compress: Any) -> None:
    body = compress(b'{"a": 1}')
    assert read(body, "application/json", content_encoding=encoding) == {"a": 1}


def test_a_bomb_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(b"0" * 50_000_000, mtime=0)
    assert len(bomb) < 60_000
    error = refuse(bomb, "text/plain", content_encoding="gzip", limit=1000)
    assert (error.status, error.error_code) == (413, "body-too-large")
    exact = gzip.compress(b"0" * 1000, mtime=0)
    assert read_bytes(incoming(exact, "text/plain", content_encoding="gzip"), limit=1000).body == "0" * 1000


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"not gzip", "gzip", 422),
        (gzip.compress(b"{}", mtime=0)[:-3], "gzip", 422),
        (gzip.compress(b"{}", mtime=0) * 2, "gzip", 422),
        (b"\xff\xff", "deflate", 422),
        (b"{}", "br", 415),
        (b"{}", "gzip, gzip", 415),
    ],
)
def test_damaged_and_unknown_compression_is_refused(body: bytes, encoding: str, status: int) -> None:
    assert refuse(body, "application/json", content_encoding=encoding).status == status
