"""Hide secrets in what a step records for people."""

from __future__ import annotations

from typing import Any

from airflow.sdk._shared.secrets_masker import redact, should_hide_value_for_key

from flowforge_provider.secret_names import sounds_secret

_MAX_DEPTH = 250
_HIDDEN = "***"


def mask(value: Any) -> Any:
    """
    Return a copy without secrets: those that Airflow's masker knows, and values of names that sound secret.

    What is empty stays empty: a secret that nobody has set is none.

    :param value: JSON; ``{"name": "Authorization", "value": …}`` counts as a name and its value, too
    """
    return _keep_empty(value, redact(_mask_pairs(value), max_depth=_MAX_DEPTH))


def _mask_pairs(value: Any) -> Any:
    if isinstance(value, dict):
        name = value.get("name")
        if "value" in value and isinstance(name, str) and _sounds_secret(name):
            return {**value, "value": _HIDDEN}
        return {
            key: _HIDDEN if isinstance(item, str) and item and _sounds_secret(key) else _mask_pairs(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_mask_pairs(item) for item in value]
    return value


def _sounds_secret(name: str) -> bool:
    return sounds_secret(name, is_hidden=should_hide_value_for_key)


def _keep_empty(value: Any, shown: Any) -> Any:
    if value is None or (isinstance(value, str) and not value):
        return value
    if isinstance(value, dict) and isinstance(shown, dict):
        return {key: _keep_empty(value.get(key), item) for key, item in shown.items()}
    if isinstance(value, list) and isinstance(shown, list) and len(value) == len(shown):
        return [_keep_empty(*pair) for pair in zip(value, shown, strict=True)]
    return shown
