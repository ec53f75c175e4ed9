"""QStash's signatures: a JSON Web Token over the address and the hash of the body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from typing import TYPE_CHECKING, Any

from flowforge_provider.inbox.authentication.signatures import wrong_signature
from flowforge_provider.inbox.authentication.tokens import decode_token
from flowforge_provider.inbox.errors import UnusableSecretError
from flowforge_provider.inbox.incoming import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["QStash", "check_hash", "evidence_of", "read_claims"]

log = logging.getLogger(__name__)

_SIGNATURE = "upstash-signature"
_MAX_LENGTH = 16_384


class QStash:
    """
    Verify with the current and the next signing key: the connection's password and its second secret.

    Ours rather than the ``qstash`` package's: docs/decisions/0065-vendor-libraries-are-oracles.md says why.
    Source: Upstash's documentation, "QStash: verify signatures".
    """

    needs_body = True
    needs_secret = True

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:
        """Return the evidence of QStash."""
        if not secret.values:
            raise UnusableSecretError("it has no password, which is the current signing key")
        claims = read_claims(incoming, secret.values, tolerance_s=parameters.clock_tolerance_s)
        check_hash(incoming, claims)
        return evidence_of(incoming)


def read_claims(incoming: Incoming, keys: Sequence[str], *, tolerance_s: int) -> Mapping[str, Any]:
    """
    Return what the signature of a call says; its body may not have been read yet.

    :param keys: current and next signing key
    :param tolerance_s: seconds that clocks may differ by
    :raises RefusedError: 401
    """
    import jwt

    token = incoming.headers.get(_SIGNATURE, "").strip()
    if not token or len(token) > _MAX_LENGTH or not token.isascii():
        raise wrong_signature("QStash sends it in the header Upstash-Signature.")
    problem = "It is made with neither of the signing keys."
    for key in keys:
        try:
            claims = decode_token(
                token,
                key,
                algorithms=["HS256"],
                issuer="Upstash",
                leeway=tolerance_s,
                options={"require": ["iss", "sub", "exp", "nbf", "body"], "verify_aud": False},
            )
        except (jwt.InvalidSignatureError, jwt.InvalidKeyError):
            continue
        except jwt.PyJWTError as exc:
            problem = f"{exc}."[:300]
        except (ValueError, RecursionError, OverflowError):
            problem = "It is no JSON Web Token."
        else:
            if claims["sub"] == incoming.url:
                return claims
            log.warning(
                "A call of QStash is refused: it is signed for %r, and came to %r. If they should be one, "
                "set [flowforge] public_base_url.",
                claims["sub"],
                incoming.url,
            )
            problem = "It is made for another address."
        break
    raise wrong_signature(problem)


def check_hash(incoming: Incoming, claims: Mapping[str, Any]) -> None:
    """
    Compare a body with the hash in the signature.

    :raises RefusedError: 401
    """
    digest = base64.urlsafe_b64encode(hashlib.sha256(incoming.body).digest()).rstrip(b"=")
    signed = str(claims["body"]).rstrip("=").encode("utf-8", "replace")
    if not hmac.compare_digest(signed, digest):
        raise wrong_signature("The body is another one than was signed.")


def evidence_of(incoming: Incoming) -> Evidence:
    """Return the evidence of a call whose signature was verified."""
    delivery_id = incoming.headers.get("upstash-message-id")
    return Evidence(secret_headers=frozenset({_SIGNATURE}), delivery_id=delivery_id or None)
