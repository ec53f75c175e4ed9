"""Sign in to a mail server by an access token: SASL OAUTHBEARER (RFC 7628), or the older XOAUTH2."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from imapclient.exceptions import LoginError

from flowforge_provider.hooks.guarded import GuardedSession, Timeouts
from flowforge_provider.hooks.oauth2 import ClientCredentials, TokenSource

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from imapclient import IMAPClient

__all__ = ["sign_in"]

_MECHANISMS = ("OAUTHBEARER", "XOAUTH2")
_MAX_ANSWER_BYTES = 262_144
_TIMEOUTS = Timeouts(connect_s=10, read_s=20, total_s=30)


def sign_in(
    client: IMAPClient,
    credentials: ClientCredentials,
    *,
    login: str,
    token_folder: Path | None,
    renewed: Callable[[str], None] | None = None,
) -> None:
    """
    Sign in by a token, which is asked for where none is kept; once more when a kept one is refused.

    :param login: whose mailbox it is
    :param renewed: gets the refresh token that takes the place of the present one
    :raises StepError: the service gives no token
    :raises LoginError: the mail server does not take the token
    """
    source = TokenSource(credentials, folder=token_folder, renewed=renewed)
    with GuardedSession(max_response_bytes=_MAX_ANSWER_BYTES, timeouts=_TIMEOUTS) as session:
        try:
            _authenticate(client, login=login, token=source.token(session))
        except LoginError:
            if not source.drop_refused():
                raise
            _authenticate(client, login=login, token=source.token(session))


def _authenticate(client: IMAPClient, *, login: str, token: str) -> None:
    # What servers offer may change with TLS, so it is asked for here. Microsoft offers XOAUTH2 only.
    mechanism = next((name for name in _MECHANISMS if client.has_capability(f"AUTH={name}")), None)
    if mechanism is None:
        raise LoginError("it takes no access tokens (OAUTHBEARER, XOAUTH2)")
    exchange = _Exchange(mechanism, login=login, token=token)
    try:
        client.sasl_login(mechanism, exchange)
    except LoginError as error:
        told = " ".join(filter(None, (str(error).replace(token, "***"), exchange.told)))
        raise LoginError(told) from None


class _Exchange:
    """Answers the server: first with the token, then with the little that ends a refusal."""

    def __init__(self, mechanism: str, *, login: str, token: str) -> None:
        identity = login.replace("=", "=3D").replace(",", "=2C")
        is_standard = mechanism == "OAUTHBEARER"
        begin = f"n,a={identity}," if is_standard else f"user={login}"
        self._first: str | None = f"{begin}\1auth=Bearer {token}\1\1"
        # RFC 7628, section 3.2.3; XOAUTH2 wants an empty answer.
        self._last = "\1" if is_standard else ""
        self.told = ""

    def __call__(self, challenge: bytes) -> str:
        first, self._first = self._first, None
        if first is not None:
            return first
        self.told = _explain(challenge)
        return self._last


def _explain(challenge: bytes) -> str:
    """Return what a refusal says, in so far as it says it as the standard wants it."""
    try:
        told = json.loads(challenge)
        return f"(status {told['status']})"
    except (ValueError, KeyError, TypeError):
        return ""
