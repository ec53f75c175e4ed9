"""
Fields inside JSON by path: ``customer.city``, ``lines[0].price``, ``["a.b"]``.

A path is read once into its keys. Writing never changes what it is given: the objects and lists on the way
are copied, the rest is shared.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

Key = str | int
Path = tuple[Key, ...]

_PART = re.compile(
    r"""\.?(?:
        \[(?P<index>-?\d{1,9})\]
        | \[(?P<quote>["'])(?P<quoted>(?:\\.|(?!(?P=quote)).)*)(?P=quote)\]
        | (?P<name>[^.\[\]]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
# The longest list that writing to an index may make.
_MAX_INDEX = 10_000


class PathError(ValueError):
    """A path cannot be read."""


class _Missing:
    def __repr__(self) -> str:
        return "missing"

    def __bool__(self) -> bool:
        return False


#: What ``get`` returns where there is nothing; not the same as null.
MISSING: Final = _Missing()


@lru_cache(maxsize=4096)
def read_path(text: str) -> Path:
    """
    Return the keys of a path; the empty path leads to the value itself.

    :raises PathError: it is no path
    """
    keys: list[Key] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        # A dot stands before each name but the first, and before no bracket.
        has_dot = match is not None and match[0].startswith(".")
        if match is None or has_dot != bool(match["name"] and keys):
            raise PathError(
                f"{text!r} is not the path of a field. Write names joined by dots, lists with [0], and names "
                'with dots in them as ["a.b"].'
            )
        if match["index"] is not None:
            keys.append(int(match["index"]))
        elif match["quoted"] is not None:
            keys.append(re.sub(r"\\(.)", r"\1", match["quoted"], flags=re.DOTALL))
        else:
            keys.append(match["name"])
        position = match.end()
    return tuple(keys)


def get(value: Any, path: str) -> Any:
    """Return what a path leads to, or ``MISSING``. A name of digits also counts as a place in a list."""
    for key in read_path(path):
        if type(value) is dict:
            value = value.get(str(key), MISSING)
        elif type(value) is list:
            index = _index(key)
            value = value[index] if index is not None and -len(value) <= index < len(value) else MISSING
        else:
            return MISSING
        if value is MISSING:
            return MISSING
    return value


def put(value: Any, path: str, new: Any) -> Any:
    """
    Return the value with something put at a path; what is missing on the way is made.

    :param value: an object or a list; null counts as an empty object
    :raises PathError: the way leads through something that is neither an object nor a list
    """
    return _put(value, read_path(path), new, path, 0)


def _put(value: Any, keys: Path, new: Any, path: str, depth: int) -> Any:
    if depth == len(keys):
        return new
    key = keys[depth]
    if value is None or value is MISSING:
        value = [] if type(key) is int else {}
    if type(value) is dict:
        name = str(key)
        return {**value, name: _put(value.get(name, MISSING), keys, new, path, depth + 1)}
    if type(value) is list:
        index = _index(key)
        if index is None:
            raise PathError(
                f"{path!r} leads through a list at {shown(keys[:depth])}; write [0] for its first item."
            )
        if index < 0:
            index += len(value)
        if not 0 <= index <= max(len(value), _MAX_INDEX):
            raise PathError(f"{path!r} names place {keys[depth]} of a list with {len(value)} items.")
        copy = [*value, *[None] * (index + 1 - len(value))]
        inner = value[index] if index < len(value) else MISSING
        copy[index] = _put(inner, keys, new, path, depth + 1)
        return copy
    raise PathError(
        f"{path!r} cannot be set: {shown(keys[:depth]) or 'the item'} is {kind_of(value)}, not an object. "
        "Rename one of them."
    )


def remove(value: Any, path: str) -> Any:
    """Return the value without what the path leads to; unchanged when there is nothing."""
    return _remove(value, read_path(path), 0)


def _remove(value: Any, keys: Path, depth: int) -> Any:
    key = keys[depth] if keys else ""
    index = _index(key) if type(value) is list else None
    if type(value) is dict and str(key) in value:
        if depth == len(keys) - 1:
            return {name: item for name, item in value.items() if name != str(key)}
        return {**value, str(key): _remove(value[str(key)], keys, depth + 1)}
    if index is not None and -len(value) <= index < len(value):
        index %= len(value)
        if depth == len(keys) - 1:
            return value[:index] + value[index + 1 :]
        return [*value[:index], _remove(value[index], keys, depth + 1), *value[index + 1 :]]
    return value


def shown(keys: Path) -> str:
    """Return keys as people write them."""
    text = ""
    for key in keys:
        if type(key) is int:
            text += f"[{key}]"
        elif re.search(r"[.\[\]]", str(key)):
            text += f'["{key}"]'
        else:
            text += f".{key}" if text else str(key)
    return text


def _index(key: Key) -> int | None:
    if type(key) is int:
        return key
    text = str(key)
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 10 and text.count("-") < 2 else None


def kind_of(value: Any) -> str:
    """Return what people call a value's type, with its article."""
    from flowforge_provider.expressions.values import type_name

    return "missing" if value is MISSING else type_name(value)
