"""Standard Webhooks, and Svix, from which they come and which Resend and others send through."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from flowforge_provider.inbox.authentication.libraries import load_library
from flowforge_provider.inbox.authentication.signatures import (
    check_time,
    fits,
    read_seconds,
    read_text,
    secrets_of,
    wrong_signature,
)
from flowforge_provider.inbox.errors import UnusableSecretError
from flowforge_provider.inbox.incoming import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["STANDARD_WEBHOOKS", "SVIX", "StandardWebhooks"]

_SIGNATURE = re.compile(r"(?<![^\s,])v1,[A-Za-z0-9+/]{43}=(?![^\s,])")
# What the library allows for.
_WINDOW_S = 300


@dataclass(frozen=True)
class StandardWebhooks:
    """
    HMAC-SHA256 of id, time and body; several signatures, separated by spaces.

    The vendor's library verifies. Its window is fixed, and the node's is a parameter: a narrower one is
    checked before, and for times that only a wider one allows, the library makes the signature to compare.
    Source: the Standard Webhooks specification, version 1, "Signature scheme".

    :param library: module of the class ``Webhook``
    :param prefixes: of the three headers; the first that has a signature counts
    :param options: of its method ``verify``
    """

    library: str
    prefixes: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    needs_body: bool = True
    needs_secret: bool = True

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:
        """Return the evidence of a sender that has signed the delivery."""
        headers = incoming.headers
        prefix = next((one for one in self.prefixes if f"{one}-signature" in headers), self.prefixes[0])
        # Milliseconds would be signed as such, and what was read as seconds would not fit.
        text = headers.get(f"{prefix}-timestamp", "")
        sent = check_time(
            incoming,
            read_seconds(text) if re.fullmatch(r"[0-9]{1,11}", text) else None,
            tolerance_s=parameters.tolerance_s,
            header=f"{prefix}-timestamp",
        )
        message = _Message(
            prefix,
            id=headers.get(f"{prefix}-id", ""),
            sent=sent,
            # Others are of other versions, or none, on which the library gives up.
            signatures=_SIGNATURE.findall(headers.get(f"{prefix}-signature", "")),
            body=read_text(incoming),
        )
        library = await load_library(self.library)
        verified = [_is_verified(library, message, each, self.options) for each in _webhooks(library, secret)]
        if message.id and any(verified):
            return Evidence(
                secret_headers=frozenset({f"{prefix}-signature"}),
                delivery_id=message.id,
                signs_id=True,
            )
        raise wrong_signature(
            f"The headers {prefix}-id, {prefix}-timestamp and {prefix}-signature have to be made with the "
            "endpoint's secret (whsec_...)."
        )


class _Message(NamedTuple):
    prefix: str
    id: str
    sent: int
    signatures: list[str]
    body: str

    def headers(self) -> dict[str, str]:
        return {
            f"{self.prefix}-id": self.id,
            f"{self.prefix}-timestamp": str(self.sent),
            f"{self.prefix}-signature": " ".join(self.signatures),
        }


def _webhooks(library: Any, secret: Secret) -> list[Any]:
    from standardwebhooks.webhooks import EmptyWebhookSecretError

    secrets_of(secret)
    try:
        return [library.Webhook(value.strip()) for value in secret.values]
    except (ValueError, EmptyWebhookSecretError) as exc:
        raise UnusableSecretError(
            "its password is no secret of Standard Webhooks (whsec_ and base64)"
        ) from exc


def _is_verified(library: Any, message: _Message, webhook: Any, options: Mapping[str, Any]) -> bool:
    try:
        webhook.verify(message.body, message.headers(), **options)
    except (library.WebhookVerificationError, ValueError):
        if abs(time.time() - message.sent) < _WINDOW_S:
            return False
    else:
        return True
    moment = datetime.fromtimestamp(message.sent, tz=timezone.utc)
    expected = webhook.sign(message.id, moment, message.body)
    return fits([each.encode() for each in message.signatures], [expected.encode()])


# What was signed need be no JSON, nor JSON that the library can read.
STANDARD_WEBHOOKS = StandardWebhooks("standardwebhooks.webhooks", ("webhook",), {"json_parse": False})
# Svix sends both sets of headers to some endpoints, and its own to all.
SVIX = StandardWebhooks("svix.webhooks", ("svix", "webhook"))
