"""What all checks of senders have in common."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from flowforge_provider.inbox.authentication.header_token import HeaderToken
from flowforge_provider.inbox.authentication.nobody import Nobody
from flowforge_provider.inbox.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.inbox.incoming import Evidence, Incoming
    from flowforge_provider.inbox.secrets import Secret, Secrets
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["Check", "authenticate", "check_of"]

log = logging.getLogger(__name__)


class Check(Protocol):
    """
    One way to check senders.

    ``needs_body``: the body is part of what is checked; without it, a stranger's body is not even read.
    ``needs_secret``: the check takes what the webhook node's connection holds.
    """

    needs_body: bool
    needs_secret: bool

    def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:
        """
        Return the evidence of a sender that may start the workflow. Must not block.

        :param secret: holds at least one value
        :raises RefusedError: 401, with a hint that tells an honest sender what to mend
        """
        ...


_CHECKS: Mapping[str, Check] = {"none": Nobody(), "header_token": HeaderToken()}


def check_of(parameters: WebhookParameters) -> Check:
    """Return the check that a webhook node asks for."""
    return _CHECKS[parameters.authentication]


async def authenticate(incoming: Incoming, parameters: WebhookParameters, secrets: Secrets) -> Evidence:
    """
    Check the sender of a call.

    :param incoming: with its body when the check needs it
    :raises RefusedError: 401 the sender is not known; 503 the secret cannot be read here
    """
    from flowforge_provider.inbox.secrets import Secret

    check = check_of(parameters)
    if not check.needs_secret:
        return check.check(incoming, parameters, Secret(()))
    remembered = secrets.remembered(parameters.connection_id)
    if remembered is not None and remembered.values:
        try:
            return check.check(incoming, parameters, remembered)
        except RefusedError:
            log.debug("The secret of %s is read anew", incoming.workflow_id)
    secret = await secrets.read(parameters.connection_id)
    if secret is None or not secret.values:
        # Senders are not told the connection's id; who runs this Airflow needs it.
        log.warning(
            'Webhook refused: the secret of workflow "%s" cannot be read: connection "%s" does not exist or '
            "has no password.",
            incoming.workflow_id,
            parameters.connection_id,
        )
        raise RefusedError(
            503,
            "webhook-token-unavailable",
            f'Workflow "{incoming.workflow_id[:250]}" cannot verify senders at present. Tell its owner.',
            headers={"Retry-After": "60"},
        )
    return check.check(incoming, parameters, secret)
