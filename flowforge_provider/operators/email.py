"""The step that sends an email."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.base import FlowForgeOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from flowforge_provider.hooks.mail import Mail
    from flowforge_provider.nodes.builtin.email import EmailParameters

_SENT = "sent"


class EmailOperator(FlowForgeOperator):
    """
    Send one email and return {provider, id, message_id, accepted, rejected, scheduled_at, response}.

    A step that has sent its email does not send it again on another try, nor when its task is cleared.

    :param connection_id: Airflow connection of type smtp or resend
    :param sender: address of the sender; that of the connection when empty
    :param to: list of recipients; each text may hold several addresses, with names
    :param cc: list of recipients of a copy
    :param bcc: list of recipients whom nobody else sees
    :param reply_to: list of addresses for answers
    :param subject: subject line
    :param body_type: text, html or markdown
    :param html: the message as HTML
    :param markdown: the message as Markdown
    :param text: the message as plain text, or the version of it for readers without HTML
    :param attachments: list of {source, file, url, filename, content_id}
    :param headers: list of {name, value}
    :param tags: list of {name, value}; Resend only
    :param scheduled_at: ISO 8601; Resend only
    """

    @classmethod
    def parameters_model(cls) -> type[EmailParameters]:
        from flowforge_provider.nodes.builtin.email import EmailParameters

        return EmailParameters

    def run(self, parameters: EmailParameters, context: Context) -> dict[str, Any]:
        """Send the email, unless an earlier try has sent it."""
        from flowforge_provider.hooks.attachments import UrlFetcher
        from flowforge_provider.hooks.mail import build_mail
        from flowforge_provider.operators.idempotency import idempotency_key
        from flowforge_provider.operators.progress import Progress

        progress = Progress(context)
        sent: dict[str, Any] | None = progress.get(_SENT)
        if sent is not None:
            self.log.info("An earlier try has sent the email as %s; it is not sent again.", sent["id"])
            return sent
        fetcher = UrlFetcher()
        with self.stopped_by(fetcher.stop):
            mail = build_mail(parameters, zone=self.workflow_timezone, fetch=fetcher.fetch)
        sent = self._send(mail, parameters.connection_id, key=idempotency_key(context))
        progress.put({_SENT: sent})
        return sent

    def _send(self, mail: Mail, connection_id: str, *, key: str) -> dict[str, Any]:
        from flowforge_provider.hooks.connections import connection_type

        kind = connection_type(connection_id, offered=("smtp", "resend"))
        if kind == "smtp":
            from flowforge_provider.hooks.smtp import SmtpSender

            sender = SmtpSender(connection_id=connection_id)
            with self.stopped_by(sender.stop):
                return sender.send(mail, key=key)
        from flowforge_provider.hooks.resend import ResendHook

        hook = ResendHook(connection_id)
        with self.stopped_by(hook.stop):
            return hook.send(mail, key=key)
