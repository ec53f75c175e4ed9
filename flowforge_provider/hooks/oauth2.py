"""
OAuth2 tokens: trade a client's id and secret for an access token (RFC 6749, section 4.4), or a refresh token
for one that acts for the person who gave it (section 6).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import requests
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
from oauthlib.oauth2.rfc6749.parameters import prepare_token_request

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.http_errors import explain_status
from flowforge_provider.hooks.token_cache import Token, TokenCache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowforge_provider.hooks.guarded import GuardedSession

__all__ = ["ClientCredentials", "TokenSource"]

_LONGEST_TOKEN = 65_536


class ClientCredentials(NamedTuple):
    """
    What asks for a token.

    :param connection_id: where it comes from, for errors and the cache
    :param token_url: address of the service's token endpoint
    :param scope: words that say what the token is for, separated by spaces
    :param audience: whom the token is for, where the service wants to know
    :param client_auth: whether id and secret go into the header (basic) or into the body
    :param refresh_token: what a person gave once; empty asks for the client's own token
    """

    connection_id: str
    token_url: str
    client_id: str
    client_secret: str
    scope: str = ""
    audience: str = ""
    client_auth: Literal["basic", "body"] = "basic"
    refresh_token: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown."""
        return tuple(filter(None, (self.client_secret, self.refresh_token)))


class TokenSource:
    """
    Gives the token of a client, from the cache while it lives.

    :param folder: where tokens are kept on disk; None keeps them in this process only
    :param renewed: gets the refresh token that takes the place of the present one
    """

    def __init__(
        self,
        credentials: ClientCredentials,
        *,
        folder: Path | None,
        renewed: Callable[[str], None] | None = None,
    ) -> None:
        self._credentials = credentials
        self._folder = folder
        self._renewed = renewed
        self._cache = self._make_cache()
        self._token: Token | None = None
        self._is_from_cache = False

    def token(self, session: GuardedSession) -> str:
        """
        Return an access token.

        :param session: asks for one when none is kept
        :raises StepError: the service gives none
        """
        if self._token is None or not self._token.is_fresh():
            self._token = self._cache.read()
            self._is_from_cache = self._token is not None
        if self._token is None:
            self._token = self._fetch(session)
            self._cache.write(self._token)
        return self._token.value

    def drop_refused(self) -> bool:
        """
        Forget the present token after an answer of 401.

        :return: whether another try with a new token makes sense: not when the refused one was just made
        """
        token, self._token = self._token, None
        if token is None:
            return False
        self._cache.drop(token)
        return self._is_from_cache

    def _make_cache(self) -> TokenCache:
        given = self._credentials._asdict()
        secret, refresh_token = given.pop("client_secret"), given.pop("refresh_token")
        # A refresh token may be another one each time; it counts only for clients that have no secret.
        return TokenCache(identity=list(given.values()), secret=secret or refresh_token, folder=self._folder)

    def _fetch(self, session: GuardedSession) -> Token:
        given = self._credentials
        in_body = given.client_auth == "body" or not given.client_secret
        body = _request_body(given, in_body=in_body)
        asked_at = time.time()
        answer = session.send(
            requests.Request(
                "POST",
                given.token_url,
                data=body,
                headers={
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Accept": "application/json",
                    **({} if in_body else {"Authorization": _basic(given)}),
                },
            ),
            follow_redirects=False,  # The secret goes nowhere else.
        )
        text = answer.content.decode("utf-8", "replace")
        if answer.status >= 500 or answer.status == 429:
            raise explain_status("POST", answer.status, url=answer.url, headers=answer.headers, body=text)
        try:
            # A client without scope: that the service grants a part of what was asked for is no error.
            told = BackendApplicationClient(given.client_id).parse_request_body_response(
                text[:_LONGEST_TOKEN]
            )
            value = str(told["access_token"])
        except (OAuth2Error, ValueError, KeyError) as error:
            raise self._refused(error, status=answer.status) from error
        self._keep_refresh_token(told.get("refresh_token"))
        try:
            lifetime_s = float(told["expires_in"])
        except (KeyError, TypeError, ValueError):
            return Token(value, None)
        return Token(value, asked_at + lifetime_s)

    def _keep_refresh_token(self, token: Any) -> None:
        """Go on with the refresh token that the service gave in place of ours, if it gave one."""
        present = self._credentials.refresh_token
        if not present or not isinstance(token, str) or token in ("", present):
            return
        self._credentials = self._credentials._replace(refresh_token=token)
        self._cache = self._make_cache()
        if self._renewed is not None:
            self._renewed(token)

    def _refused(self, error: Exception, *, status: int) -> StepError:
        has_refresh_token = bool(self._credentials.refresh_token)
        reason = getattr(error, "error", None) or "no access token in its answer"
        told = getattr(error, "description", None)
        return StepError(
            f"{self._credentials.token_url} gave no access token for connection "
            f"{self._credentials.connection_id!r}: {reason}{f' ({told})' if told else ''}, status {status}. "
            f"Check client id, secret, scope{', refresh token' if has_refresh_token else ''} and token "
            "address in the connection.",
            code="http-token",
            detail={"status": status, "error": reason, "description": told},
            status=status,
        )


def _request_body(given: ClientCredentials, *, in_body: bool) -> str:
    more = {"audience": given.audience} if given.audience else {}
    if in_body and given.client_secret:
        more["client_secret"] = given.client_secret
    scope = given.scope.split() or None
    if given.refresh_token:
        body = prepare_token_request(
            "refresh_token",
            include_client_id=in_body,
            client_id=given.client_id,
            refresh_token=given.refresh_token,
            scope=scope,
            **more,
        )
    else:
        client = BackendApplicationClient(client_id=given.client_id, scope=scope)
        body = client.prepare_request_body(include_client_id=in_body, **more)
    return str(body)


def _basic(given: ClientCredentials) -> str:
    from base64 import b64encode
    from urllib.parse import quote_plus

    # Both are form-encoded before they are joined (RFC 6749, section 2.3.1).
    pair = f"{quote_plus(given.client_id)}:{quote_plus(given.client_secret)}"
    return "Basic " + b64encode(pair.encode()).decode("ascii")
