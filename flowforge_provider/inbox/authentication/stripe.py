"""Stripe's signatures, scheme v1."""

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

__all__ = ["Stripe"]

_HEADER = "stripe-signature"


class Stripe:
    """
    HMAC-SHA256 of time and body; several signatures in one header while Stripe rolls its secret.

    Ours rather than the ``stripe`` package's: docs/decisions/0065-vendor-libraries-are-oracles.md says why.
    Source: Stripe's documentation, "Verify webhook signatures manually".
    """

    needs_body = True
    needs_secret = True

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:
        """Return the evidence of Stripe."""
        keys = secrets_of(secret)
        parts = [part.strip().partition("=") for part in incoming.headers.get(_HEADER, "").split(",")]
        times = [value for name, _, value in parts if name == "t"]
        sent = times[0] if len(times) == 1 else ""
        check_time(incoming, read_seconds(sent), tolerance_s=parameters.tolerance_s, header=_HEADER)
        content = sent.encode() + b"." + incoming.body
        expected = [hmac.new(key, content, hashlib.sha256).hexdigest().encode() for key in keys]
        given = [value.encode("latin-1", "replace") for name, _, value in parts if name == "v1"]
        if fits(given, expected):
            return Evidence(secret_headers=frozenset({_HEADER}))
        raise wrong_signature(f"The header {_HEADER} has to be made with the endpoint's signing secret.")
