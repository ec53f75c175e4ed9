"""What checks of signatures share: comparing, timestamps, and what is told to senders."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING

from flowforge_provider.inbox.errors import RefusedError, UnusableSecretError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret

__all__ = ["check_time", "fits", "read_seconds", "read_text", "secrets_of", "wrong_signature"]

# Seconds since 1970 below this; beyond, the number is in milliseconds.
_MILLISECONDS_FROM = 100_000_000_000


def secrets_of(secret: Secret) -> Sequence[bytes]:
    """
    Return the secrets that count at present, as the bytes that keys are made of.

    :raises UnusableSecretError: there is none
    """
    if not secret.values:
        raise UnusableSecretError("it has no password")
    return [value.encode() for value in secret.values]


def fits(given: Iterable[bytes], expected: Iterable[bytes]) -> bool:
    """
    Return whether any of what was given is any of what is expected.

    All are compared, so that the time does not tell which one is near.
    """
    wanted = list(expected)
    found = [hmac.compare_digest(one, other) for one in given for other in wanted]
    return any(found)


def read_seconds(text: str) -> int | None:
    """Return a time as seconds since 1970; None when the text is no such time."""
    text = text.strip()
    if not re.fullmatch(r"[0-9]{1,13}", text):
        return None
    number = int(text)
    return number // 1000 if number >= _MILLISECONDS_FROM else number


def check_time(incoming: Incoming, seconds: int | None, *, tolerance_s: int, header: str) -> int:
    """
    Return the time of a signature that is near the present.

    :param seconds: since 1970; None when the sender gave none that can be read
    :param tolerance_s: how far it may be off, before and after
    :param header: where it was looked for, for the message
    :raises RefusedError: 401
    """
    if seconds is None:
        raise wrong_signature(f"The header {header} holds no time in seconds since 1970.")
    if abs(incoming.received_at.timestamp() - seconds) > tolerance_s:
        raise RefusedError(
            401,
            "webhook-signature-expired",
            f"The signature's time is more than {tolerance_s} seconds off. Sign the delivery anew, and "
            "check the clock.",
            headers={"WWW-Authenticate": "FlowForge-Signature"},
        )
    return seconds


def read_text(incoming: Incoming) -> str:
    """
    Return a body as the text that it has to be.

    :raises RefusedError: 401, since what is no text was not signed by a sender of texts
    """
    try:
        return incoming.body.decode()
    except UnicodeDecodeError:
        raise wrong_signature("The body has to be UTF-8 text.") from None


def wrong_signature(hint: str) -> RefusedError:
    """
    Return the refusal of a signature.

    :param hint: what an honest sender can mend
    """
    return RefusedError(
        401,
        "webhook-signature-wrong",
        f"The signature is missing or wrong. {hint}",
        headers={"WWW-Authenticate": "FlowForge-Signature"},
    )
