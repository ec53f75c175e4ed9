"""Standard Webhooks, and Svix, from which they come and which Resend and others send through."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
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

if TYPE_CHECKING:
    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["STANDARD_WEBHOOKS", "SVIX", "StandardWebhooks"]


@dataclass(frozen=True)
class StandardWebhooks:
    """
    HMAC-SHA256 of id, time and body; several signatures, separated by spaces.

    The signature is the ``standardwebhooks`` package's. The window is ours, since the package's is fixed.
    Source: the Standard Webhooks specification, version 1, "Signature scheme".

    :param prefixes: of the three headers; the first that has a signature counts
    """

    prefixes: tuple[str, ...]
    needs_body: bool = True
    needs_secret: bool = True

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:
        """Return the evidence of a sender that has signed the delivery."""
        headers = incoming.headers
        prefix = next((one for one in self.prefixes if f"{one}-signature" in headers), self.prefixes[0])
        delivery_id = headers.get(f"{prefix}-id", "")
        sent = check_time(
            incoming,
            _exact_seconds(headers.get(f"{prefix}-timestamp", "")),
            tolerance_s=parameters.tolerance_s,
            header=f"{prefix}-timestamp",
        )
        expected = _sign(incoming.body, secret, delivery_id=delivery_id, sent=sent)
        given = headers.get(f"{prefix}-signature", "").encode("latin-1", "replace").split()
        if delivery_id and fits(given, expected):
            return Evidence(
                secret_headers=frozenset({f"{prefix}-signature"}),
                delivery_id=delivery_id,
                signs_id=True,
            )
        raise wrong_signature(
            f"The headers {prefix}-id, {prefix}-timestamp and {prefix}-signature have to be made with the "
            "endpoint's secret (whsec_...)."
        )


def _exact_seconds(text: str) -> int | None:
    # Milliseconds would be signed as such, and what was read as seconds would not fit.
    return read_seconds(text) if re.fullmatch(r"[0-9]{1,11}", text) else None


def _sign(body: bytes, secret: Secret, *, delivery_id: str, sent: int) -> list[bytes]:
    from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

    secrets_of(secret)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise wrong_signature("The body has to be UTF-8 text.") from None
    try:
        webhooks = [Webhook(value.strip()) for value in secret.values]
    except (ValueError, EmptyWebhookSecretError) as exc:
        raise UnusableSecretError(
            "its password is no secret of Standard Webhooks (whsec_ and base64)"
        ) from exc
    moment = datetime.fromtimestamp(sent, tz=timezone.utc)
    return [webhook.sign(delivery_id, moment, text).encode() for webhook in webhooks]


STANDARD_WEBHOOKS = StandardWebhooks(("webhook",))
# Svix sends both sets of headers to some endpoints, and its own to all.
SVIX = StandardWebhooks(("svix", "webhook"))
