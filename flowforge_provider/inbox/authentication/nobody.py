"""No check: whoever knows the address may start the workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowforge_provider.inbox.incoming import Evidence

if TYPE_CHECKING:
    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["Nobody"]


class Nobody:
    """Let everybody in."""

    needs_body = False
    needs_secret = False

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:  # noqa: ARG002
        """Return empty evidence."""
        return Evidence()
