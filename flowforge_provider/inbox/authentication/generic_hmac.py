"""Signatures by HMAC, as the node describes them."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from typing import TYPE_CHECKING

from flowforge_provider.inbox.authentication.signatures import (
    check_time,
    fits,
    read_seconds,
    secrets_of,
    wrong_signature,
)
from flowforge_provider.inbox.errors import UnusableSecretError
from flowforge_provider.inbox.incoming import Evidence
from flowforge_provider.nodes.builtin.webhook.authentication import HMAC_PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["GenericHmac", "keys_of"]

# What separates several signatures, and a signature from its time. No encoding has any of them.
_SEPARATORS = re.compile(r"[,;\s]+")
_MAX_PARTS = 20


class GenericHmac:
    """Compute the signature of what the node's template says, and compare it with the header's."""

    needs_body = True
    needs_secret = True

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:
        """Return the evidence of a sender that has signed the delivery."""
        keys = keys_of(secret, encoding=parameters.hmac_secret_encoding)
        header = parameters.hmac_header.lower()
        sent = _sent(incoming, parameters)
        content = _content(incoming, parameters.hmac_content, sent=sent)
        expected = [hmac.new(key, content, parameters.hmac_algorithm).digest() for key in keys]
        given = _signatures(incoming.headers.get(header, ""), parameters)
        if fits(given, expected):
            return Evidence(secret_headers=frozenset({header}))
        raise wrong_signature(
            f"The header {header} has to hold the HMAC that the workflow's webhook node describes."
        )


def keys_of(secret: Secret, *, encoding: str) -> Sequence[bytes]:
    """
    Return the keys that a connection holds, the newest first.

    :param encoding: how its passwords hold the bytes: text, base64 or hex
    """
    values = secrets_of(secret)
    if encoding == "text":
        return values
    try:
        if encoding == "hex":
            return [bytes.fromhex(value.decode()) for value in values]
        return [base64.b64decode(value, validate=True) for value in values]
    except ValueError as exc:
        raise UnusableSecretError(f"its password is not written in {encoding}") from exc


def _sent(incoming: Incoming, parameters: WebhookParameters) -> str:
    """Return the time as the sender wrote it; empty where none is signed."""
    name = parameters.hmac_timestamp_header.lower()
    if not name:
        return ""
    text = incoming.headers.get(name, "").strip()
    prefix = parameters.hmac_timestamp_prefix
    if prefix:
        parts = [part for part in _parts(text) if part.startswith(prefix)]
        text = parts[0].removeprefix(prefix) if len(parts) == 1 else ""
    check_time(incoming, read_seconds(text), tolerance_s=parameters.tolerance_s, header=name)
    return text


def _content(incoming: Incoming, template: str, *, sent: str) -> bytes:
    # Put together piece by piece: what a sender writes is never read as a placeholder.
    values = {
        "body": incoming.body,
        "timestamp": sent.encode("latin-1", "replace"),
        "method": incoming.method.encode(),
        "url": incoming.url.encode("utf-8", "replace"),
        "path": incoming.path.encode("utf-8", "replace"),
    }
    content = b""
    for index, piece in enumerate(HMAC_PLACEHOLDER.split(template)):
        if index % 2 == 0:
            content += piece.replace("\\n", "\n").encode()
        elif piece.startswith("header."):
            header = incoming.headers.get(piece.removeprefix("header.").lower(), "")
            content += header.encode("latin-1", "replace")
        else:
            content += values[piece]
    return content


def _signatures(text: str, parameters: WebhookParameters) -> list[bytes]:
    prefix = parameters.hmac_prefix
    parts = [part.removeprefix(prefix) for part in _parts(text) if part.startswith(prefix)]
    return [digest for digest in (_decode(part, parameters.hmac_encoding) for part in parts) if digest]


def _parts(text: str) -> list[str]:
    return [part for part in _SEPARATORS.split(text) if part][:_MAX_PARTS]


def _decode(text: str, encoding: str) -> bytes | None:
    try:
        if encoding == "hex":
            return bytes.fromhex(text)
        plain = text.translate(str.maketrans("-_", "+/")) if encoding == "base64url" else text
        padding = "=" * (-len(plain) % 4) if encoding == "base64url" else ""
        return base64.b64decode((plain + padding).encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        return None
