"""
How senders make sure of an address when it is registered. No delivery is stored, and no run starts.

Nothing is sent back as HTML: what is repeated to a sender is plain text, which no browser may take for
something else. Twilio and most others need no handshake.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowforge_provider.inbox.authentication.body_signatures import X
from flowforge_provider.inbox.authentication.generic_hmac import GenericHmac, keys_of
from flowforge_provider.inbox.authentication.signatures import fits
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.incoming import Answer

if TYPE_CHECKING:
    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret, Secrets
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["answer_challenge", "answer_signed_challenge", "may_ask"]

_BY_GET = frozenset({"meta", "x"})
_MAX_CHALLENGE = 1000
# A handshake is short; deliveries are not parsed for it.
_MAX_BODY = 10_000
# Senders of handshakes by a signed POST -> the authentication that has proved them.
_BY_POST = {"slack": "slack", "zoom": "hmac"}
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
# Whoever calls can have X's secret sign a text of its choice here. A text without braces is no event.
_CRC_TOKEN = re.compile(r"[A-Za-z0-9+/=_.-]{1,200}")


def may_ask(method: str, parameters: WebhookParameters) -> bool:
    """Return whether calls of a method may be a handshake with a webhook."""
    return method == "GET" and parameters.handshake in _BY_GET


async def answer_challenge(
    incoming: Incoming, parameters: WebhookParameters, secrets: Secrets
) -> Answer | None:
    """
    Return the answer to a handshake by GET; None when the call is none.

    :raises RefusedError: 403 the sender does not know the word that was agreed; 503 the secret cannot be read
    """
    if not may_ask(incoming.method, parameters):
        return None
    query = dict(incoming.query)
    if parameters.handshake == "meta" and "hub.mode" in query:
        return _answer_meta(query, await _read(secrets, parameters))
    if parameters.handshake == "x" and "crc_token" in query:
        return _answer_x(query["crc_token"], await _read(secrets, parameters))
    return None


async def answer_signed_challenge(
    incoming: Incoming, parameters: WebhookParameters, secrets: Secrets
) -> Answer | None:
    """
    Return the answer to a handshake by a signed POST, as Slack and Zoom make it; None when the call is none.

    :param incoming: with its body; its sender was verified
    """
    expected = _BY_POST.get(parameters.handshake) == parameters.authentication
    if not expected or not 0 < len(incoming.body) <= _MAX_BODY:
        return None
    try:
        body = json.loads(incoming.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    if parameters.handshake == "zoom" and body.get("event") == "endpoint.url_validation":
        return await _answer_zoom(incoming, body, parameters, await _read(secrets, parameters))
    if parameters.handshake == "slack" and body.get("type") == "url_verification":
        return _plain(str(body.get("challenge", "")))
    return None


def _answer_meta(query: dict[str, str], secret: Secret) -> Answer:
    # Source: Meta for Developers, "Webhooks: getting started", on verification requests.
    word = secret.extra.get("verify_token")
    if not isinstance(word, str) or not word:
        raise _unavailable()
    given = query.get("hub.verify_token", "")
    if query["hub.mode"] != "subscribe" or not fits([given.encode("utf-8", "replace")], [word.encode()]):
        raise RefusedError(
            403,
            "webhook-handshake-refused",
            "The verify token is another one than the workflow's connection holds. Correct either.",
        )
    return _plain(query.get("hub.challenge", ""))


def _answer_x(token: str, secret: Secret) -> Answer:
    # Source: X's documentation, "Securing webhooks", on challenge-response checks.
    if not secret.values:
        raise _unavailable()
    if not _CRC_TOKEN.fullmatch(token):
        raise RefusedError(403, "webhook-handshake-refused", "This is no crc_token of X.")
    answer = {"response_token": X.sign(secret.values[0].encode(), token.encode())}
    return Answer(200, answer, _HEADERS)


async def _answer_zoom(
    incoming: Incoming, body: dict[str, Any], parameters: WebhookParameters, secret: Secret
) -> Answer:
    # Source: Zoom's documentation, "Validate your webhook endpoint".
    payload = body.get("payload")
    token = payload.get("plainToken") if isinstance(payload, dict) else None
    if not isinstance(token, str) or not 0 < len(token) <= _MAX_CHALLENGE:
        raise RefusedError(403, "webhook-handshake-refused", "There is no plainToken of Zoom in the payload.")
    key = await _key_of_sender(incoming, parameters, secret)
    digest = hmac.new(key, token.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
    return Answer(200, {"plainToken": token, "encryptedToken": digest}, _HEADERS)


async def _key_of_sender(incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> bytes:
    """Return the key that has signed a call, since two of them count while one replaces the other."""
    for value in secret.values:
        alone = replace(secret, values=(value,))
        try:
            await GenericHmac().check(incoming, parameters, alone)
        except RefusedError:
            continue
        return keys_of(alone, encoding=parameters.hmac_secret_encoding)[0]
    raise _unavailable()


def _plain(text: str) -> Answer:
    if len(text) > _MAX_CHALLENGE:
        raise RefusedError(403, "webhook-handshake-refused", "The challenge is too long.")
    content_type = {"Content-Type": "text/plain; charset=utf-8"}
    return Answer(200, text.encode("utf-8", "replace"), {**_HEADERS, **content_type})


async def _read(secrets: Secrets, parameters: WebhookParameters) -> Secret:
    secret = secrets.remembered(parameters.connection_id) or await secrets.read(parameters.connection_id)
    if secret is None:
        raise _unavailable()
    return secret


def _unavailable() -> RefusedError:
    return RefusedError(
        503,
        "webhook-token-unavailable",
        "The address cannot be confirmed at present: the workflow's connection lacks the secret for it. "
        "Tell its owner.",
        headers={"Retry-After": "60"},
    )
