"""JSON values: what they are called, how they are read, compared, copied and written."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import ExpressionLimitError, ExpressionValueError

if TYPE_CHECKING:
    from flowforge_provider.expressions.limits import Budget

_PLAIN = frozenset({str, int, float, bool, type(None), dict, list})
_NAMES = {
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "a boolean",
    dict: "an object",
    list: "a list",
}


class MissingValueError(ExpressionValueError):
    """
    A key, an index or a name is not in the data; ``default`` and ``is defined`` catch it.

    :param name: the key that was looked for, when near ones may be meant
    :param known: the keys that there are; looked through only if somebody is told about them
    """

    code = "expression-value"

    def __init__(
        self, message: str, *, code: str | None = None, name: str = "", known: Iterable[Any] = ()
    ) -> None:
        super().__init__(message, code=code)
        self._name, self._known = name, known

    def explain(self) -> str:
        """Return the message with the names that may be meant."""
        return self.message + (_near(self._name, self._known) if self._name else "")


def type_name(value: Any) -> str:
    """Return what people call a value's type, with its article: a text, an object."""
    return "null" if value is None else _NAMES.get(type(value), f"a {type(value).__name__}")


def are_plain(values: Iterable[Any]) -> bool:
    """Return whether all values are of JSON's types; what they hold is not looked at."""
    return _PLAIN.issuperset(map(type, values))


def plain(value: Any) -> Any:
    """
    Return the value as one of the seven JSON types of Python, so that no other object enters an expression.

    Objects and lists are not copied; what they hold is checked when it is read.

    :raises ExpressionValueError: it is not JSON
    """
    if type(value) in _PLAIN:
        return value
    # Subclasses may bring behaviour of their own, so they become the plain type.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, Mapping):
        return {_key(key): value[key] for key in value}
    if isinstance(value, (list, tuple)):
        return list(value)
    raise ExpressionValueError(f"The data holds a {type(value).__name__}, which is not JSON.")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    raise ExpressionValueError("The data holds an object with a key that is no text, which is not JSON.")


def look_up(value: Any, key: Any, path: str) -> Any:
    """
    Return ``value[key]``: an object's field or a list's item, never an attribute.

    :param value: any JSON
    :param key: name of a field, or index of an item (from the end when negative)
    :param path: how the user wrote ``value``, for messages
    :raises MissingValueError: there is no such field or item
    """
    kind = type(value)
    if kind is dict:
        name = key if type(key) is str else str(key) if type(key) is int else None
        if name is not None and name in value:
            return plain(value[name])
        if name is None:
            raise ExpressionValueError(f"{path} is an object; its fields have names, not {type_name(key)}.")
        raise MissingValueError(f"{path} has no field {repr_name(name)}.", name=name, known=value)
    if kind in {list, str}:
        if type(key) is int:
            if -len(value) <= key < len(value):
                return plain(value[key])
            noun = "items" if kind is list else "characters"
            raise MissingValueError(f"{path} has {len(value)} {noun}, so there is no number {key}.")
        advice = f"; take one of its items first, for example {path}[0]" if kind is list else ""
        raise MissingValueError(f"{path} is {type_name(value)}, which has no field {_shown(key)}{advice}.")
    raise MissingValueError(f"{path} is {type_name(value)}, which has no field {_shown(key)}.")


def _shown(key: Any) -> str:
    return repr_name(key if type(key) is str else f"{key!r:.60}")


def _near(name: str, known: Iterable[Any]) -> str:
    names = [str(item) for item in list(known)[:1000]]
    near = get_close_matches(name[:100], names, n=3, cutoff=0.6)
    if near:
        return f" Did you mean {' or '.join(repr_name(item) for item in near)}?"
    if not names:
        return " It is empty."
    shown = ", ".join(repr_name(item) for item in names[:10])
    return f" It has {shown}{' and more' if len(names) > 10 else ''}."


def repr_name(name: str) -> str:
    """Return a name for a message: in double quotes, on one line, cut when it is long."""
    text = json.dumps(name, ensure_ascii=False)
    return text if len(text) <= 60 else f'{text[:56]}…"'


def truth(value: Any) -> bool:
    """Return whether a value counts as true: not null, false, 0, and not empty."""
    return bool(value)


def equals(left: Any, right: Any, budget: Budget) -> bool:
    """
    Return whether two JSON values are equal; ``true`` is not 1, at any depth.

    Python's own comparison cannot be stopped, and lists that hold one list many times are compared anew each
    time: some lines of an expression can make it last for ever.
    """
    kind = type(left)
    if kind is not type(right):
        numbers = {int, float}
        return kind in numbers and type(right) in numbers and bool(left == right)
    if kind is list:
        budget.spend(1 + len(left))
        return len(left) == len(right) and all(
            equals(each, other, budget) for each, other in zip(left, right, strict=True)
        )
    if kind is dict:
        budget.spend(1 + len(left))
        return left.keys() == right.keys() and all(
            equals(value, right[key], budget) for key, value in left.items()
        )
    if kind is str:
        budget.spend(1 + len(left) // 1000)
    return bool(left == right)


def copy_result(value: Any, budget: Budget) -> Any:
    """
    Return a deep copy that holds nothing but JSON, counting its size as it would be written.

    :raises ExpressionLimitError: it is too large or too deeply nested
    :raises ExpressionValueError: it holds something that is not JSON
    """
    room = [budget.limits.output_chars]
    return _copy(value, budget, room, 0)


def _copy(value: Any, budget: Budget, room: list[int], depth: int) -> Any:
    kind = type(value)
    if kind is str:
        room[0] -= len(value) + 2
        _check_room(room, budget)
        return value
    if kind is float:
        if not math.isfinite(value):
            raise ExpressionValueError(
                "The result holds a number that JSON cannot write (infinite or not a number)."
            )
        room[0] -= 8
        return value
    if kind is int or kind is bool or value is None:
        room[0] -= 5
        return value
    if depth >= budget.limits.depth:
        raise ExpressionLimitError(f"The result is nested more than {budget.limits.depth} deep.")
    if kind is dict:
        budget.spend(1 + len(value))
        room[0] -= 2
        _check_room(room, budget)
        copied = {}
        for key, item in value.items():
            name = _key(key)
            room[0] -= len(name) + 4
            copied[name] = _copy(item, budget, room, depth + 1)
        _check_room(room, budget)
        return copied
    if kind is list:
        budget.spend(1 + len(value))
        room[0] -= 2 + len(value)
        _check_room(room, budget)
        return [_copy(item, budget, room, depth + 1) for item in value]
    return _copy(plain(value), budget, room, depth)


def _check_room(room: list[int], budget: Budget) -> None:
    if room[0] < 0:
        raise ExpressionLimitError(
            f"The result is larger than {budget.limits.output_chars:,} characters. "
            "Pick the parts that are needed."
        )


def to_text(value: Any, budget: Budget) -> str:
    """
    Return a value as it appears inside a text: a text as it is, anything else as JSON.

    :raises ExpressionLimitError: it is too large
    """
    if type(value) is str:
        return value
    return write_json(value, budget)


def write_json(value: Any, budget: Budget, *, indent: int | None = None, sort_keys: bool = False) -> str:
    """
    Return a value as JSON text.

    :raises ExpressionLimitError: it is too large
    """
    text = json.dumps(
        copy_result(value, budget), ensure_ascii=False, indent=indent, sort_keys=sort_keys, allow_nan=False
    )
    budget.allow_text(len(text))
    return text
