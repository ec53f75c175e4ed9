"""An email that came in: what ``trigger.body`` is, and the files that go with it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import FlowForgeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowforge_provider.files import File

__all__ = ["MailAddress", "MailAttachment", "ReceivedMail", "UnreadableMailError", "clean_text", "cut_text"]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MAX_ATTACHMENTS = 100
MAX_HEADERS = 500


class UnreadableMailError(FlowForgeError, ValueError):
    """An email cannot become a run, and no further try would change that."""

    code = "email-unreadable"


@dataclass(frozen=True)
class MailAddress:
    """
    A sender or recipient.

    :param name: display name; may be empty
    :param address: as it was written; may be empty where the header names nobody
    """

    name: str
    address: str

    def to_json(self) -> dict[str, str]:
        """Return the address as expressions see it."""
        return {"name": self.name, "address": self.address}


@dataclass(frozen=True)
class MailAttachment:
    """
    A file inside an email.

    :param content_id: by which the HTML shows it, without angle brackets; empty for an ordinary attachment
    """

    file: File
    content_id: str = ""


@dataclass(frozen=True)
class ReceivedMail:
    """
    One email, the same for all sources.

    :param date: ISO 8601 with a zone; None when the email tells no readable date
    :param references: message ids, the oldest first
    :param headers: lower-case name -> value, or list of values where the name is repeated
    :param truncated: text or html was longer than what is kept
    """

    sender: MailAddress
    to: Sequence[MailAddress] = ()
    cc: Sequence[MailAddress] = ()
    reply_to: Sequence[MailAddress] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    date: str | None = None
    message_id: str = ""
    in_reply_to: str = ""
    references: Sequence[str] = ()
    headers: Mapping[str, str | list[str]] = field(default_factory=dict)
    attachments: Sequence[MailAttachment] = ()
    truncated: bool = False

    def to_json(
        self, *, attachments: Sequence[Mapping[str, Any]], origin: Mapping[str, Any]
    ) -> dict[str, Any]:
        """
        Return ``trigger.body``.

        :param attachments: the attachments as JSON, in their order
        :param origin: where the email was found: ``mailbox``, ``uid``, ``email_id``
        """
        return {
            "from": self.sender.to_json(),
            "to": [each.to_json() for each in self.to],
            "cc": [each.to_json() for each in self.cc],
            "reply_to": [each.to_json() for each in self.reply_to],
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "date": self.date,
            "message_id": self.message_id,
            "in_reply_to": self.in_reply_to,
            "references": list(self.references),
            "headers": dict(self.headers),
            "attachments": [
                {**given, "content_id": attachment.content_id}
                for given, attachment in zip(attachments, self.attachments, strict=True)
            ],
            "truncated": self.truncated,
            "mailbox": None,
            "uid": None,
            "email_id": None,
            **origin,
        }

    def identity(self) -> str:
        """
        Return what two copies of the same email have in common.

        The ``Message-ID`` alone is no proof: there are senders that use one again and again, and none of
        their emails may be lost.
        """
        parts = [self.message_id, self.date or "", self.sender.address, self.subject, self.text, self.html]
        parts += [
            f"{each.file.filename}:{hashlib.sha256(each.file.content).hexdigest()}"
            for each in self.attachments
        ]
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def clean_text(text: str) -> str:
    """
    Return a text that the database can keep.

    :param text: may hold undecoded bytes as surrogates (PEP 383), which are read as UTF-8 where they are
    """
    if not _UNSTORABLE.search(text):
        return text
    try:
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode("utf-8")
    return _UNSTORABLE.sub("\ufffd", text)


def cut_text(text: str, *, limit: int) -> tuple[str, bool]:
    """
    Return a text of at most so many bytes in UTF-8, and whether it was longer.

    :param limit: bytes
    """
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return text, False
    return encoded[:limit].decode("utf-8", "ignore"), True
