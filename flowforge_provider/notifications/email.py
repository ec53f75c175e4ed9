"""Tell people by email, through SMTP or Resend."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from flowforge_provider.notifications.base import FlowForgeNotifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowforge_provider.hooks.mail import Mail

__all__ = ["FlowForgeEmailNotifier"]

_MAX_SUBJECT = 200


class FlowForgeEmailNotifier(FlowForgeNotifier):
    """
    Send an email.

    :param connection_id: Airflow connection of type smtp or resend
    :param to: addresses of the recipients, each text with one or several
    :param sender: address of the sender; that of the connection when empty
    :param language: en or ru; ``[flowforge] alert_language`` when omitted
    :param connection: the connection itself, of type resend, where it comes from elsewhere
    """

    def __init__(
        self,
        *,
        connection_id: str = "smtp_default",
        to: str | Sequence[str] = (),
        sender: str = "",
        language: str | None = None,
        connection: Any = None,
        context: Any = None,
    ) -> None:
        super().__init__(language=language, context=context)
        self.connection_id = connection_id
        self.to = [to] if isinstance(to, str) else list(to)
        self.sender = sender
        self.connection = connection

    def send(self, message: dict[str, Any]) -> None:
        """Send one email; the message's id keeps Resend from sending it twice."""
        from flowforge_provider.hooks.connections import connection_type

        mail = self._mail(message)
        key = f"flowforge-alert-{message['id']}"
        if (
            self.connection is None
            and connection_type(self.connection_id, offered=("smtp", "resend")) == "smtp"
        ):
            from flowforge_provider.hooks.smtp import SmtpSender

            SmtpSender(connection_id=self.connection_id).send(mail, key=key)
            return
        from flowforge_provider.hooks.resend import ResendHook

        ResendHook(self.connection_id, connection=self.connection).send(mail, key=key)

    def _mail(self, message: dict[str, Any]) -> Mail:
        from flowforge_provider.exceptions import StepError
        from flowforge_provider.hooks.mail import Mail
        from flowforge_provider.nodes.addresses import parse_addresses

        to = tuple(address for text in self.to for address in parse_addresses(text))
        if not to:
            raise StepError(
                "The email has no recipient. Add an address.", code="no-recipient", retryable=False
            )
        sender = parse_addresses(self.sender) if self.sender else []
        links = "\n".join(f"{link['label']}: {link['url']}" for link in message["links"])
        subject = " ".join(str(message["title"]).split())
        return Mail(
            sender=sender[0] if sender else None,
            to=to,
            cc=(),
            bcc=(),
            reply_to=(),
            subject=subject if len(subject) <= _MAX_SUBJECT else f"{subject[:_MAX_SUBJECT]}…",
            text="\n\n".join(part for part in (message["text"], links) if part) or subject,
            html=_to_html(message),
            attachments=(),
            headers=(("Auto-Submitted", "auto-generated"),),
            tags=(),
            scheduled_at=None,
        )


def _to_html(message: dict[str, Any]) -> str:
    text = escape(str(message["text"])).replace("\n", "<br>\n")
    links = "".join(
        f'<p><a href="{escape(link["url"])}">{escape(link["label"])}</a></p>' for link in message["links"]
    )
    return f"<h3>{escape(str(message['title']))}</h3>\n<p>{text}</p>\n{links}"
