"""Send an email through an SMTP server, by the settings of Airflow's smtp connection."""

from __future__ import annotations

import smtplib
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk.exceptions import AirflowException

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.mime import message_id, to_bytes
from flowforge_provider.hooks.smtp_errors import explain_smtp, reply_text
from flowforge_provider.nodes.addresses import Address, parse_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.hooks.mail import Mail


class WatchedSmtpHook(SmtpHook):
    """
    Airflow's SMTP hook with a connection that can be cut from outside, and that tries once.

    Retries belong to the step: the hook's own would repeat a message whose fate is unknown.
    """

    def __init__(self, smtp_conn_id: str) -> None:
        super().__init__(smtp_conn_id=smtp_conn_id)
        self._sockets: list[socket.socket] = []
        self._is_cut = False

    @property
    def smtp_retry_limit(self) -> int:
        """Return 0: one try."""
        return 0

    @property
    def smtp_starttls(self) -> bool:
        """Tell whether to ask for STARTTLS; a connection that is encrypted from the start needs none."""
        return not self.use_ssl and bool(super().smtp_starttls)

    @property
    def client(self) -> smtplib.SMTP:
        """Return the open client."""
        return cast("smtplib.SMTP", self._smtp_client)

    def cut(self) -> None:
        """Shut the connection down, which ends whatever waits for it; may run in a signal handler."""
        self._is_cut = True
        for opened in self._sockets:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)

    def close_sockets(self) -> None:
        """Let go of the connection, also when it was never finished."""
        client, self._smtp_client = self._smtp_client, None
        if client is not None:
            with suppress(OSError):
                client.close()
        while self._sockets:
            self._sockets.pop().close()

    def _watch(self, opened: socket.socket) -> None:
        # A copy, since TLS takes the socket over; both mean the same connection.
        self._sockets.append(opened.dup())
        if self._is_cut:
            self.cut()

    def _build_client(self) -> smtplib.SMTP:
        watch = self._watch

        class Watched(smtplib.SMTP):
            reply = b""

            def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
                opened = super()._get_socket(host, port, timeout)  # type: ignore[misc]
                watch(opened)
                return opened  # type: ignore[no-any-return]

            def data(self, msg: Any) -> tuple[int, bytes]:
                code, self.reply = super().data(msg)
                return code, self.reply

        class WatchedSsl(smtplib.SMTP_SSL, Watched):
            pass

        client: smtplib.SMTP = (WatchedSsl if self.use_ssl else Watched)(
            **self._build_client_kwargs(is_async=False)
        )
        return client


class SmtpSender:
    """
    Send emails by an Airflow connection of type smtp.

    :param connection_id: Airflow connection of type smtp
    """

    def __init__(self, *, connection_id: str) -> None:
        self._hook = WatchedSmtpHook(connection_id)
        self._stopped = False

    def stop(self) -> None:
        """End what is under way; may be called from a signal handler."""
        self._stopped = True
        self._hook.cut()

    def send(self, mail: Mail, *, key: str) -> dict[str, Any]:
        """
        Send the email and return {provider, id, message_id, accepted, rejected, scheduled_at, response}.

        :param mail: the email; tags and a scheduled time are refused
        :param key: idempotency key; becomes the Message-ID
        :raises StepError: no connection, or the server takes the email for no recipient
        """
        _refuse_what_smtp_lacks(mail)
        with self._errors(), self._connected() as client:
            sender = mail.sender or self._default_sender()
            refused = self._hand_over(client, mail, sender=sender, key=key)
        return {
            "provider": "smtp",
            "id": message_id(key, sender),
            "message_id": message_id(key, sender),
            "accepted": [address for address in mail.recipients if address not in refused],
            "rejected": [
                {"address": address, "status": status, "message": reply_text(reply)}
                for address, (status, reply) in refused.items()
            ],
            "scheduled_at": None,
            "response": reply_text(getattr(client, "reply", b"")),
        }

    def _hand_over(
        self, client: smtplib.SMTP, mail: Mail, *, sender: Address, key: str
    ) -> dict[str, tuple[int, bytes]]:
        """Return the recipients that the server refused: address -> (status, reply)."""
        client.ehlo_or_helo_if_needed()
        replies = (address.email for address in mail.reply_to)
        international = [
            address for address in (sender.email, *mail.recipients, *replies) if not address.isascii()
        ]
        if international and not client.has_extn("smtputf8"):
            raise StepError(
                f"The mail server cannot take the address {international[0]}: it lacks SMTPUTF8. Use an "
                "address in Latin letters, or another server.",
                code="smtp-international",
                retryable=False,
            )
        return client.sendmail(
            sender.email,
            mail.recipients,
            to_bytes(mail, sender=sender, key=key, utf8=bool(international)),
            mail_options=["SMTPUTF8", "BODY=8BITMIME"] if international else [],
        )

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        try:
            self._hook.get_conn()
            yield self._hook.client
            # The message is with the server; whether it says goodbye properly changes nothing.
            with suppress(smtplib.SMTPException, OSError):
                self._hook.client.quit()
        finally:
            self._hook.close_sockets()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except StepError:
            raise
        except (smtplib.SMTPException, OSError, RuntimeError, AirflowException) as error:
            if self._stopped:
                raise StepError(
                    "The email was stopped while it was being sent; the mail server may have it.",
                    code="smtp-stopped",
                ) from error
            conn = self._hook.smtp_connection
            place = f"{conn.host}:{conn.port}" if conn is not None else self._hook.smtp_conn_id
            # The hook hides a server that hangs up behind an error of its own.
            hidden = error.__context__ if isinstance(error, AirflowException) else None
            cause = hidden if isinstance(hidden, smtplib.SMTPException) else error
            raise explain_smtp(cause, server=place) from error

    def _default_sender(self) -> Address:
        given = self._hook.from_email or self._hook.smtp_user
        try:
            return parse_address(given or "")
        except ValueError as error:
            raise StepError(
                'The email has no sender. Fill in "From", or the from email of the connection.',
                code="no-sender",
                retryable=False,
            ) from error


def _refuse_what_smtp_lacks(mail: Mail) -> None:
    for what, value in (("Tags", mail.tags), ("A scheduled time", mail.scheduled_at)):
        if value:
            raise StepError(
                f"{what} can be used with Resend only; an SMTP server knows no such thing. Choose a "
                "connection of type resend, or leave the field empty.",
                code="email-not-offered",
                retryable=False,
            )
