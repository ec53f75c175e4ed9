"""How senders prove who they are; one module for each way."""

from flowforge_provider.inbox.authentication.base import Check, authenticate, check_of

__all__ = ["Check", "authenticate", "check_of"]
