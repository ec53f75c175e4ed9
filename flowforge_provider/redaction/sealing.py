"""
Hidden values as they travel: encrypted, so that later steps can read them and nobody else.

What is stored in their place is a text, :data:`MARK` and a Fernet token. Workers and api-servers share the
key; it is derived for each workflow, so that a token opens nothing in another one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import StepError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.fernet import Fernet

__all__ = ["ASSETS", "HIDDEN", "MARK", "digest_key", "hide_sealed", "map_texts", "open_sealed", "seal_value"]

#: what people see in place of a hidden value
HIDDEN = "***"
#: what a sealed value begins with
MARK = "flowforge-sealed:v1:"
#: scope of what goes with the update of an asset, which other workflows read
ASSETS = "*assets*"

_TOKEN = re.compile(re.escape(MARK) + r"[A-Za-z0-9_=-]+")
_CONTEXT = b"flowforge sealed value v1"


def seal_value(value: Any, *, scope: str) -> str:
    """
    Return the text that stands for a value.

    :param value: JSON
    :param scope: the workflow that may open it
    :raises BundleTokenError: no secret is configured; code ``bundle-secret-missing``
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    return MARK + _fernet(scope).encrypt(text.encode()).decode("ascii")


def open_sealed(text: str, *, scope: str) -> Any:
    """
    Return the value that a text stands for.

    :raises StepError: it was sealed with another key; code ``sealed-value``
    """
    from cryptography.fernet import InvalidToken

    try:
        return json.loads(_fernet(scope).decrypt(text[len(MARK) :].encode()))
    except InvalidToken:
        raise StepError(
            "A value that a redaction rule hides cannot be opened: it was hidden in another workflow, or "
            "[flowforge] bundle_secret (else [api_auth] jwt_secret) has changed since, or is not the same on "
            "api-servers and workers. Run the execution again from its start.",
            code="sealed-value",
            retryable=False,
        ) from None


def hide_sealed(text: str) -> str:
    """Return a text with ``***`` in place of the sealed values in it."""
    return _TOKEN.sub(HIDDEN, text) if MARK in text else text


def digest_key(text: str, *, scope: str) -> str:
    """Return what stands for a key (of deduplication, of concurrency) that holds a hidden value."""
    return "hidden-" + hmac.new(_key(scope), text.encode(), hashlib.sha256).hexdigest()[:40]


def map_texts(value: Any, change: Callable[[str], Any]) -> Any:
    """Return a copy of JSON with each of its texts, but no key, changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: map_texts(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [map_texts(item, change) for item in value]
    return value


def _fernet(scope: str) -> Fernet:
    return _make_fernet(_key(scope))


@lru_cache(maxsize=200)
def _make_fernet(key: bytes) -> Fernet:
    from cryptography.fernet import Fernet

    return Fernet(base64.urlsafe_b64encode(key))


def _key(scope: str) -> bytes:
    from flowforge_provider.bundles.tokens import signing_key

    base = hmac.digest(signing_key(), _CONTEXT, hashlib.sha256)
    return hmac.digest(base, scope.encode(), hashlib.sha256)
