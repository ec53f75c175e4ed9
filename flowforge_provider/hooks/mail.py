"""An email as it was meant, before a mail server or a service gets it."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from flowforge_provider.exceptions import StepError
from flowforge_provider.files import DEFAULT_CONTENT_TYPE, File, file_from_json
from flowforge_provider.hooks.markup import html_to_text, markdown_to_html, whole_text
from flowforge_provider.nodes.addresses import Address, parse_addresses
from flowforge_provider.nodes.builtin.email_parts import parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flowforge_provider.nodes.builtin.email import EmailParameters
    from flowforge_provider.nodes.builtin.email_parts import EmailAttachment

_MEDIA_TYPE = re.compile(r"([a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*)(?=;|\s|$)")
_CHARSET = re.compile(r";\s*charset=\"?([A-Za-z0-9._:+-]+)", re.IGNORECASE)


class Attached(NamedTuple):
    """
    A file that goes with an email.

    :param content_id: id by which the HTML shows it; empty for an ordinary attachment
    """

    file: File
    content_id: str

    @property
    def base64(self) -> str:
        """Return the content in Base64."""
        return base64.b64encode(self.file.content).decode("ascii")


@dataclass(frozen=True)
class Mail:
    """
    One email with checked addresses.

    :param sender: None when the connection names it
    :param html: None for a message of plain text
    :param headers: (name, value), without line breaks
    :param tags: (name, value), for Resend
    :param scheduled_at: with a time zone, for Resend; None to send at once
    """

    sender: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    subject: str
    text: str
    html: str | None
    attachments: tuple[Attached, ...]
    headers: tuple[tuple[str, str], ...]
    tags: tuple[tuple[str, str], ...]
    scheduled_at: datetime | None

    @property
    def recipients(self) -> list[str]:
        """Return the bare addresses of all recipients, each once, in order."""
        return list(dict.fromkeys(address.email for address in (*self.to, *self.cc, *self.bcc)))

    @property
    def scheduled_at_utc(self) -> str | None:
        """Return the scheduled moment in ISO 8601, in UTC."""
        if self.scheduled_at is None:
            return None
        return self.scheduled_at.astimezone(timezone.utc).isoformat(timespec="milliseconds")


def build_mail(parameters: EmailParameters, *, zone: str, fetch: Callable[[str], File]) -> Mail:
    """
    Return the email that the parameters describe.

    :param parameters: without expressions
    :param zone: IANA name of the zone of a moment that names none
    :param fetch: returns the file at an address
    :raises StepError: there is no recipient, nothing to read, or an attachment that cannot be had
    """
    to, cc, bcc = (_addresses(texts) for texts in (parameters.to, parameters.cc, parameters.bcc))
    if not (to or cc or bcc):
        raise StepError(
            "The email has no recipient: to, cc and bcc are empty. Add an address.",
            code="no-recipient",
            retryable=False,
        )
    text, html = _bodies(parameters)
    attachments = tuple(_attachments(parameters.attachments, fetch))
    if not text.strip() and not (html or "").strip() and not attachments:
        raise StepError(
            "The email says nothing: its content is empty. Write it, or check what the expressions yield.",
            code="empty-message",
            retryable=False,
        )
    sender = _addresses([parameters.sender])
    return Mail(
        sender=sender[0] if sender else None,
        to=to,
        cc=cc,
        bcc=bcc,
        reply_to=_addresses(parameters.reply_to),
        subject=whole_text(parameters.subject.strip()),
        text=whole_text(text),
        html=None if html is None else whole_text(html),
        attachments=attachments,
        headers=tuple((header.name, header.value) for header in parameters.headers),
        tags=tuple((tag.name, tag.value) for tag in parameters.tags),
        scheduled_at=_moment(parameters.scheduled_at, zone),
    )


def _addresses(texts: Iterable[str]) -> tuple[Address, ...]:
    return tuple(address for text in texts for address in parse_addresses(text))


def _bodies(parameters: EmailParameters) -> tuple[str, str | None]:
    """Return (plain text, HTML)."""
    if parameters.body_type == "html":
        return parameters.text or html_to_text(parameters.html), parameters.html
    if parameters.body_type == "markdown":
        html = markdown_to_html(parameters.markdown)
        return parameters.text or html_to_text(html), html
    return parameters.text, None


def _moment(text: str, zone: str) -> datetime | None:
    if not text.strip():
        return None
    moment = parse_moment(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def _attachments(given: Iterable[EmailAttachment], fetch: Callable[[str], File]) -> Iterable[Attached]:
    for index, attachment in enumerate(given):
        where = f"attachments.{index}"
        if attachment.source == "url":
            files = [fetch(attachment.url)]
        else:
            values = attachment.file if isinstance(attachment.file, list) else [attachment.file]
            files = [file_from_json(value, where=where) for value in values]
        for file in files:
            # One name for several files would make them look like one.
            name = attachment.filename if attachment.filename and len(files) == 1 else file.filename
            yield Attached(
                File(_file_name(name), _content_type(file.content_type), file.content), attachment.content_id
            )


def _file_name(name: str) -> str:
    """Return a name that can stand in a header: without line breaks and folders."""
    printable = "".join(letter for letter in name if letter.isprintable())
    return printable.replace("\\", "/").rpartition("/")[2].strip() or "file"


def _content_type(text: str) -> str:
    """Return a media type that can stand in a header, with its charset; other parameters are left out."""
    found = _MEDIA_TYPE.match(text.strip().lower())
    if found is None or found[1].startswith(("multipart/", "message/")):
        return DEFAULT_CONTENT_TYPE
    charset = _CHARSET.search(text)
    return f"{found[1]}; charset={charset[1].lower()}" if charset else found[1]
