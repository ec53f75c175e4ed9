"""Hide what looks like a secret in data that people read."""

from __future__ import annotations

from typing import Any

from flowforge_provider.redaction.sealing import HIDDEN, hide_sealed

__all__ = ["HIDDEN", "mask"]


def mask(value: Any) -> Any:
    """
    Return a copy in which texts under a sensitive name (password, token, ...; as Airflow knows them) are
    hidden, and what redaction rules hide.

    :param value: any JSON
    """
    from airflow._shared.secrets_masker import should_hide_value_for_key

    from flowforge_provider.secret_names import sounds_secret

    def is_secret(key: str, item: Any) -> bool:
        named = isinstance(key, str) and isinstance(item, str) and item != ""
        return named and sounds_secret(key, is_hidden=should_hide_value_for_key)

    def walk(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: HIDDEN if is_secret(key, child) else walk(child) for key, child in item.items()}
        if isinstance(item, list):
            return [walk(child) for child in item]
        return hide_sealed(item) if isinstance(item, str) else item

    return walk(value)
