"""Stripe's signatures, scheme v1."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flowforge_provider.inbox.authentication.libraries import load_library
from flowforge_provider.inbox.authentication.signatures import (
    check_time,
    read_seconds,
    read_text,
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

    The ``stripe`` package verifies, once with each secret that counts. It refuses what is too old and takes
    what comes from the future, which is refused here.
    """

    needs_body = True
    needs_secret = True

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:
        """Return the evidence of Stripe."""
        secrets_of(secret)
        header = incoming.headers.get(_HEADER, "")
        parts = [part.strip().partition("=") for part in header.split(",")]
        times = [value for name, _, value in parts if name == "t"]
        sent = read_seconds(times[0]) if len(times) == 1 else None
        check_time(incoming, sent, tolerance_s=parameters.tolerance_s, header=_HEADER)
        body = read_text(incoming)
        # The library goes by the clock of now, and the delivery is judged by the moment at which it came.
        since = max(0.0, time.time() - incoming.received_at.timestamp())
        stripe = await load_library("stripe", "WebhookSignature", "SignatureVerificationError")
        verified = [
            _is_verified(stripe, body, header, value, tolerance_s=parameters.tolerance_s + since)
            for value in secret.values
        ]
        if any(verified):
            return Evidence(secret_headers=frozenset({_HEADER}))
        raise wrong_signature(f"The header {_HEADER} has to be made with the endpoint's signing secret.")


def _is_verified(stripe: Any, body: str, header: str, secret: str, *, tolerance_s: float) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body, header, secret, tolerance_s)
    except (stripe.SignatureVerificationError, TypeError):
        # TypeError: texts that it compares have to be ASCII.
        return False
    return True
