"""What an Airflow connection says about calling its service: base address, credentials, TLS, proxy."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.oauth2 import ClientCredentials, TokenSource
from flowforge_provider.hooks.secrets import SecretValues
from flowforge_provider.hooks.tls import make_context

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

__all__ = ["CONN_TYPE", "Access", "read_access"]

CONN_TYPE = "flowforge_http"
AUTH_KINDS = ("none", "basic", "bearer", "api_key", "oauth2")


class ConnectionLike(Protocol):
    """What is used of Airflow's Connection."""

    conn_id: str
    conn_type: str
    host: str | None
    port: int | None
    schema: str | None
    login: str | None
    password: str | None

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """Extra fields as an object."""


@dataclass
class Access:
    """
    How to call a service.

    :param base_url: address that paths are joined to; None without a connection
    :param headers: sent to the service's own host only
    :param query: parameters of each address there, such as an API key
    :param basic: user and password
    :param tokens: gives the bearer token of each request
    :param tls: arguments of ``make_context``; None leaves it to ``options``
    :param options: ``verify``, ``cert`` and ``proxies`` as requests takes them
    :param secrets: what must not be shown
    """

    connection_id: str | None = None
    base_url: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    basic: tuple[str, str] | None = None
    tokens: TokenSource | None = None
    tls: dict[str, Any] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    secrets: SecretValues = field(default_factory=SecretValues)

    def session_options(self, *, verify: bool, proxy: str = "") -> dict[str, Any]:
        """
        Return the arguments of a GuardedSession.

        :param verify: whether certificates are verified
        :param proxy: address of a proxy that the graph names
        :raises StepError: the graph would lead the secrets of a connection past whom they are meant for
        """
        if self.connection_id and (proxy or not verify):
            raise StepError(
                f"The step names a proxy, or verifies no certificates, and uses connection "
                f"{self.connection_id!r}: its secrets could be read on the way. Name the proxy or the "
                "certificate in the connection instead, or leave the connection out.",
                code="http-other-host",
                retryable=False,
            )
        options = dict(self.options)
        if self.tls is not None:
            options["ssl_context"] = make_context(**self.tls, verify=verify)
        if not verify:
            options["verify"] = False
        if proxy:
            options |= {"proxies": {"http": proxy, "https": proxy}, "proxy_is_trusted": False}
        return options

    def sign(
        self, prepared: requests.PreparedRequest, *, token: str | None, own: Collection[str] = ()
    ) -> None:
        """
        Add headers and credentials to a request that goes to the service's own host.

        :param token: bearer token of ``tokens``
        :param own: names of headers, in lower case, that the step itself has set: they stay
        """
        for name, value in self.headers.items():
            if name.lower() not in own:
                prepared.headers[name] = value
        if "Authorization" not in prepared.headers:
            if token is not None:
                prepared.headers["Authorization"] = f"Bearer {token}"
            elif self.basic is not None:
                user, password = self.basic
                requests.auth.HTTPBasicAuth(user.encode(), password.encode())(prepared)
        if self.query:
            prepared.url = _with_query(str(prepared.url), self.query)


def read_access(connection: ConnectionLike | None, *, token_folder: Path | None) -> Access:
    """
    Return what a connection says.

    :param connection: of the type ``flowforge_http`` or ``http``; None calls without one
    :param token_folder: where tokens are kept on disk; None keeps them in this process only
    :raises StepError: the connection is of another type, or incomplete
    """
    if connection is None:
        return Access()
    if connection.conn_type == CONN_TYPE:
        return _of_flowforge(connection, token_folder=token_folder)
    if connection.conn_type == "http":
        return _of_http(connection)
    raise _wrong(connection, f"is of the type {connection.conn_type!r}, not FlowForge HTTP or HTTP")


def _of_flowforge(connection: ConnectionLike, *, token_folder: Path | None) -> Access:
    extra = connection.extra_dejson
    access = Access(connection_id=connection.conn_id, base_url=_base_url(connection, default_scheme="https"))
    access.headers.update(_headers(connection, extra.get("headers")))
    for name, value in access.headers.items():
        if _sounds_secret(name):
            access.secrets.add(value, value.partition(" ")[2])
    certificate, key = _text(extra, "client_certificate"), _text(extra, "client_key")
    access.tls = {
        "ca": _text(extra, "ca_certificate"),
        "certificate": certificate,
        "key": key,
        "key_password": _text(extra, "client_key_password") or None,
    }
    access.secrets.add(key, access.tls["key_password"])
    proxy = _text(extra, "proxy")
    if proxy:
        access.options["proxies"] = {"http": proxy, "https": proxy}
        access.secrets.add(urlsplit(proxy).password)
    _add_credentials(access, connection, extra, token_folder=token_folder)
    return access


def _add_credentials(
    access: Access, connection: ConnectionLike, extra: Mapping[str, Any], *, token_folder: Path | None
) -> None:
    login, password = connection.login or "", connection.password or ""
    kind = _text(extra, "auth") or ("basic" if login else "bearer" if password else "none")
    access.secrets.add(password)
    if kind == "basic":
        access.basic = (login, password)
        access.secrets.add_basic(login, password)
    elif kind == "bearer":
        access.headers["Authorization"] = f"Bearer {_needed(connection, password, 'a token as its password')}"
    elif kind == "api_key":
        key = _needed(connection, password, "the API key as its password")
        name = _text(extra, "api_key_name") or "X-API-Key"
        is_in_query = (_text(extra, "api_key_in") or "header") == "query"
        (access.query if is_in_query else access.headers)[name] = key
    elif kind == "oauth2":
        credentials = ClientCredentials(
            connection_id=connection.conn_id,
            token_url=_needed(connection, _text(extra, "token_url"), "a token address"),
            client_id=_needed(connection, login, "the client id as its login"),
            client_secret=_needed(connection, password, "the client secret as its password"),
            scope=_text(extra, "scope"),
            audience=_text(extra, "audience"),
            client_auth="body" if _text(extra, "client_auth") == "body" else "basic",
        )
        access.secrets.add_basic(login, password)
        access.tokens = TokenSource(credentials, folder=token_folder)
    elif kind != "none":
        raise _wrong(
            connection, f"has the unknown authentication {kind!r}; known are {', '.join(AUTH_KINDS)}"
        )


def _of_http(connection: ConnectionLike) -> Access:
    """Read a connection of Airflow's HTTP provider as its hook does: other extras are headers."""
    from airflow.providers.http.hooks.http import HttpHook

    class ReadHook(HttpHook):
        @classmethod
        def get_connection(cls, _conn_id: str) -> Any:
            return connection  # It was fetched already.

    hook = ReadHook(http_conn_id=connection.conn_id)
    session = hook.get_conn()
    defaults = requests.utils.default_headers()
    access = Access(connection_id=connection.conn_id, base_url=hook.base_url)
    access.headers = {
        name: str(value) for name, value in session.headers.items() if defaults.get(name) != value
    }
    access.options = {
        "proxies": session.proxies or {},
        "verify": session.verify,
        "cert": session.cert,
    }
    for name, value in access.headers.items():
        if _sounds_secret(name):
            access.secrets.add(value, value.partition(" ")[2])
    for proxy in access.options["proxies"].values():
        access.secrets.add(urlsplit(str(proxy)).password)
    if connection.login:
        access.basic = (connection.login, connection.password or "")
        access.secrets.add_basic(*access.basic)
    access.secrets.add(connection.password)
    return access


def _base_url(connection: ConnectionLike, *, default_scheme: str) -> str:
    host = (connection.host or "").strip()
    if not host:
        raise _wrong(connection, "has no host")
    if "://" not in host:
        host = f"{connection.schema or default_scheme}://{host}"
    parts = urlsplit(host)
    if connection.port and parts.port is None:
        parts = parts._replace(netloc=f"{parts.netloc}:{connection.port}")
    return urlunsplit(parts)


def _headers(connection: ConnectionLike, given: Any) -> dict[str, str]:
    """Read the field ``headers``: an object, or its text."""
    if isinstance(given, str) and given.strip():
        try:
            given = json.loads(given)
        except ValueError as error:
            raise _wrong(connection, f"has headers that are no JSON ({error})") from error
    if not given:
        return {}
    if not isinstance(given, dict):
        raise _wrong(connection, "has headers that are no JSON object of names and values")
    return {str(name): str(value) for name, value in given.items()}


def _with_query(url: str, query: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    there = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = urlencode([(name, value) for name, value in query.items() if name not in there])
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added)))))


def _sounds_secret(name: str) -> bool:
    from airflow.sdk._shared.secrets_masker import should_hide_value_for_key

    # Airflow knows such names with underscores; headers are written with hyphens.
    return any(should_hide_value_for_key(form) for form in (name, name.replace("-", "_")))  # type: ignore[no-untyped-call]


def _text(extra: Mapping[str, Any], name: str) -> str:
    value = extra.get(name)
    return value.strip() if isinstance(value, str) else ""


def _needed(connection: ConnectionLike, value: str, what: str) -> str:
    if not value:
        raise _wrong(connection, f"lacks {what}")
    return value


def _wrong(connection: ConnectionLike, what: str) -> StepError:
    return StepError(
        f"Connection {connection.conn_id!r} {what}. Correct it in Airflow, under Admin, Connections.",
        code="http-connection-settings",
        retryable=False,
    )
