"""A mailbox on an IMAP server, by the settings of an Airflow connection."""

from __future__ import annotations

import imaplib
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from airflow.sdk import BaseHook

from flowforge_provider.exceptions import FlowForgeError, StepError
from flowforge_provider.hooks.oauth2 import ClientCredentials
from flowforge_provider.hooks.tls import make_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
    :param oauth2: signs in by a token that these credentials give, in place of the password
    """

    host: str
    port: int
    login: str
    password: str
    security: Security = "tls"
    ca: str = ""
    timeout_s: float = _DEFAULT_TIMEOUT_S
    oauth2: ClientCredentials | None = None

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
    signs_in_by_token = connection.conn_type != "imap" and extra.get("auth") == "oauth2"
    needed = {"host": connection.host, "login": connection.login}
    if signs_in_by_token:
        needed |= {"client id": extra.get("client_id"), "token address": extra.get("token_url")}
        needed["client secret as its password, and no refresh token"] = connection.password or extra.get(
            "refresh_token"
        )
    else:
        needed["password"] = connection.password
    for name, value in needed.items():
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
        password=str(connection.password or ""),
        security=security,
        ca=str(extra.get("ca_certificate") or ""),
        timeout_s=float(extra.get("timeout") or _DEFAULT_TIMEOUT_S),
        oauth2=_read_oauth2(connection, extra) if signs_in_by_token else None,
    )


def _read_oauth2(connection: Any, extra: dict[str, Any]) -> ClientCredentials:
    def text(name: str) -> str:
        return str(extra.get(name) or "").strip()

    return ClientCredentials(
        connection_id=connection.conn_id,
        token_url=text("token_url"),
        client_id=text("client_id"),
        client_secret=str(connection.password or ""),
        scope=text("scope"),
        client_auth="basic" if text("client_auth") == "basic" else "body",
        refresh_token=text("refresh_token"),
    )


def open_client(
    settings: ImapSettings,
    *,
    token_folder: Path | None = None,
    renewed: Callable[[str], None] | None = None,
) -> IMAPClient:
    """
    Return a client that is signed in; the caller ends it with ``shutdown()``.

    :param token_folder: where access tokens are kept on disk; None keeps them in this process only
    :param renewed: gets the refresh token that takes the place of the present one
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
        if settings.oauth2 is not None:
            from flowforge_provider.hooks.imap_tokens import sign_in

            sign_in(client, settings.oauth2, login=settings.login, token_folder=token_folder, renewed=renewed)
        else:
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
        certificate = error.error_code == "http-certificate"
        return MailboxError(error.message, code="mailbox-tls" if certificate else "mailbox-token")
    place = f"{settings.host}:{settings.port}"
    secrets = settings.oauth2.secrets if settings.oauth2 else (settings.password,)
    told = _told(error, secrets=secrets)
    correction = (
        "The token was made, but is not taken: correct the login, and allow the client to read this mailbox "
        "(permission, scope)."
        if settings.oauth2
        else "Correct login and password of the connection; many services want an app password or OAuth2."
    )
    known: list[tuple[str, type[Exception] | tuple[type[Exception], ...], str]] = [
        (
            "mailbox-login",
            LoginError,
            f'The mail server {place} does not let "{settings.login}" in: {told}. {correction}',
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


def _told(error: Exception, *, secrets: tuple[str, ...]) -> str:
    text = error.args[0] if error.args and isinstance(error.args[0], (str, bytes)) else str(error)
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
        text = error.strerror or str(error) or type(error).__name__
    # imaplib's errors may hold what was sent.
    cleaned = " ".join(text.split()).rstrip(".")[:500]
    for secret in filter(None, secrets):
        cleaned = cleaned.replace(secret, "***")
    return cleaned


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
        from flowforge_provider.hooks.http_connection import token_folder

        settings = read_settings(self.get_connection(self.imap_conn_id))
        return open_client(settings, token_folder=token_folder())

    def test_connection(self) -> tuple[bool, str]:
        """Return whether the mailbox can be read, and what to tell people."""
        try:
            # Nothing is kept on disk: Airflow's form tests a connection under a name made for it.
            client = open_client(read_settings(self.get_connection(self.imap_conn_id)))
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
