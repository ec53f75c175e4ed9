"""Decoding JSON Web Tokens, for those who know the key."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["any_key_length", "decode_token"]


def decode_token(token: str, key: Any, **options: Any) -> dict[str, Any]:
    """
    Return the claims of a token that is signed with a key.

    :param options: of ``jwt.decode``
    :raises PyJWTError: it is not good
    """
    import jwt

    with any_key_length():
        claims: dict[str, Any] = jwt.decode(token, key, **options)
    return claims


@contextmanager
def any_key_length() -> Iterator[None]:
    """Let no key be called too short: whoever chose a vendor's secret does not read this log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
