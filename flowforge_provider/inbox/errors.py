"""Why a delivery is not taken in."""

from __future__ import annotations

from flowforge_provider.exceptions import FlowForgeError

__all__ = ["InboxClosedError", "OverloadedError", "StalePublicationError", "WebhookTokenError"]


class OverloadedError(FlowForgeError):
    """This process takes in as many deliveries as it may at once."""

    code = "overloaded"


class InboxClosedError(FlowForgeError):
    """This process is starting or stopping."""

    code = "inbox-closed"


class WebhookTokenError(FlowForgeError):
    """The workflow's token cannot be read here, so no sender can be verified."""

    code = "webhook-token-unavailable"


class StalePublicationError(FlowForgeError):
    """The workflow was published anew, or taken offline, since the sender was verified."""

    code = "publication-changed"
