"""Tell a Telegram chat."""

from __future__ import annotations

from html import escape
from typing import Any

from flowforge_provider.notifications.base import FlowForgeNotifier

__all__ = ["FlowForgeTelegramNotifier", "to_html"]

# One message has room for 4096 characters; the rest of a long text is behind its link.
_MAX_TEXT = 3_000


class FlowForgeTelegramNotifier(FlowForgeNotifier):
    """
    Send a message to a Telegram chat.

    :param connection_id: Airflow connection of type telegram
    :param chat: number or @name; the connection's host when empty
    :param language: en or ru; ``[flowforge] alert_language`` when omitted
    :param connection: the connection itself, where it comes from elsewhere
    """

    def __init__(
        self,
        *,
        connection_id: str = "telegram_default",
        chat: str = "",
        language: str | None = None,
        connection: Any = None,
        context: Any = None,
    ) -> None:
        super().__init__(language=language, context=context)
        self.connection_id = connection_id
        self.chat = chat
        self.connection = connection

    def send(self, message: dict[str, Any]) -> None:
        """Send one message; a group that has become a supergroup gets it under its new number."""
        from flowforge_provider.exceptions import StepError
        from flowforge_provider.hooks.connections import connection_type
        from flowforge_provider.hooks.telegram import BotHook
        from flowforge_provider.hooks.telegram_plan import Part
        from flowforge_provider.nodes.builtin.telegram import TelegramParameters

        if self.connection is None:
            # The password becomes a part of Telegram's address; no other one is to go there.
            connection_type(self.connection_id, offered=("telegram",))
        hook = BotHook(self.connection_id, connection=self.connection)
        chat = (self.chat or hook.chat_id or "").strip()
        if not chat:
            raise StepError(
                "The message has no chat: neither the channel nor its connection's host names one. Add one.",
                code="no-chat",
                retryable=False,
            )
        parameters = TelegramParameters(
            connection_id=self.connection_id, text="-", format="html", link_preview=False
        )
        part = Part(text=to_html(message))
        chat_id: int | str = int(chat) if chat.lstrip("-").isdigit() else chat
        try:
            hook.send(part, chat_id=chat_id, parameters=parameters, is_first=True)
        except StepError as error:
            if error.error_code != "telegram-migrated":
                raise
            hook.send(part, chat_id=error.detail["new_chat_id"], parameters=parameters, is_first=True)


def to_html(message: dict[str, Any]) -> str:
    """Return a message in the HTML that Telegram knows."""
    text = str(message["text"])
    shown = text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
    links = "\n".join(
        f'<a href="{escape(link["url"])}">{escape(link["label"])}</a>: {escape(link["url"])}'
        for link in message["links"]
    )
    return "\n\n".join(part for part in (f"<b>{escape(message['title'])}</b>", escape(shown), links) if part)
