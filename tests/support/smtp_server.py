"""A real SMTP server (aiosmtpd) on the loopback interface that keeps what it gets."""

from __future__ import annotations

import asyncio
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage
    from pathlib import Path


@dataclass
class ReceivedMail:
    """One message as it came: the envelope, the content, and how the connection was made."""

    mail_from: str
    recipients: list[str]
    content: bytes
    is_encrypted: bool
    login: str | None
    options: list[str]

    @property
    def message(self) -> EmailMessage:
        """Return the parsed content."""
        return message_from_bytes(self.content, policy=policy.default)


@dataclass
class SmtpServer:
    """
    The server's address, what it has received, and how it shall behave.

    :param replies: text of the command -> reply of the server instead of its own, for example
        ``{"RCPT bad@example.com": "550 5.1.1 No such user", "MAIL": "421 Closing", "DATA": "451 Later"}``;
        the reply ``cut`` closes the connection, ``wait`` never answers, ``accept and cut`` takes the message
        and closes without an answer (DATA only)
    """

    host: str
    port: int
    mails: list[ReceivedMail] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    login: tuple[str, str] | None = None

    def connection(self, **extra: Any) -> dict[str, Any]:
        """
        Return the fields of an Airflow connection to this server, for ``AIRFLOW_CONN_<ID>``.

        :param extra: extra fields; plain text unless they say otherwise
        """
        user, password = self.login or (None, None)
        return {
            "conn_type": "smtp",
            "host": self.host,
            "port": self.port,
            "login": user,
            "password": password,
            "extra": {"disable_ssl": True, "disable_tls": True, "timeout": 5, **extra},
        }


@contextmanager
def running_smtp_server(
    *,
    login: tuple[str, str] | None = None,
    certificate: Path | None = None,
    from_the_start: bool = False,
    international: bool = True,
    forward: Callable[[ReceivedMail], None] | None = None,
) -> Iterator[SmtpServer]:
    """
    Run a server until the block ends.

    :param login: user and password that it asks for
    :param certificate: file with key and certificate; offers STARTTLS then, and wants it
    :param from_the_start: speaks TLS from the first byte instead (port 465 in the wild)
    :param international: whether it offers SMTPUTF8
    :param forward: hands each message on, before the sender is told that it was taken
    """
    server = SmtpServer(host="127.0.0.1", port=0, login=login)
    context: ssl.SSLContext | None = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    handler = _Handler(server, forward)

    def authenticate(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == login, auth_data=given[0], handled=given == login)

    options: dict[str, Any] = {
        "enable_SMTPUTF8": international,
        "auth_required": login is not None,
        "auth_require_tls": context is not None and not from_the_start,
        "authenticator": authenticate if login else None,
        "require_starttls": context is not None and not from_the_start,
        "tls_context": None if from_the_start else context,
    }
    controller = Controller(
        handler,
        hostname=server.host,
        port=0,
        ssl_context=context if from_the_start else None,
        ready_timeout=10,
        **options,
    )
    # The controller asks its own port for a greeting when it starts, so it must know it.
    controller.port = server.port = _free_port()
    controller.start()
    try:
        yield server
    finally:
        handler.released.set()
        controller.stop()


class _Handler:
    def __init__(self, server: SmtpServer, forward: Callable[[ReceivedMail], None] | None) -> None:
        self.server = server
        self.forward = forward
        self.released = threading.Event()

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = await self._reply(server, "MAIL", address)
        if reply is not None:
            return reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = await self._reply(server, "RCPT", address)
        if reply is not None:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        wanted = self.server.replies.get("DATA")
        if wanted in (None, "accept and cut", "accept and wait"):
            assert isinstance(envelope.content, bytes)
            self.server.mails.append(
                ReceivedMail(
                    mail_from=envelope.mail_from or "",
                    recipients=list(envelope.rcpt_tos),
                    content=envelope.content,
                    is_encrypted=session.ssl is not None
                    or _transport(server).get_extra_info("ssl_object") is not None,
                    login=session.auth_data,
                    options=list(envelope.mail_options),
                )
            )
            if self.forward is not None:
                await asyncio.to_thread(self.forward, self.server.mails[-1])
        reply = await self._reply(server, "DATA", "")
        return reply or f"250 2.0.0 OK queued as {len(self.server.mails)}"

    async def _reply(self, server: SMTP, command: str, argument: str) -> str | None:
        """Return the reply that the test wants in place of the usual one."""
        self.server.commands.append(f"{command} {argument}".strip())
        replies = self.server.replies
        wanted = replies.get(f"{command} {argument}", replies.get(command))
        if wanted in ("cut", "accept and cut"):
            _transport(server).abort()
            return "421 closed"
        if wanted in ("wait", "accept and wait"):
            while not self.released.is_set():
                await asyncio.sleep(0.02)
            return "421 released"
        return wanted


def _transport(server: SMTP) -> asyncio.Transport:
    assert isinstance(server.transport, asyncio.Transport)
    return server.transport


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
