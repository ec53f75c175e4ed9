"""Hide secrets in what a step records for people."""

from __future__ import annotations

from typing import Any

from airflow.sdk._shared.secrets_masker import redact, should_hide_value_for_key

_MAX_DEPTH = 250
_HIDDEN = "***"


def mask(value: Any) -> Any:
    """
    Return a copy without secrets: those that Airflow's masker knows, and values of names that sound secret.

    :param value: JSON; ``{"name": "Authorization", "value": …}`` counts as a name and its value, too
    """
    return redact(_mask_pairs(value), max_depth=_MAX_DEPTH)


def _mask_pairs(value: Any) -> Any:
    if isinstance(value, dict):
        name = value.get("name")
        if "value" in value and isinstance(name, str) and _sounds_secret(name):
            return {**value, "value": _HIDDEN}
        return {key: _mask_pairs(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mask_pairs(item) for item in value]
    return value


def _sounds_secret(name: str) -> bool:
    # Airflow knows such names with underscores; headers are written with hyphens.
    return any(should_hide_value_for_key(form) for form in (name, name.replace("-", "_")))  # type: ignore[no-untyped-call]
