"""Slack's signing secret, version 0."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from flowforge_provider.inbox.authentication.signatures import (
    check_time,
    fits,
    read_seconds,
    secrets_of,
    wrong_signature,
)
from flowforge_provider.inbox.incoming import Evidence

if TYPE_CHECKING:
    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["Slack"]

_SIGNATURE = "x-slack-signature"
_TIME = "x-slack-request-timestamp"


class Slack:
    """
    HMAC-SHA256 of version, time and body.

    Source: Slack's documentation, "Verifying requests from Slack".
    """

    needs_body = True
    needs_secret = True

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:
        """Return the evidence of Slack."""
        keys = secrets_of(secret)
        sent = incoming.headers.get(_TIME, "").strip()
        check_time(incoming, read_seconds(sent), tolerance_s=parameters.tolerance_s, header=_TIME)
        content = b"v0:" + sent.encode() + b":" + incoming.body
        expected = [b"v0=" + hmac.new(key, content, hashlib.sha256).hexdigest().encode() for key in keys]
        given = incoming.headers.get(_SIGNATURE, "").strip().encode("latin-1", "replace")
        if fits([given], expected):
            return Evidence(secret_headers=frozenset({_SIGNATURE}))
        raise wrong_signature(f"The header {_SIGNATURE} has to be made with the app's signing secret.")
