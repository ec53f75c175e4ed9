"""Where two JSON values differ, as people see it: places and values, not edit operations to apply."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Change", "Difference", "diff_values"]

_MOST_CHANGES = 200
_MAX_TEXT = 2_000


@dataclass(frozen=True)
class Change:
    """
    One place.

    :param op: add: only the right value has it; remove: only the left one
    :param path: JSON Pointer (RFC 6901), in the left value where there are two
    """

    op: Literal["add", "remove", "replace"]
    path: str
    left: Any
    right: Any


@dataclass
class Difference:
    """
    All places at which two values differ.

    :param truncated: there are more, or a value was too large
    """

    changes: list[Change] = field(default_factory=list)
    truncated: bool = False


def diff_values(left: Any, right: Any) -> Difference:
    """
    Return where two JSON values differ; values that are long are cut off.

    In lists, what both begin and end with is set aside first, so that one entry more in the middle is one
    difference. Time O(size of both * depth).

    Source: the operations and pointers are those of RFC 6902 and RFC 6901.
    """
    found = Difference()
    for change in _walk(left, right, ""):
        if len(found.changes) >= _MOST_CHANGES:
            found.truncated = True
            break
        found.changes.append(change)
    return found


def _walk(left: Any, right: Any, path: str) -> Iterator[Change]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left:
            place = f"{path}/{_escape(key)}"
            if key in right:
                yield from _walk(left[key], right[key], place)
            else:
                yield Change("remove", place, _short(left[key]), None)
        for key in right:
            if key not in left:
                yield Change("add", f"{path}/{_escape(key)}", None, _short(right[key]))
    elif isinstance(left, list) and isinstance(right, list):
        yield from _walk_lists(left, right, path)
    elif not _same(left, right):
        yield Change("replace", path, _short(left), _short(right))


def _walk_lists(left: list[Any], right: list[Any], path: str) -> Iterator[Change]:
    shorter = min(len(left), len(right))
    begin = 0
    while begin < shorter and _same(left[begin], right[begin]):
        begin += 1
    end = 0
    while end < shorter - begin and _same(left[-1 - end], right[-1 - end]):
        end += 1
    left_rest, right_rest = left[begin : len(left) - end], right[begin : len(right) - end]
    both = min(len(left_rest), len(right_rest))
    for offset in range(both):
        yield from _walk(left_rest[offset], right_rest[offset], f"{path}/{begin + offset}")
    for offset in range(both, len(left_rest)):
        yield Change("remove", f"{path}/{begin + offset}", _short(left_rest[offset]), None)
    for offset in range(both, len(right_rest)):
        yield Change("add", f"{path}/{begin + offset}", None, _short(right_rest[offset]))


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    # True equals 1 in Python, but not in JSON.
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _MAX_TEXT else f"{value[:_MAX_TEXT]}…"
    if isinstance(value, (dict, list)):
        text = json.dumps(value, ensure_ascii=False)
        return value if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
    return value
