"""JSON Web Tokens (RFC 7519), by a shared secret, a public key, or a service's set of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.inbox.authentication.key_sets import KEY_SETS
from flowforge_provider.inbox.authentication.tokens import decode_token
from flowforge_provider.inbox.errors import RefusedError, UnusableSecretError
from flowforge_provider.inbox.incoming import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secret
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["JsonWebToken", "read_public_key"]

_MAX_TOKEN_LENGTH = 16_384
_SECRET_ALGORITHMS = frozenset({"HS256", "HS384", "HS512"})


class JsonWebToken:
    """
    Verify a token's signature, times, issuer and audience.

    The token names its algorithm, and is not believed: it has to be one that the node allows, and the kind of
    key follows from it. A shared secret is never used with a public-key algorithm, nor the other way round.
    """

    needs_body = False
    needs_secret = True

    async def check(self, incoming: Incoming, parameters: WebhookParameters, secret: Secret) -> Evidence:
        """Return the evidence of a sender that has a valid token; its ``jti`` is not the delivery's id."""
        header = parameters.jwt_header.lower()
        token = _token(incoming.headers.get(header, ""))
        if token is None:
            raise _wrong_token(f"Send a JSON Web Token in the header {header}.")
        claimed = _header(token)
        algorithm = claimed.get("alg")
        if algorithm not in parameters.jwt_algorithms:
            raise _wrong_token("Its algorithm is not one that this webhook takes.")
        keys = await _keys(secret, algorithm=str(algorithm), key_id=claimed.get("kid"))
        _verify(token, keys, parameters=parameters, algorithm=str(algorithm))
        return Evidence(secret_headers=frozenset({header}))


def _token(text: str) -> str | None:
    scheme, _, rest = text.strip().partition(" ")
    token = rest.strip() if scheme.lower() == "bearer" else text.strip()
    return token if 0 < len(token) <= _MAX_TOKEN_LENGTH and token.isascii() else None


def _header(token: str) -> Mapping[str, Any]:
    import jwt

    try:
        return jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise _wrong_token("It is no JSON Web Token.") from None


async def _keys(secret: Secret, *, algorithm: str, key_id: Any) -> Sequence[Any]:
    """Return the keys that a token of an algorithm may be signed with."""
    if algorithm in _SECRET_ALGORITHMS:
        if not secret.values:
            raise UnusableSecretError("it has no password, which tokens with HS algorithms are signed with")
        return secret.values
    url = secret.extra.get("jwks_url")
    if isinstance(url, str) and url.strip():
        return await KEY_SETS.find(url.strip(), algorithm=algorithm, key_id=key_id)
    texts = [secret.extra.get("public_key"), secret.extra.get("previous_public_key")]
    keys = [read_public_key(text) for text in texts if isinstance(text, str) and text.strip()]
    if not keys:
        raise UnusableSecretError("it has neither a public key nor the address of a set of keys")
    return keys


def read_public_key(text: str) -> Any:
    """
    Return the key of a PEM text: a public key, or a certificate.

    :raises UnusableSecretError: it is none
    """
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from cryptography.x509 import load_pem_x509_certificate

    # A form of one line keeps the line breaks as \n.
    pem = text.strip().replace("\\n", "\n").encode()
    try:
        if b"BEGIN CERTIFICATE" in pem:
            return load_pem_x509_certificate(pem).public_key()
        return load_pem_public_key(pem)
    except ValueError as exc:
        raise UnusableSecretError("its public key is no PEM text") from exc


def _verify(
    token: str,
    keys: Sequence[Any],
    *,
    parameters: WebhookParameters,
    algorithm: str,
) -> None:
    import jwt

    problem = "It is signed with none of the keys that count."
    for key in keys:
        try:
            decode_token(
                token,
                key,
                algorithms=[algorithm],
                issuer=parameters.jwt_issuer or None,
                audience=parameters.jwt_audience or None,
                leeway=parameters.clock_tolerance_s,
                options={
                    "require": ["exp"],
                    "verify_aud": bool(parameters.jwt_audience),
                    "verify_iss": bool(parameters.jwt_issuer),
                },
            )
        except (jwt.InvalidSignatureError, jwt.InvalidKeyError, TypeError, AttributeError):
            # The key may be another kind of key than the algorithm takes.
            continue
        except jwt.ExpiredSignatureError:
            problem = "It has expired."
        except jwt.PyJWTError as exc:
            problem = f"{exc}."
        except (ValueError, RecursionError, OverflowError):
            problem = "It is no JSON Web Token."
        else:
            return
        break
    raise _wrong_token(problem)


def _wrong_token(hint: str) -> RefusedError:
    return RefusedError(
        401,
        "webhook-jwt-wrong",
        f"The token is missing or wrong. {hint[:300]}",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )
