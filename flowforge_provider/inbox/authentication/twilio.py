"""Twilio's signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl, urlsplit, urlunsplit

from flowforge_provider.inbox.authentication.signatures import fits, secrets_of, wrong_signature
from flowforge_provider.inbox.incoming import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["Twilio"]

_SIGNATURE = "x-twilio-signature"
_SETTINGS = "x-twilio-webhooks-signature-settings"
_FORM = "application/x-www-form-urlencoded"
_MAX_FIELDS = 1000
_HASHES = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}


class Twilio:
    """
    HMAC of the address and the sorted fields of a form; bodies of other types by their hash in the address.

    Ours rather than the ``twilio`` package's: docs/decisions/0079-vendor-libraries-verify.md says why.
    Source: Twilio's documentation, "Webhooks security", on validating signatures.
    """

    needs_body = True
    needs_secret = True

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:  # noqa: ARG002
        """Return the evidence of Twilio."""
        keys = secrets_of(secret)
        algorithm = _HASHES.get(_algorithm(incoming.headers.get(_SETTINGS, "")))
        try:
            parts = urlsplit(incoming.url)
            fields = _signed_fields(incoming, query=parts.query)
            urls = list(_spellings(parts))
        except ValueError:
            fields, urls = None, []
        if algorithm is not None and fields is not None:
            expected = [
                base64.b64encode(hmac.new(key, f"{url}{fields}".encode(), algorithm).digest())
                for key in keys
                for url in urls
            ]
            given = incoming.headers.get(_SIGNATURE, "").strip().encode("latin-1", "replace")
            if fits([given], expected):
                delivery_id = incoming.headers.get("i-twilio-idempotency-token")
                return Evidence(secret_headers=frozenset({_SIGNATURE}), delivery_id=delivery_id or None)
        raise wrong_signature(
            f"The header {_SIGNATURE} has to be made with the account's auth token, for the address "
            f"{incoming.url.partition('?')[0][:500]}."
        )


def _algorithm(settings: str) -> str:
    for part in settings.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return "HMAC_SHA1"


def _signed_fields(incoming: Incoming, *, query: str) -> str | None:
    """
    Return what of the body is signed, as text; None when the body is not covered by the signature.

    :raises ValueError: the form cannot be read
    """
    if not incoming.body:
        return ""
    kind = incoming.headers.get("content-type", "").partition(";")[0].strip().lower()
    hashes = parse_qs(query).get("bodySHA256", [])
    if kind != _FORM:
        # The address is signed, and with it the hash.
        digest = hashlib.sha256(incoming.body).hexdigest().encode()
        return "" if len(hashes) == 1 and fits([hashes[0].lower().encode()], [digest]) else None
    pairs = parse_qsl(
        incoming.body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
    )
    return "".join(f"{name}{value}" for name, value in sorted(set(pairs)))


def _spellings(parts: SplitResult) -> Iterator[str]:
    """
    Return the address without and with its port: Twilio signs either.

    :raises ValueError: the port is none
    """
    port = parts.port or (443 if parts.scheme == "https" else 80)
    name = parts.netloc.removesuffix(f":{parts.port}")
    yield urlunsplit(parts._replace(netloc=name))
    yield urlunsplit(parts._replace(netloc=f"{name}:{port}"))
