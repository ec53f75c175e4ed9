"""HTTP basic authentication (RFC 7617)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from flowforge_provider.inbox.authentication.signatures import fits
from flowforge_provider.inbox.errors import RefusedError, UnusableSecretError
from flowforge_provider.inbox.incoming import Evidence

if TYPE_CHECKING:
    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["Basic"]


class Basic:
    """Compare name and password with the connection's login and password, in constant time."""

    needs_body = False
    needs_secret = True

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:  # noqa: ARG002
        """Return the evidence of a sender that knows both."""
        if not secret.values or not secret.login:
            raise UnusableSecretError("it lacks the login or the password")
        expected = [f"{secret.login}:{value}".encode() for value in secret.values]
        scheme, _, credentials = incoming.headers.get("authorization", "").strip().partition(" ")
        if scheme.lower() == "basic" and fits([_decode(credentials)], expected):
            return Evidence(secret_headers=frozenset({"authorization"}))
        raise RefusedError(
            401,
            "webhook-credentials-wrong",
            "Name or password is missing or wrong. Send both by HTTP basic authentication.",
            headers={"WWW-Authenticate": 'Basic realm="FlowForge", charset="UTF-8"'},
        )


def _decode(credentials: str) -> bytes:
    try:
        return base64.b64decode(credentials.strip().encode("latin-1", "replace"), validate=True)
    except binascii.Error:
        return b""
