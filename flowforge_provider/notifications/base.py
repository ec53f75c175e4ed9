"""What all notifiers share: they make a message of what Airflow, or FlowForge, hands them, and send it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from airflow.sdk.bases.notifier import BaseNotifier

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALERT_KEY", "FlowForgeNotifier"]

#: Where FlowForge puts a finished message into the context of a notifier.
ALERT_KEY = "flowforge_alert"


class FlowForgeNotifier(BaseNotifier):
    """
    Send a message about a run or a task.

    As ``on_failure_callback`` and its likes of a Dag or a task, or as the callback of a deadline
    (``AsyncCallback``, ``SyncCallback``).

    :param language: en or ru; ``[flowforge] alert_language`` when omitted
    :param context: of Airflow, where the notifier is awaited
    """

    def __init__(self, *, language: str | None = None, context: Any = None) -> None:
        super().__init__(context=context)
        self.language = language

    def notify(self, context: Any) -> None:
        """
        Send the message.

        :raises StepError: the service does not take it
        """
        self.send(self.message_of(context))

    async def async_notify(self, context: Any) -> None:
        """Send the message without blocking the triggerer."""
        from asgiref.sync import sync_to_async

        # Airflow's way to a thread in which connections can be asked for.
        await sync_to_async(self.notify)(context)

    def message_of(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Return the message: FlowForge's own, or one about the run or task of an Airflow context."""
        given = context.get(ALERT_KEY)
        if given is not None:
            return dict(given)
        from flowforge_provider.notifications.contexts import message_of_context

        message: dict[str, Any] = message_of_context(context, language=self.language)
        return message

    @abstractmethod
    def send(self, message: dict[str, Any]) -> None:
        """
        Hand a message to the service; try once.

        :param message: {id, kind, title, text, lines, links, facts}; ``id`` is the same at each attempt
        :raises StepError: the service does not take it
        """
