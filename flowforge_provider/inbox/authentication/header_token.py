"""A token in a header."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from flowforge_provider.inbox.authentication.signatures import secrets_of
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.incoming import Evidence

if TYPE_CHECKING:
    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["GitLabToken", "HeaderToken"]


class HeaderToken:
    """Compare a header with the connection's password, in constant time."""

    needs_body = False
    needs_secret = True

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:
        """Return the evidence of a sender that has the token."""
        name = parameters.header_name.lower()
        _compare(incoming, name, secret)
        return Evidence(secret_headers=frozenset({name}))


class GitLabToken:
    """
    The secret token of a GitLab webhook.

    Source: GitLab's documentation, "Webhooks", on the secret token and ``Idempotency-Key``, which its retries
    repeat (GitLab 17.4 and later).
    """

    needs_body = False
    needs_secret = True

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:  # noqa: ARG002
        """Return the evidence of a GitLab that has the token."""
        _compare(incoming, "x-gitlab-token", secret)
        headers = incoming.headers
        delivery_id = headers.get("idempotency-key") or headers.get("x-gitlab-webhook-uuid")
        return Evidence(secret_headers=frozenset({"x-gitlab-token"}), delivery_id=delivery_id or None)


def _compare(incoming: Incoming, name: str, secret: Secret) -> None:
    given = incoming.headers.get(name, "").encode("latin-1", "replace")
    # All are compared, so that the time does not tell which one is near.
    fits = [hmac.compare_digest(given, value) for value in secrets_of(secret)]
    if given and any(fits):
        return
    raise RefusedError(
        401,
        "webhook-token-wrong",
        "The token is missing or wrong. Send it in the header that the workflow's webhook node names.",
        headers={"WWW-Authenticate": "FlowForge-Token"},
    )
