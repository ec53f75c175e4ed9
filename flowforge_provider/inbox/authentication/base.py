"""What all checks of senders have in common."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from flowforge_provider.inbox.authentication.basic import Basic
from flowforge_provider.inbox.authentication.body_signatures import GITHUB, META, SHOPIFY, X
from flowforge_provider.inbox.authentication.generic_hmac import GenericHmac
from flowforge_provider.inbox.authentication.header_token import GitLabToken, HeaderToken
from flowforge_provider.inbox.authentication.json_web_token import JsonWebToken
from flowforge_provider.inbox.authentication.nobody import Nobody
from flowforge_provider.inbox.authentication.qstash import QStash
from flowforge_provider.inbox.authentication.slack import Slack
from flowforge_provider.inbox.authentication.standard_webhooks import STANDARD_WEBHOOKS, SVIX
from flowforge_provider.inbox.authentication.stripe import Stripe
from flowforge_provider.inbox.authentication.twilio import Twilio
from flowforge_provider.inbox.errors import RefusedError, UnusableSecretError

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

    @property
    def needs_body(self) -> bool: ...
    @property
    def needs_secret(self) -> bool: ...

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:
        """
        Return the evidence of a sender that may start the workflow. Must not block the event loop.

        :raises RefusedError: 401, with a hint that tells an honest sender what to mend
        :raises UnusableSecretError: the connection does not hold what this check needs
        """
        ...


_CHECKS: Mapping[str, Check] = {
    "none": Nobody(),
    "header_token": HeaderToken(),
    "basic": Basic(),
    "jwt": JsonWebToken(),
    "hmac": GenericHmac(),
    "standard_webhooks": STANDARD_WEBHOOKS,
    "svix": SVIX,
    "github": GITHUB,
    "gitlab": GitLabToken(),
    "stripe": Stripe(),
    "slack": Slack(),
    "shopify": SHOPIFY,
    "twilio": Twilio(),
    "meta": META,
    "x": X,
    "qstash": QStash(),
}


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
        return await check.check(incoming, parameters, Secret(()))
    remembered = secrets.remembered(parameters.connection_id)
    if remembered is not None:
        try:
            return await check.check(incoming, parameters, remembered)
        except (RefusedError, UnusableSecretError):
            log.debug("The secret of %s is read anew", incoming.workflow_id)
    secret = await secrets.read(parameters.connection_id)
    try:
        if secret is None:
            raise UnusableSecretError("it does not exist")
        return await check.check(incoming, parameters, secret)
    except UnusableSecretError as exc:
        # Senders are not told the connection's id; who runs this Airflow needs it.
        log.warning(
            'Webhook refused: the secret of workflow "%s" cannot be used: connection "%s": %s.',
            incoming.workflow_id,
            parameters.connection_id,
            exc,
        )
        raise RefusedError(
            503,
            "webhook-token-unavailable",
            f'Workflow "{incoming.workflow_id[:250]}" cannot verify senders at present. Tell its owner.',
            headers={"Retry-After": "60"},
        ) from exc
