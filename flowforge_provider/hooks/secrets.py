"""Secrets of a connection, kept out of what steps record."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any
from urllib.parse import quote, quote_plus

from flowforge_provider.files import is_file

__all__ = ["SecretValues"]

HIDDEN = "***"
#: Shorter ones cannot be told from other text; Airflow's own masker has the same limit by default.
_SHORTEST = 5


class SecretValues:
    """
    Values that must not be shown.

    Airflow's masker is told of each one, so logs and inputs hide it. Outputs are data for later steps, in
    which ``hide`` replaces them: services echo what they were sent.
    """

    def __init__(self) -> None:
        self._values: set[str] = set()

    def add(self, *secrets: str | None) -> None:
        """
        Hide these from now on, also as they look in urls and in JSON.

        :param secrets: empty ones and those of fewer than 5 characters are left out
        """
        from airflow.sdk.log import mask_secret

        for secret in secrets:
            if not secret or len(secret) < _SHORTEST:
                continue
            for form in {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}:
                if form not in self._values:
                    self._values.add(form)
                    mask_secret(form)

    def add_basic(self, login: str, password: str) -> None:
        """Hide a password and the header that carries it (RFC 7617)."""
        self.add(password)
        pair = f"{login}:{password}"
        for content in (pair.encode(), pair.encode("latin-1", "replace")):
            self.add(b64encode(content).decode())

    def hide(self, value: Any) -> Any:
        """
        Return a copy of a JSON value without the secrets.

        :param value: JSON; names of fields are looked at, too
        """
        if not self._values:
            return value
        # A secret may be part of another one: the longest first.
        return _hide(value, sorted(self._values, key=len, reverse=True))


def _hide(value: Any, secrets: list[str]) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            if secret in value:
                value = value.replace(secret, HIDDEN)
        return value
    if is_file(value):
        return _hide_in_file(value, secrets)
    if isinstance(value, dict):
        return {_hide(name, secrets): _hide(item, secrets) for name, item in value.items()}
    if isinstance(value, list):
        return [_hide(item, secrets) for item in value]
    return value


def _hide_in_file(file: dict[str, Any], secrets: list[str]) -> dict[str, Any]:
    hidden = {
        name: item if name in {"base64", "file_id"} else _hide(item, secrets) for name, item in file.items()
    }
    encoded = file.get("base64")
    if not isinstance(encoded, str):
        return hidden
    try:
        content = b64decode(encoded, validate=True)
    except ValueError:
        return {**hidden, "base64": _hide(encoded, secrets)}
    # Looked for in the content: chance finds short secrets in Base64, and misses them at odd places.
    clean = content
    for secret in secrets:
        clean = clean.replace(secret.encode(), HIDDEN.encode())
    if clean == content:
        return hidden
    return {**hidden, "base64": b64encode(clean).decode(), **({"size": len(clean)} if "size" in file else {})}
