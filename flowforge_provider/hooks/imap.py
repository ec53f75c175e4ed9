"""A mailbox on an IMAP server, by the settings of an Airflow connection."""

from __future__ import annotations

import imaplib
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from airflow.sdk import BaseHook

from flowforge_provider.exceptions import FlowForgeError, StepError
from flowforge_provider.hooks.tls import make_context

if TYPE_CHECKING:
    from imapclient import IMAPClient

__all__ = ["ImapHook", "ImapSettings", "MailboxError", "explain_imap", "open_client", "read_settings"]

Security = Literal["tls", "starttls", "none"]

_PORTS: dict[Security, int] = {"tls": 993, "starttls": 143, "none": 143}
_DEFAULT_TIMEOUT_S = 30.0
# Python's default of a megabyte is too small for the list of a large folder's messages.
_LONGEST_LINE = 10_000_000


class MailboxError(FlowForgeError):
    """A mailbox cannot be read at present."""

    code = "mailbox-failed"


class ImapSettings(NamedTuple):
    """
    How to reach a mailbox.

    :param security: TLS from the start, after STARTTLS, or not at all
    :param ca: certificates to trust in place of the usual ones: PEM text or a path
    """

    host: str
    port: int
    login: str
    password: str
    security: Security = "tls"
    ca: str = ""
    timeout_s: float = _DEFAULT_TIMEOUT_S

    def __repr__(self) -> str:
        """Tell where, and no secret."""
        return f"{self.login}@{self.host}:{self.port}"


def read_settings(connection: Any) -> ImapSettings:
    """
    Return the settings that an Airflow connection holds.

    :param connection: of type ``flowforge_imap``, or ``imap`` as Airflow's own provider makes it
    :raises MailboxError: something is missing
    """
    extra = connection.extra_dejson
    for name, value in (
        ("host", connection.host),
        ("login", connection.login),
        ("password", connection.password),
    ):
        if not value:
            raise MailboxError(
                f'Connection "{connection.conn_id}" has no {name}. Fill it in.', code="mailbox-settings"
            )
    security: Security = "tls"
    if connection.conn_type == "imap":
        security = "tls" if extra.get("use_ssl", True) else "none"
    elif extra.get("security") in _PORTS:
        security = extra["security"]
    return ImapSettings(
        host=str(connection.host).strip(),
        port=int(connection.port or _PORTS[security]),
        login=str(connection.login),
        password=str(connection.password),
        security=security,
        ca=str(extra.get("ca_certificate") or ""),
        timeout_s=float(extra.get("timeout") or _DEFAULT_TIMEOUT_S),
    )


def open_client(settings: ImapSettings) -> IMAPClient:
    """
    Return a client that is signed in; the caller ends it with ``shutdown()``.

    :raises MailboxError: the server cannot be reached, or does not let us in
    """
    from imapclient import IMAPClient, SocketTimeout

    # The library's own setting, made larger once and for all.
    imaplib._MAXLINE = max(imaplib._MAXLINE, _LONGEST_LINE)  # type: ignore[attr-defined]
    client: Any = None
    try:
        context = make_context(ca=settings.ca) if settings.security != "none" else None
        client = IMAPClient(
            settings.host,
            settings.port,
            ssl=settings.security == "tls",
            ssl_context=context if settings.security == "tls" else None,
            timeout=SocketTimeout(connect=settings.timeout_s, read=settings.timeout_s),
        )
        # Moments with their time zones; otherwise they are turned into this machine's own.
        client.normalise_times = False
        if settings.security == "starttls":
            client.starttls(ssl_context=context)
        client.login(settings.login, settings.password)
    except Exception as exc:
        if client is not None:
            with suppress(Exception):
                client.shutdown()
        raise explain_imap(exc, settings=settings) from exc
    return client


def explain_imap(error: Exception, *, settings: ImapSettings) -> MailboxError:
    """Return an error that tells people what to do."""
    from imapclient.exceptions import LoginError

    if isinstance(error, MailboxError):
        return error
    if isinstance(error, StepError):
        return MailboxError(error.message, code="mailbox-tls")
    place = f"{settings.host}:{settings.port}"
    told = _told(error, secret=settings.password)
    known: list[tuple[str, type[Exception] | tuple[type[Exception], ...], str]] = [
        (
            "mailbox-login",
            LoginError,
            f'The mail server {place} does not let "{settings.login}" in: {told}. Correct login and password '
            "of the connection; many services want an app password.",
        ),
        (
            "mailbox-tls",
            ssl.SSLError,
            f"No trusted TLS connection to {place}: {told}. Check security, port and trusted certificates "
            "of the connection.",
        ),
        (
            "mailbox-timeout",
            TimeoutError,
            f"The mail server {place} did not answer within {settings.timeout_s:g} s. Check host, port and "
            "the network of the api-server.",
        ),
        (
            "mailbox-connection",
            (OSError, imaplib.IMAP4.abort),
            f"No connection to the mail server {place}, or it broke off: {told}. Check host, port and "
            "security of the connection.",
        ),
    ]
    for code, kind, message in known:
        if isinstance(error, kind):
            return MailboxError(message, code=code)
    return MailboxError(f"The mail server {place} refuses a command: {told}.", code="mailbox-failed")


def _told(error: Exception, *, secret: str) -> str:
    text = error.args[0] if error.args and isinstance(error.args[0], (str, bytes)) else str(error)
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
        text = error.strerror or str(error) or type(error).__name__
    # imaplib's errors may hold what was sent.
    cleaned = " ".join(text.split()).rstrip(".")[:500]
    return cleaned.replace(secret, "***") if secret else cleaned


class ImapHook(BaseHook):
    """
    Reach a mailbox by an Airflow connection.

    :param imap_conn_id: id of a connection of type flowforge_imap
    """

    conn_name_attr = "imap_conn_id"
    default_conn_name = "flowforge_imap_default"
    conn_type = "flowforge_imap"
    hook_name = "FlowForge mailbox (IMAP)"

    def __init__(self, imap_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.imap_conn_id = imap_conn_id

    def get_conn(self) -> IMAPClient:
        """
        Return a client that is signed in.

        :raises MailboxError: the server cannot be reached, or does not let us in
        """
        return open_client(read_settings(self.get_connection(self.imap_conn_id)))

    def test_connection(self) -> tuple[bool, str]:
        """Return whether the mailbox can be read, and what to tell people."""
        try:
            client = self.get_conn()
        except MailboxError as error:
            return False, error.message
        try:
            folders = [name for _, _, name in client.list_folders()]
            way = "at once (IDLE)" if client.has_capability("IDLE") else "by asking at intervals"
        except Exception as error:
            settings = read_settings(self.get_connection(self.imap_conn_id))
            return False, explain_imap(error, settings=settings).message
        finally:
            with suppress(Exception):
                client.logout()
        shown = ", ".join(folders[:10]) + (" …" if len(folders) > 10 else "")
        return True, f"The mailbox can be read; new messages are seen {way}. Folders: {shown}"
