"""From an email as Resend's API tells it to what a run sees of it, the same as for a mailbox."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowforge_provider.inbox.email.mail import (
    MAX_HEADERS,
    MailAddress,
    ReceivedMail,
    clean_text,
    cut_text,
)
from flowforge_provider.inbox.email.mime import parse_addresses, read_date, shown_headers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowforge_provider.inbox.email.mail import MailAttachment

__all__ = ["read_email"]

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")


def read_email(
    email: Mapping[str, Any], *, attachments: Sequence[MailAttachment], max_text_bytes: int
) -> ReceivedMail:
    """
    Return the email.

    :param email: https://resend.com/docs/api-reference/emails/retrieve-received-email
    :param attachments: what was fetched of its files
    :param max_text_bytes: bytes that text and HTML may have each; more is cut off
    """
    given = email.get("headers")
    headers = [
        (clean_text(str(name).lower()), clean_text(str(value)))
        for name, value in (given.items() if isinstance(given, dict) else ())
    ][:MAX_HEADERS]
    first = dict(reversed(headers))
    text, text_cut = cut_text(_text(email, "text"), limit=max_text_bytes)
    html, html_cut = cut_text(_text(email, "html"), limit=max_text_bytes)
    senders = parse_addresses(_text(email, "from"))
    return ReceivedMail(
        sender=senders[0] if senders else MailAddress("", ""),
        to=_addresses(email, "to"),
        cc=_addresses(email, "cc"),
        reply_to=_addresses(email, "reply_to"),
        subject=_text(email, "subject"),
        text=text,
        html=html,
        date=read_date(first.get("date", "")) or (_text(email, "created_at") or None),
        message_id=_text(email, "message_id"),
        in_reply_to=first.get("in-reply-to", ""),
        references=_MESSAGE_ID.findall(first.get("references", "")),
        headers=shown_headers(headers),
        attachments=attachments,
        truncated=text_cut or html_cut,
    )


def _addresses(email: Mapping[str, Any], name: str) -> list[MailAddress]:
    value = email.get(name) or []
    texts = [value] if isinstance(value, str) else value
    return [address for text in texts for address in parse_addresses(str(text))]


def _text(email: Mapping[str, Any], name: str) -> str:
    value = email.get(name)
    return clean_text(value).strip("\ufeff") if isinstance(value, str) else ""
