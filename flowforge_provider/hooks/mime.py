"""
An email as bytes for a mail server.

The headers with addresses are written here: Python's email package folds lists of recipients wrongly when
a name has letters beyond ASCII (it encodes the comma before it, so that a recipient is lost), and turns long
words of other headers into encoded ones.
"""

from __future__ import annotations

from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import timezone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowforge_provider.hooks.mail import Attached, Mail
    from flowforge_provider.nodes.addresses import Address

_LINE_END = "\r\n"
# RFC 5322, section 2.1.1, without the line end.
_LONGEST_LINE = 998


def message_id(key: str, sender: Address) -> str:
    """Return the Message-ID that stands for a key, in the domain of the sender."""
    return f"<{key}@{sender.email.rpartition('@')[2]}>"


def to_bytes(mail: Mail, *, sender: Address, key: str, utf8: bool = False) -> bytes:
    """
    Return the email as MIME; the Bcc recipients stand in the envelope alone.

    :param sender: who sends it
    :param key: becomes the Message-ID
    :param utf8: write headers as UTF-8, which a server with SMTPUTF8 takes (RFC 6532)
    Source: RFC 5322; RFC 2047 (encoded words); RFC 2046, 5.1.4 (alternatives); RFC 2392 (content ids).
    """
    lines = [
        _addresses("From", (sender,), utf8=utf8),
        _addresses("To", mail.to, utf8=utf8) if mail.to or mail.cc else "To: undisclosed-recipients:;",
        *(
            _addresses(name, addresses, utf8=utf8)
            for name, addresses in (("Cc", mail.cc), ("Reply-To", mail.reply_to))
        ),
        f"Message-ID: {message_id(key, sender)}",
        f"Date: {format_datetime(timezone.utcnow())}",
        *(_text(name, value, utf8=utf8) for name, value in mail.headers),
    ]
    head = "".join(line + _LINE_END for line in lines if line).encode()
    return head + _body(mail).as_bytes(policy=SMTPUTF8 if utf8 else SMTP)


def _addresses(name: str, addresses: Iterable[Address], *, utf8: bool) -> str:
    """Return a header with one address a line; nothing when there is none."""
    written = [_address(address, utf8=utf8) for address in addresses]
    return f"{name}: " + f",{_LINE_END} ".join(written) if written else ""


def _address(address: Address, *, utf8: bool) -> str:
    if utf8 or address.name.isascii():
        return str(address)
    return f"{_encoded(address.name)} <{address.email}>"


def _text(name: str, value: str, *, utf8: bool) -> str:
    line = f"{name}: {value.strip()}"
    if (utf8 or value.isascii()) and len(line.encode()) <= _LONGEST_LINE:
        return line
    return f"{name}: {_encoded(value.strip(), behind=len(name) + 2)}"


def _encoded(text: str, *, behind: int = 10) -> str:
    encoded = Header(text, "UTF-8", maxlinelen=75, header_name="x" * behind).encode(linesep=_LINE_END)
    return encoded.lstrip()


def _body(mail: Mail) -> EmailMessage:
    """Return the subject, the bodies and the files."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = mail.subject
    message.set_content(mail.text)
    is_inline = mail.html is not None
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
        html: Any = list(message.iter_parts())[-1]
        for attached in mail.attachments:
            if attached.content_id:
                html.add_related(
                    attached.file.content,
                    cid=f"<{attached.content_id}>",
                    disposition="inline",
                    **_content(attached),
                )
    for attached in mail.attachments:
        if not (attached.content_id and is_inline):
            message.add_attachment(attached.file.content, **_content(attached))
    return message


def _content(attached: Attached) -> dict[str, Any]:
    """Return the keyword arguments by which the email package adds a file."""
    media_type, _, charset = attached.file.content_type.partition("; charset=")
    kind, _, subtype = media_type.partition("/")
    return {
        "maintype": kind,
        "subtype": subtype,
        "filename": attached.file.filename,
        "params": {"charset": charset} if charset else {},
    }
