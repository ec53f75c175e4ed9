"""Join two lists of objects, as a database joins tables."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Literal

from flowforge_provider.exceptions import StepError
from flowforge_provider.nodes.condition_values import NotOfTypeError, convert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Row = dict[str, Any]
Kept = Literal["inner", "left", "right", "full"]
Clash = Literal["suffix", "left", "right"]

MAX_ROWS = 200_000


def join_by_key(
    left: Sequence[Row],
    right: Sequence[Row],
    *,
    keys: Sequence[tuple[str, str]],
    kept: Kept,
    clash: Clash,
    convert_types: bool = False,
) -> list[Row]:
    """
    Return the rows of two lists whose keys are equal, as one object each.

    The order is that of the left list, and for one row of it that of the right list; rows of the right list
    without a counterpart come at the end.

    :param keys: pairs (field of the left rows, field of the right rows); dots lead inside
    :param kept: rows that are kept without a counterpart
    :param clash: what becomes of fields that both rows have
    :param convert_types: compare a text as the number that it holds
    :raises StepError: the result has more than ``MAX_ROWS`` rows
    """
    places: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(right):
        key = _key(row, [name for _, name in keys], convert_types=convert_types)
        if key is not None:
            places[key].append(index)
    # A key that is called the same on both sides is one field.
    shared = {one for one, other in keys if one == other and "." not in one}
    merger = _Merger(left, right, clash=clash, shared=shared)
    matched: set[int] = set()

    def pairs() -> Iterator[tuple[Row | None, Row | None]]:
        for row in left:
            key = _key(row, [name for name, _ in keys], convert_types=convert_types)
            found = places.get(key, []) if key is not None else []
            for index in found:
                matched.add(index)
                yield row, right[index]
            if not found and kept in {"left", "full"}:
                yield row, None
        if kept in {"right", "full"}:
            for index, row in enumerate(right):
                if index not in matched:
                    yield None, row

    return merger.rows(pairs())


def join_by_position(left: Sequence[Row], right: Sequence[Row], *, kept: Kept, clash: Clash) -> list[Row]:
    """
    Return the rows of two lists that stand at the same place, as one object each.

    :param kept: as of ``join_by_key``: whose rows are kept when the other list is shorter
    :param clash: what becomes of fields that both rows have
    """
    wanted = {"left": len(left), "right": len(right), "full": max(len(left), len(right))}
    length = wanted.get(kept, min(len(left), len(right)))
    pairs = (
        (left[index] if index < len(left) else None, right[index] if index < len(right) else None)
        for index in range(length)
    )
    return _Merger(left, right, clash=clash, shared=set()).rows(pairs)


class _Merger:
    """Makes one object of two rows."""

    def __init__(self, left: Iterable[Row], right: Iterable[Row], *, clash: Clash, shared: set[str]) -> None:
        self._clash = clash
        self._shared = shared
        # Names are the same in each row of the result, whether the row has a counterpart or not.
        taken = {name for row in left for name in row}
        self._name_of: dict[str, str] = {}
        if clash == "suffix":
            own = {name for row in right for name in row}
            for name in sorted(own & taken - shared):
                free = f"{name}_right"
                while free in taken or free in own:
                    free += "_right"
                taken.add(free)
                self._name_of[name] = free

    def rows(self, pairs: Iterable[tuple[Row | None, Row | None]]) -> list[Row]:
        made: list[Row] = []
        for left, right in pairs:
            if len(made) >= MAX_ROWS:
                raise StepError(
                    f"The join makes more than {MAX_ROWS:,} rows. Check its keys: each row is paired with "
                    f"every "
                    "row of the same key. Or let a database join them.",
                    code="merge-too-large",
                    retryable=False,
                )
            made.append(self._merge(left or {}, right or {}))
        return made

    def _merge(self, left: Row, right: Row) -> Row:
        merged = dict(left)
        for name, value in right.items():
            own = self._name_of.get(name, name)
            if own not in left or self._clash == "right":
                merged[own] = value
        return merged


def _key(row: Row, names: Sequence[str], *, convert_types: bool) -> str | None:
    """Return a text that is the same for equal keys; None where a part is null or not there."""
    parts = []
    for name in names:
        value = _field(row, name)
        if value is None:
            return None
        parts.append(_plain(value, convert_types=convert_types))
    return json.dumps(parts, ensure_ascii=False, sort_keys=True)


def _field(row: Any, name: str) -> Any:
    if name in row:
        return row[name]
    for part in name.split("."):
        row = row.get(part) if isinstance(row, dict) else None
    return row


def _plain(value: Any, *, convert_types: bool) -> Any:
    if convert_types and isinstance(value, str):
        try:
            value = convert(value, "number")
        except NotOfTypeError:
            return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(item, convert_types=False) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item, convert_types=False) for key, item in value.items()}
    return value
