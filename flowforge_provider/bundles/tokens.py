"""
Short-lived tokens with which workers ask the api-server for pinned files, and for files that came in.

A token names one workflow and one version, or one file. Its key is derived, so that it opens nothing else in
Airflow.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any

import jwt

from flowforge_provider import settings
from flowforge_provider.exceptions import FlowForgeError

__all__ = [
    "ALL_WORKFLOWS",
    "BundleTokenError",
    "sign_file_token",
    "sign_token",
    "signing_key",
    "verify_file_token",
    "verify_token",
]

# In place of a workflow id: the list of all workflows of a version.
ALL_WORKFLOWS = "*"

_ALGORITHM = "HS256"
_AUDIENCE = "flowforge-bundle"
_FILE_AUDIENCE = "flowforge-file"
_CONTEXT = b"flowforge bundle token v1"


class BundleTokenError(FlowForgeError):
    """A token for a pinned file cannot be made or is not accepted."""

    code = "bundle-token"


def signing_key() -> bytes:
    """
    Return the key of this process.

    :raises BundleTokenError: neither secret is configured; code ``bundle-secret-missing``
    """
    from airflow.configuration import conf

    secret = settings.bundle_secret() or conf.get("api_auth", "jwt_secret", fallback="")
    if not secret:
        raise BundleTokenError(
            "There is no secret to sign requests for pinned Dag files with. Set [api_auth] jwt_secret, or "
            "[flowforge] bundle_secret, to the same value on workers and api-servers.",
            code="bundle-secret-missing",
        )
    return hmac.digest(secret.encode(), _CONTEXT, hashlib.sha256)


def sign_token(*, workflow_id: str, version: str) -> str:
    """
    Return a token that opens one workflow at one version, for some seconds.

    :param workflow_id: a workflow, or :data:`ALL_WORKFLOWS`
    """
    return _sign({"aud": _AUDIENCE, "sub": workflow_id, "version": version})


def sign_file_token(file_id: str) -> str:
    """Return a token that opens one file that came in, for some seconds."""
    return _sign({"aud": _FILE_AUDIENCE, "sub": file_id})


def _sign(claims: dict[str, Any]) -> str:
    now = int(time.time())
    return jwt.encode(
        {**claims, "iat": now, "exp": now + settings.bundle_token_lifetime_s()},
        signing_key(),
        algorithm=_ALGORITHM,
    )


def verify_token(token: str, *, workflow_id: str, version: str) -> None:
    """
    Accept a token for one workflow and version, or say what is wrong with it.

    :raises BundleTokenError: it is no token of ours, for something else, or too old; the message says which
    """
    claims = _verify(token, audience=_AUDIENCE)
    if claims["sub"] != workflow_id or claims.get("version") != version:
        raise BundleTokenError("The token is for another file.")


def verify_file_token(token: str, *, file_id: str) -> None:
    """
    Accept a token for one file that came in, or say what is wrong with it.

    :raises BundleTokenError: as ``verify_token``
    """
    if _verify(token, audience=_FILE_AUDIENCE)["sub"] != file_id:
        raise BundleTokenError("The token is for another file.")


def _verify(token: str, *, audience: str) -> dict[str, Any]:
    lifetime_s = settings.bundle_token_lifetime_s()
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            signing_key(),
            algorithms=[_ALGORITHM],
            audience=audience,
            # A clock that is ahead by less than the lifetime makes no difference.
            leeway=lifetime_s,
            options={"require": ["aud", "sub", "iat", "exp"], "strict_aud": True},
        )
    except jwt.ImmatureSignatureError as error:
        raise _clocks_differ() from error
    except jwt.ExpiredSignatureError as error:
        raise _clocks_differ() from error
    except jwt.InvalidSignatureError as error:
        raise BundleTokenError(
            "The token was signed with another secret. Set [api_auth] jwt_secret, or [flowforge] "
            "bundle_secret, to the same value on workers and api-servers.",
            code="bundle-token-signature",
        ) from error
    except jwt.InvalidTokenError as error:
        raise BundleTokenError("This is no token for a pinned file.") from error
    return claims


def _clocks_differ() -> BundleTokenError:
    return BundleTokenError(
        "The token is too old or from the future. Set the clocks of the worker and of the api-server right.",
        code="bundle-token-expired",
    )
