"""QStash's signatures: a JSON Web Token over the address and the hash of the body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from typing import TYPE_CHECKING, Any

from flowforge_provider.inbox.authentication.libraries import load_library
from flowforge_provider.inbox.authentication.signatures import wrong_signature
from flowforge_provider.inbox.authentication.tokens import any_key_length, decode_token
from flowforge_provider.inbox.errors import UnusableSecretError
from flowforge_provider.inbox.incoming import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["QStash", "read_claims", "verify"]

log = logging.getLogger(__name__)

_SIGNATURE = "upstash-signature"
_MAX_LENGTH = 16_384


class QStash:
    """
    Verify with the current and the next signing key: the connection's password and its second secret.

    Source: Upstash's documentation, "QStash: verify signatures".
    """

    needs_body = True
    needs_secret = True

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:
        """Return the evidence of QStash."""
        if not secret.values:
            raise UnusableSecretError("it has no password, which is the current signing key")
        return await verify(incoming, secret.values, tolerance_s=parameters.clock_tolerance_s)


async def verify(incoming: Incoming, keys: Sequence[str], *, tolerance_s: int) -> Evidence:
    """
    Return the evidence of a call, with its body, that QStash has signed.

    The ``qstash`` package's receiver decides. Its clock tolerance has no effect, and it takes bodies that are
    text: only what it refuses for these is verified once more here, with the same claims.

    :param keys: current and next signing key
    :param tolerance_s: seconds that clocks may differ by
    :raises RefusedError: 401
    """
    token = _read_token(incoming)
    qstash = await load_library("qstash", "Receiver")
    receiver = qstash.Receiver(keys[0], keys[-1])
    try:
        with any_key_length():
            receiver.verify(
                signature=token, body=incoming.body.decode(), url=incoming.url, clock_tolerance=tolerance_s
            )
    except (qstash.errors.SignatureError, ValueError, KeyError, AttributeError) as exc:
        # The last ones: the token has no hash of the body, or one that is no text.
        refusal = exc
    else:
        return _evidence(incoming)
    # This also finds words for what the library refuses.
    _check_hash(incoming, read_claims(incoming, keys, tolerance_s=tolerance_s))
    if not _is_for_time_or_bytes(refusal):
        raise wrong_signature("QStash's library does not take it.") from refusal
    return _evidence(incoming)


def _is_for_time_or_bytes(error: BaseException | None) -> bool:
    """Tell whether a refusal, or that with the other key before it, is for the clock or a body of bytes."""
    import jwt

    while error is not None:
        if isinstance(error, (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError, UnicodeDecodeError)):
            return True
        error = error.__context__
    return False


def read_claims(incoming: Incoming, keys: Sequence[str], *, tolerance_s: int) -> Mapping[str, Any]:
    """
    Return what the signature of a call says; its body may not have been read yet, and is not looked at.

    :param keys: current and next signing key
    :param tolerance_s: seconds that clocks may differ by
    :raises RefusedError: 401
    """
    import jwt

    token = _read_token(incoming)
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


def _read_token(incoming: Incoming) -> str:
    token = incoming.headers.get(_SIGNATURE, "").strip()
    if not token or len(token) > _MAX_LENGTH or not token.isascii():
        raise wrong_signature("QStash sends it in the header Upstash-Signature.")
    return token


def _check_hash(incoming: Incoming, claims: Mapping[str, Any]) -> None:
    digest = base64.urlsafe_b64encode(hashlib.sha256(incoming.body).digest()).rstrip(b"=")
    signed = str(claims["body"]).rstrip("=").encode("utf-8", "replace")
    if not hmac.compare_digest(signed, digest):
        raise wrong_signature("The body is another one than was signed.")


def _evidence(incoming: Incoming) -> Evidence:
    delivery_id = incoming.headers.get("upstash-message-id")
    return Evidence(secret_headers=frozenset({_SIGNATURE}), delivery_id=delivery_id or None)
