"""Vendors that sign the body and nothing else: GitHub, Meta, Shopify, X."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from flowforge_provider.inbox.authentication.signatures import fits, secrets_of, wrong_signature
from flowforge_provider.inbox.incoming import Evidence

if TYPE_CHECKING:
    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["GITHUB", "META", "SHOPIFY", "BodySignature", "X"]


@dataclass(frozen=True)
class BodySignature:
    """
    HMAC-SHA256 of the body. No time is signed, so there is no replay window: repeats are found by their id.

    :param header: carries the signature; lower case
    :param encoding: of the signature; letters of hexadecimal signatures may be of either case
    :param prefix: in front of the signature
    :param id_header: carries the vendor's name of the delivery
    :param only_objects: refuse bodies that are no JSON object
    """

    header: str
    encoding: Literal["hex", "base64"]
    prefix: str = ""
    id_header: str = ""
    only_objects: bool = False
    needs_body: bool = True
    needs_secret: bool = True

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:  # noqa: ARG002
        """Return the evidence of a sender that has signed the body."""
        expected = [self.sign(key, incoming.body).encode() for key in secrets_of(secret)]
        given = incoming.headers.get(self.header, "").strip()
        if self.encoding == "hex":
            given = given.lower()
        if not fits([given.encode("latin-1", "replace")], expected) or (
            self.only_objects and not incoming.body.lstrip().startswith(b"{")
        ):
            raise wrong_signature(
                f"The header {self.header} has to hold the HMAC-SHA256 of the body, made with the secret."
            )
        delivery_id = incoming.headers.get(self.id_header) if self.id_header else None
        return Evidence(secret_headers=frozenset({self.header}), delivery_id=delivery_id or None)

    def sign(self, key: bytes, content: bytes) -> str:
        """Return the signature of a content, with its prefix."""
        digest = hmac.new(key, content, hashlib.sha256).digest()
        text = digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()
        return f"{self.prefix}{text}"


# Source: GitHub's documentation, "Validating webhook deliveries".
GITHUB = BodySignature("x-hub-signature-256", "hex", "sha256=", id_header="x-github-delivery")
# Source: Meta for Developers, "Webhooks: getting started", on validating payloads.
META = BodySignature("x-hub-signature-256", "hex", "sha256=")
# Source: Shopify's documentation, "Deliver webhooks through HTTPS", on verifying them.
SHOPIFY = BodySignature("x-shopify-hmac-sha256", "base64", id_header="x-shopify-webhook-id")
# Source: X's documentation, "Securing webhooks". X lets anybody obtain the signature of a text, through the
# handshake in handshakes.py; it signs no text with a brace, and here nothing without one passes.
X = BodySignature("x-twitter-webhooks-signature", "base64", "sha256=", only_objects=True)
