"""Why a delivery is not taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider import settings
from flowforge_provider.exceptions import FlowForgeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowforge_provider.graph.issues import Issue

__all__ = [
    "InboxClosedError",
    "OverloadedError",
    "RefusedError",
    "StalePublicationError",
    "UnusableSecretError",
    "how_to_raise",
]


class RefusedError(FlowForgeError):
    """
    The sender gets an answer other than 2xx, and nothing is stored.

    :param status: of the answer
    :param code: stable name, described in docs/errors.md
    :param message: where, what, and what to do; must not tell strangers what they need not know
    :param headers: of the answer, for example ``Retry-After``
    :param issues: all faults of the body
    """

    code = "refused"

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        issues: Sequence[Issue] = (),
    ) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.headers: dict[str, str] = dict(headers or {})
        self.issues: tuple[Any, ...] = tuple(issues)


class OverloadedError(RefusedError):
    """This process takes in as many deliveries as it may at once."""

    code = "overloaded"

    def __init__(self, message: str, *, retry_after_s: int = 2) -> None:
        super().__init__(503, self.code, message, headers={"Retry-After": str(retry_after_s)})


class InboxClosedError(RefusedError):
    """This process is starting or stopping."""

    code = "inbox-closed"

    def __init__(self, message: str) -> None:
        super().__init__(503, self.code, message, headers={"Retry-After": "2"})


class StalePublicationError(FlowForgeError):
    """The workflow was published anew, or taken offline, since the sender was verified."""

    code = "publication-changed"


class UnusableSecretError(FlowForgeError):
    """A connection does not hold what the check of a sender needs; the message is for whoever runs this."""

    code = "webhook-token-unavailable"


def how_to_raise(limit: int) -> str:
    """
    Return what a sender of too large a body may ask for.

    :param limit: bytes; below what the installation takes, it is a webhook's own
    """
    if limit < settings.max_body_bytes():
        return 'raise the "Largest body" of the workflow\'s webhook'
    return "raise [flowforge] max_body_bytes"
