"""Find what a parsed document holds that JSON, a database or a compiled Dag cannot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 64


def find_faults(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """
    Yield (path, what is wrong) for every value that cannot be saved.

    Python's reader of JSON lets some of them in: NaN, halves of characters, texts with the character NUL,
    which PostgreSQL cannot hold.

    :param value: a parsed document or a part of it
    :param path: path of the value itself
    """
    if isinstance(value, (dict, list, tuple)) and len(path) > MAX_DEPTH:
        yield path, f"It is nested more than {MAX_DEPTH} deep. Make it flatter, or keep it as a text."
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                yield path, f"The key {key!r:.60} is no text. Put it in quotes."
                continue
            fault = _text_fault(key)
            if fault:
                yield path, f"In the name of a field: {fault}"
            yield from find_faults(item, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from find_faults(item, (*path, index))
    else:
        fault = _scalar_fault(value)
        if fault:
            yield path, fault


def _scalar_fault(value: Any) -> str | None:
    if isinstance(value, str):
        return _text_fault(value)
    if isinstance(value, float):
        return None if math.isfinite(value) else "It is not a number that JSON has. Use null, or a text."
    if value is None or isinstance(value, (bool, int)):
        return None
    return f"It is a {type(value).__name__}, which JSON does not have."


def _text_fault(text: str) -> str | None:
    if "\0" in text:
        return "It holds the character NUL, which databases cannot keep. Remove it."
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            return "It holds half of a character (a lone surrogate). Remove it."
    return None
