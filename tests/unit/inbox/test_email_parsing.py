"""Emails that were made to keep the reader of a mailbox busy for hours."""

from __future__ import annotations

import pytest

from flowforge_provider.inbox.email.mail import UnreadableMailError
from flowforge_provider.inbox.email.mime import parse_message


def parse(headers: bytes, body: bytes = b"x") -> tuple[str, list[str]]:
    """Return the text and the media types of the attachments."""
    mail = parse_message(b"From: a@b.example\r\n" + headers + b"\r\n\r\n" + body, max_text_bytes=400_000)
    return mail.text, [each.file.content_type for each in mail.attachments]


@pytest.mark.parametrize(
    "charset", [b"punycode", b"idna", b"unicode_escape", b"raw-unicode-escape", b"no-such"]
)
def test_codecs_that_are_no_character_sets_are_not_used(charset: bytes) -> None:
    body = b"xn--e1afmkfd \\u0041 " + b"a" * 400_000
    text, _ = parse(b"Content-Type: text/plain; charset=" + charset, body)
    assert text == body.decode()[: len(text)]
    assert parse(b"Content-Type: text/plain; charset=koi8-r", "ё".encode("koi8-r"))[0] == "ё"


def test_a_type_of_very_many_parameters_is_not_parsed() -> None:
    assert parse(b"Content-Type: text/plain" + b"; a*0*=b" * 50_000) == ("", ["application/octet-stream"])
    assert parse(b"Content-Type: text/plain" + b"; a*0*=b" * 30) == ("", ["application/octet-stream"])
    named = b'Content-Type: text/csv; name*0="a"; name*1=".csv"; charset=utf-8'
    assert parse(named)[1] == ["text/csv"]


def test_a_message_inside_is_kept_as_it_is() -> None:
    inner = b"To: " + b"a <a@b.example>, " * 20_000 + b"\nSubject: y\n\nz"
    raw = b"From: a@b.example\nContent-Type: message/rfc822\n\n" + inner
    (attachment,) = parse_message(raw, max_text_bytes=10).attachments
    assert attachment.file.content == inner


@pytest.mark.parametrize(
    "part", [b"--x\r\n\r\n" * 100_001, b"--x\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 2_001]
)
def test_a_message_of_very_many_parts_is_given_up(part: bytes) -> None:
    with pytest.raises(UnreadableMailError, match="more than 2000 parts"):
        parse(b"Content-Type: multipart/mixed; boundary=x", part + b"--x--")
