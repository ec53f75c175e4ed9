"""
From the bytes of an email to what a run sees of it.

Anybody can send anything. What can be read is read; what cannot is left out, or shown as a file. Headers are
parsed one by one, because one that is malformed must not hide the others, and long ones by quick means, since
Python's thorough parser takes minutes for a crafted megabyte.
"""

from __future__ import annotations

import codecs
import re
from datetime import timezone
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from mimetypes import guess_extension
from typing import TYPE_CHECKING, Any, cast

from flowforge_provider.files import DEFAULT_CONTENT_TYPE, File
from flowforge_provider.inbox.email.mail import (
    MAX_ATTACHMENTS,
    MAX_HEADERS,
    MailAddress,
    MailAttachment,
    ReceivedMail,
    UnreadableMailError,
    clean_text,
    cut_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from email.message import EmailMessage

__all__ = ["parse_addresses", "parse_message"]

_MAX_PARTS = 1000
_LONG_HEADER = 8_000
_MAX_HEADER = 64_000
_MAX_HEADERS_SIZE = 256_000
_MAX_ADDRESSES = 1000
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
# Parsing takes milliseconds for each part with such a header, and a tenth for what may begin another one.
_TYPE = re.compile(rb"^content-type[ \t]*:", re.IGNORECASE | re.MULTILINE)
_MOST_TYPES = 2 * _MAX_PARTS
_MOST_BOUNDARIES = 100_000
_MOST_PARAMETERS = 20
# Codecs of Python's that are no character sets of emails; the first takes hours for a crafted megabyte.
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"})
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")


class _QuickPolicy(policy.EmailPolicy):
    """Leave out headers that Python's parser, which looks at the type of each part, takes long for."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """Return a header, parsed."""
        if len(value) > _LONG_HEADER or value.count(";") > _MOST_PARAMETERS:
            value = DEFAULT_CONTENT_TYPE if name.lower() == "content-type" else ""
        return super().header_fetch_parse(name, value)


# Messages inside of messages are kept as they are.
_POLICY = _QuickPolicy(refold_source="none")


def parse_message(raw: bytes, *, max_text_bytes: int) -> ReceivedMail:
    """
    Return the email that the bytes are (RFC 5322, RFC 2045 to 2047).

    :param raw: of bounded size
    :param max_text_bytes: bytes that text and HTML may have each; more is cut off
    :raises UnreadableMailError: nothing can be made of it
    """
    if raw.count(b"\n--") > _MOST_BOUNDARIES or sum(1 for _ in _TYPE.finditer(raw)) > _MOST_TYPES:
        raise UnreadableMailError(
            f"The message has more than {_MOST_TYPES} parts. It is left where it is.", code="email-unreadable"
        )
    try:
        message = cast("EmailMessage", BytesParser(policy=_POLICY).parsebytes(raw))
        parts = list(_leaves(message))
    except _FAULTS as exc:
        raise UnreadableMailError(
            f"The message cannot be parsed ({type(exc).__name__}: {str(exc)[:200]}). It is left where it is.",
            code="email-unreadable",
        ) from exc
    texts, attachments = _sort_parts(parts)
    text, text_cut = cut_text("\n".join(texts["text/plain"]), limit=max_text_bytes)
    html, html_cut = cut_text("\n".join(texts["text/html"]), limit=max_text_bytes)
    headers = _headers(message)
    senders = parse_addresses(_first(headers, "from") or _first(headers, "sender"))
    return ReceivedMail(
        sender=senders[0] if senders else MailAddress("", ""),
        to=_addresses(headers, "to"),
        cc=_addresses(headers, "cc"),
        reply_to=_addresses(headers, "reply-to"),
        subject=decode_words(_first(headers, "subject")),
        text=text,
        html=html,
        date=read_date(_first(headers, "date")),
        message_id=_first(headers, "message-id").strip(),
        in_reply_to=_first(headers, "in-reply-to").strip(),
        references=_MESSAGE_ID.findall(_first(headers, "references")),
        headers=shown_headers(headers),
        attachments=attachments,
        truncated=text_cut or html_cut or len(parts) > _MAX_PARTS,
    )


def parse_addresses(text: str) -> list[MailAddress]:
    """
    Return the addresses in a header, with encoded names decoded.

    :param text: unfolded, not decoded; where it is malformed, all of it becomes one name without an address,
        since a crafted header could pass for any sender otherwise
    """
    if not text.strip():
        return []
    found = [pair for pair in getaddresses([text]) if pair[0] or pair[1]]
    if not found:
        return [MailAddress(decode_words(text).strip()[:1000], "")]
    return [
        MailAddress(decode_words(name).strip(), decode_words(address).strip())
        for name, address in found[:_MAX_ADDRESSES]
    ]


def decode_words(text: str) -> str:
    """Return a header's text with its encoded words decoded (RFC 2047); as it is where they are damaged."""
    if "=?" not in text:
        return clean_text(text)
    try:
        if len(text) <= _LONG_HEADER:
            # Unlike the older decoder, this one joins words that were split inside a character.
            return clean_text(str(policy.default.header_factory("subject", text)))
        return clean_text(str(make_header(decode_header(text))))
    except _FAULTS:
        return clean_text(text)


def read_date(text: str) -> str | None:
    """Return a date header in ISO 8601, in UTC where it tells no zone; None when it is no date."""
    try:
        moment = parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).isoformat()


def shown_headers(headers: Sequence[tuple[str, str]]) -> dict[str, str | list[str]]:
    """
    Return all headers as a run sees them.

    :param headers: (lower-case name, unfolded value)
    """
    shown: dict[str, str | list[str]] = {}
    for name, text in headers:
        value = decode_words(text)
        known = shown.get(name)
        if known is None:
            shown[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            shown[name] = [known, value]
    return shown


# What the parser may raise for malformed headers; the list was found by trying, see its test.
_FAULTS = (LookupError, ValueError, MessageError, AttributeError, TypeError, RecursionError)


def _headers(message: EmailMessage) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    room = _MAX_HEADERS_SIZE
    for name, value in list(message.raw_items())[:MAX_HEADERS]:
        text = str(value)[: min(_MAX_HEADER, room)]
        room -= len(text)
        headers.append((clean_text(name.lower()), clean_text(re.sub(r"\r?\n[ \t]?", " ", text)).strip()))
    return headers


def _first(headers: Sequence[tuple[str, str]], name: str) -> str:
    return next((value for key, value in headers if key == name), "")


def _addresses(headers: Sequence[tuple[str, str]], name: str) -> list[MailAddress]:
    return [each for key, value in headers if key == name for each in parse_addresses(value)][:_MAX_ADDRESSES]


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    """Yield the parts that hold something, in their order; a message inside the message is one of them."""
    stack: list[EmailMessage] = [message]
    count = 0
    while stack and count <= _MAX_PARTS:
        part = stack.pop()
        count += 1
        if part.is_multipart() and _content_type(part).startswith("multipart/"):
            stack.extend(reversed(cast("list[EmailMessage]", part.get_payload())))
        else:
            yield part


def _sort_parts(parts: Sequence[EmailMessage]) -> tuple[dict[str, list[str]], list[MailAttachment]]:
    texts: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    attachments: list[MailAttachment] = []
    for part in parts:
        kind = _content_type(part)
        if kind.startswith("multipart/"):  # without a boundary: what it consists of cannot be told
            kind = "text/plain"
        named = bool(_filename(part))
        disposition = _disposition(part)
        if kind in texts and disposition != "attachment" and not named:
            texts[kind].append(_text(part))
        elif len(attachments) < MAX_ATTACHMENTS:
            attachments.append(_attachment(part, kind, number=len(attachments) + 1))
    return texts, attachments


def _attachment(part: EmailMessage, kind: str, *, number: int) -> MailAttachment:
    name = _filename(part) or _made_up_name(kind, number)
    content_id = str(_raw(part, "content-id")).strip().strip("<>")
    return MailAttachment(File(name, kind, _bytes(part)), clean_text(content_id)[:250])


def _made_up_name(kind: str, number: int) -> str:
    ending = {"message/rfc822": ".eml", "application/ms-tnef": ".dat"}.get(kind) or guess_extension(kind)
    return f"attachment-{number}{ending or '.bin'}"


def _filename(part: EmailMessage) -> str:
    if len(_raw(part, "content-disposition")) + len(_raw(part, "content-type")) > _LONG_HEADER:
        return ""
    try:
        return safe_filename(decode_words(part.get_filename() or ""))
    except _FAULTS:
        return ""


def safe_filename(name: str) -> str:
    """Return a file's name without folders and control characters; empty when nothing is left."""
    printable = "".join(letter for letter in clean_text(name) if letter.isprintable())
    return printable.replace("\\", "/").rpartition("/")[2].strip()[:200]


def _content_type(part: EmailMessage) -> str:
    if len(_raw(part, "content-type")) > _LONG_HEADER:
        return DEFAULT_CONTENT_TYPE
    try:
        kind = str(part.get_content_type()).lower()
    except _FAULTS:
        return DEFAULT_CONTENT_TYPE
    return kind if _MEDIA_TYPE.fullmatch(kind) and len(kind) <= 200 else DEFAULT_CONTENT_TYPE


def _disposition(part: EmailMessage) -> str:
    return str(_raw(part, "content-disposition")).partition(";")[0].strip().lower()


def _raw(part: EmailMessage, name: str) -> str:
    return next((str(value) for key, value in part.raw_items() if key.lower() == name), "")


def _bytes(part: EmailMessage) -> bytes:
    try:
        payload = part.get_payload()
        if isinstance(payload, list):  # a message inside the message
            return b"".join(cast("EmailMessage", each).as_bytes() for each in payload)
        content = part.get_payload(decode=True)
    except _FAULTS:
        return b""
    return content if isinstance(content, bytes) else b""


def _charset(part: EmailMessage) -> str:
    """
    Return the name of the codec for a part's text.

    :raises LookupError: it is unknown
    """
    name = codecs.lookup(str(part.get_content_charset("utf-8"))).name
    if name.replace("-", "_") in _NO_CHARSETS:
        raise LookupError(name)
    return name


def _text(part: EmailMessage) -> str:
    content = _bytes(part)
    try:
        text = content.decode(_charset(part), "replace")
    except _FAULTS:
        # An alphabet that nobody knows: UTF-8 shows by itself whether it fits.
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            text = content.decode("windows-1252", "replace")
    return clean_text(text.replace("\r\n", "\n"))
