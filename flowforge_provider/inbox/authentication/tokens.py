"""Decoding JSON Web Tokens, for those who know the key."""

from __future__ import annotations

import warnings
from typing import Any

__all__ = ["decode_token"]


def decode_token(token: str, key: Any, **options: Any) -> dict[str, Any]:
    """
    Return the claims of a token that is signed with a key.

    :param options: of ``jwt.decode``
    :raises PyJWTError: it is not good
    """
    import jwt

    with warnings.catch_warnings():
        # A vendor's secret may be shorter than RFC 7518 wishes. Who chose it does not read this log.
        warnings.simplefilter("ignore")
        claims: dict[str, Any] = jwt.decode(token, key, **options)
    return claims
