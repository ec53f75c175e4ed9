"""From an email to the delivery that it becomes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from flowforge_provider import settings
from flowforge_provider.inbox.email.mail import UnreadableMailError
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.files import KeptFile, keep_file
from flowforge_provider.runs.payload import PayloadError, check_payload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.inbox.email.mail import MailAttachment, ReceivedMail

__all__ = ["EmailContent", "make_content", "make_dedup_key", "max_text_bytes"]


class EmailContent(NamedTuple):
    """
    What a run sees of an email.

    :param body: ``trigger.body``
    :param files: to be stored with the delivery
    """

    body: dict[str, Any]
    files: tuple[KeptFile, ...]


def max_text_bytes() -> int:
    """Return the bytes that text and HTML of an email may have each: together with the headers, one body."""
    return settings.max_body_bytes() * 2 // 5


def make_content(
    mail: ReceivedMail,
    *,
    keep_files: bool,
    origin: Mapping[str, Any],
    not_kept: Mapping[int, int] | None = None,
) -> EmailContent:
    """
    Return the body of a delivery, and its files. A file that is too large, or one too many, is named only.

    :param keep_files: whether files are kept at all
    :param origin: where the email was found: ``mailbox``, ``uid``, ``email_id``
    :param not_kept: attachments whose content was not even fetched: place -> size in bytes
    :raises UnreadableMailError: the database cannot keep it
    """
    kept: list[KeptFile] = []
    shown: list[dict[str, Any]] = []
    room = settings.max_delivery_files() if keep_files else 0
    sizes = not_kept or {}
    for index, attachment in enumerate(mail.attachments):
        file = _keep(attachment) if len(kept) < room and index not in sizes else None
        if file is not None:
            kept.append(file)
            shown.append({**file.reference()})
        else:
            shown.append(_named_only(attachment, size=sizes.get(index)))
    body = mail.to_json(attachments=shown, origin=origin)
    try:
        size = check_payload(body)
        if size > settings.max_body_bytes():
            # Rare: characters that JSON writes as six bytes each.
            short = replace(
                mail, text=mail.text[:50_000], html=mail.html[:50_000], headers={}, truncated=True
            )
            body = short.to_json(attachments=shown, origin=origin)
    except PayloadError as exc:
        raise UnreadableMailError(f"The message cannot be kept: {exc.message}") from exc
    return EmailContent(body, tuple(kept))


def make_dedup_key(mail: ReceivedMail, *, otherwise: str) -> str:
    """
    Return what makes a second copy of the same email a duplicate.

    :param otherwise: names an email that has no ``Message-ID``
    """
    identity = f"{mail.identity()}{'' if mail.message_id else otherwise}"
    return f"email:{hashlib.sha256(identity.encode('utf-8', 'replace')).hexdigest()}"


def _keep(attachment: MailAttachment) -> KeptFile | None:
    try:
        return keep_file(attachment.file)
    except RefusedError:
        return None


def _named_only(attachment: MailAttachment, *, size: int | None) -> dict[str, Any]:
    file = attachment.file
    return {
        "filename": file.filename,
        "content_type": file.content_type,
        "size": len(file.content) if size is None else size,
        "file_id": None,
    }
