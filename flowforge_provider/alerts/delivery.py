"""Hand one message to one channel, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flowforge_provider import settings
from flowforge_provider.alerts.environment import connection_of
from flowforge_provider.exceptions import FlowForgeError, StepError
from flowforge_provider.notifications.base import ALERT_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ChannelFacts", "deliver"]

_MAX_ERROR = 1_000


class ChannelFacts(NamedTuple):
    """What sending needs to know of a channel; no row, because it is used outside of transactions."""

    id: str
    kind: str
    config: Mapping[str, Any]
    source: str


def deliver(channel: ChannelFacts, message: Mapping[str, Any]) -> None:
    """
    Send a message through a channel's notifier; blocks for as long as the service takes, within its timeouts.

    :param message: as :mod:`flowforge_provider.alerts.texts` makes it
    :raises StepError: the service has not taken it; ``retryable`` tells whether another try could help
    """
    try:
        notifier = _notifier_of(channel)
        notifier({ALERT_KEY: dict(message), "alert": dict(message), "exception": message["title"]})
    except StepError:
        raise
    except FlowForgeError as error:
        raise StepError(error.message, code=error.error_code, retryable=False) from error
    except Exception as error:  # notifiers of other packages raise what they like
        raise StepError(
            f"{type(error).__name__}: {error}"[:_MAX_ERROR], code="alert-notifier-failed"
        ) from error


def _notifier_of(channel: ChannelFacts) -> Any:
    config = channel.config
    connection = connection_of(channel.id) if channel.source == "environment" else None
    if channel.source == "environment" and connection is None and not config["connection_id"]:
        raise StepError(
            "The environment variables of this channel are not set in this process.",
            code="alert-environment-missing",
            retryable=False,
        )
    connection_id = config["connection_id"] or channel.id
    if channel.kind == "telegram":
        from flowforge_provider.notifications.telegram import FlowForgeTelegramNotifier

        return FlowForgeTelegramNotifier(
            connection_id=connection_id, chat=config["chat"], connection=connection
        )
    if channel.kind == "email":
        from flowforge_provider.notifications.email import FlowForgeEmailNotifier

        return FlowForgeEmailNotifier(
            connection_id=connection_id, to=config["to"], sender=config["sender"], connection=connection
        )
    if channel.kind == "webhook":
        from flowforge_provider.notifications.webhook import FlowForgeWebhookNotifier

        return FlowForgeWebhookNotifier(url=config["url"], connection_id=connection_id)
    if channel.kind == "slack":
        from flowforge_provider.notifications.slack import FlowForgeSlackNotifier

        return FlowForgeSlackNotifier(connection_id=connection_id)
    return _foreign_notifier(config["notifier"])


def _foreign_notifier(name: str) -> Any:
    from airflow.sdk._shared.module_loading import import_string

    given = settings.alert_notifiers().get(name)
    if given is None:
        raise StepError(
            f'[flowforge] alert_notifiers has no "{name}" in this process. Add it, or use another channel.',
            code="alert-notifier-unknown",
            retryable=False,
        )
    try:
        notifier_class = import_string(given["path"])
    except ImportError as error:
        raise StepError(
            f'The notifier "{name}" cannot be loaded: {error}. Correct its path, or install its package.',
            code="alert-notifier-unknown",
            retryable=False,
        ) from error
    return notifier_class(**given["kwargs"])
