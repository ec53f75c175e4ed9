"""Names whose values people must not read, beyond those that Airflow's masker knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["sounds_secret"]

# Whoever has a cookie is signed in as its owner.
_COOKIES = frozenset({"cookie", "set-cookie", "set_cookie", "cookies"})


def sounds_secret(name: str, *, is_hidden: Callable[[str], bool]) -> bool:
    """
    Tell whether a name is that of a secret.

    Airflow knows such names with underscores (``api_key``); headers are written with hyphens.

    :param name: of a header, a field, a parameter
    :param is_hidden: tells whether Airflow's masker hides what has a name
    """
    return name.lower() in _COOKIES or is_hidden(name) or is_hidden(name.replace("-", "_"))
