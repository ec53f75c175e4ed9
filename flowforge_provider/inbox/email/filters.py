"""Which emails start a run: by sender, recipient and subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowforge_provider.nodes.builtin.email_receive import EmailReceiveParameters

__all__ = ["find_mismatch", "recipients_of", "search_criteria"]

# Where mail systems note for whom a copy was meant: blind copies and lists are not in To.
_RECIPIENT_HEADERS = ["delivered-to", "x-original-to", "envelope-to", "x-forwarded-to"]


def find_mismatch(
    parameters: EmailReceiveParameters, *, sender: str, recipients: Iterable[str], subject: str
) -> str | None:
    """
    Return which filter an email does not pass: sender, recipient, subject; None when it passes all.

    :param sender: bare address
    :param recipients: bare addresses
    """
    if parameters.senders and not _fits(sender, parameters.senders):
        return "sender"
    if parameters.recipients and not any(_fits(each, parameters.recipients) for each in recipients):
        return "recipient"
    if parameters.subject and _fold(parameters.subject) not in _fold(subject):
        return "subject"
    return None


def recipients_of(headers: Mapping[str, Any], addresses: Iterable[str]) -> list[str]:
    """
    Return everybody for whom an email was meant.

    :param headers: lower-case name -> value or values
    :param addresses: of To and Cc
    """
    found = list(addresses)
    for name in _RECIPIENT_HEADERS:
        value = headers.get(name, [])
        found += [value] if isinstance(value, str) else value
    return [each.strip().strip("<>") for each in found]


def search_criteria(parameters: EmailReceiveParameters) -> list[Any]:
    """
    Return search keys by which a server leaves out most of what does not fit (RFC 3501, section 6.4.4).

    Only what all servers understand alike: ASCII text. What they let pass is looked at again.
    """
    keys: list[Any] = []
    keys += _any_of([["FROM", each] for each in parameters.senders])
    keys += _any_of(
        [
            key
            for each in parameters.recipients
            for key in (["TO", each], ["CC", each], *(["HEADER", name, each] for name in _RECIPIENT_HEADERS))
        ]
    )
    keys += _any_of([["SUBJECT", parameters.subject]] if parameters.subject else [])
    return keys


def _any_of(keys: Sequence[list[str]]) -> list[Any]:
    if not all(text.isascii() for key in keys for text in key):
        return []
    found: list[Any] = []
    for key in keys:
        found = ["OR", found, key] if found else key
    return found


def _fits(address: str, wanted: Sequence[str]) -> bool:
    given = address.strip().lower()
    domain = given.rpartition("@")[2]
    for each in wanted:
        pattern = each.strip().lower()
        if given == pattern or (pattern and "@" not in pattern.lstrip("@") and domain == pattern.lstrip("@")):
            return True
    return False


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()
