"""A token in a header."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.incoming import Evidence

if TYPE_CHECKING:
    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["HeaderToken"]


class HeaderToken:
    """Compare a header with the connection's password, in constant time."""

    needs_body = False
    needs_secret = True

    def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:
        """Return the evidence of a sender that has the token."""
        name = parameters.header_name.lower()
        given = incoming.headers.get(name, "").encode("latin-1", "replace")
        # All are compared, so that the time does not tell which one is near.
        fits = [hmac.compare_digest(given, value.encode("utf-8")) for value in secret.values]
        if given and any(fits):
            return Evidence(secret_headers=frozenset({name}))
        raise RefusedError(
            401,
            "webhook-token-wrong",
            "The token is missing or wrong. Send it in the header that the workflow's webhook node names.",
            headers={"WWW-Authenticate": "FlowForge-Token"},
        )
