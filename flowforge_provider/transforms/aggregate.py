"""Figures of a list, by groups."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

from flowforge_provider.transforms import order, paths
from flowforge_provider.transforms.errors import OperationError
from flowforge_provider.transforms.lists import key_of
from flowforge_provider.transforms.work import Operation, Work, need_list, put_at

# Digits of a mean that never ends; sums get all the digits that they need.
_MEAN = decimal.Context(prec=28, rounding=decimal.ROUND_HALF_EVEN)
_SUM = decimal.Context(prec=4_000)


def aggregate(operation: Operation, value: Any, work: Work) -> Any:
    """
    Work out figures.

    :return: one object; with ``group_by`` a list of them, one a group, in order of first appearance
    """
    items = need_list(value)
    group_by = [path for path in operation["group_by"] if path]
    if not group_by:
        return _figures({}, operation, items, work)
    groups: dict[Any, tuple[list[Any], list[Any]]] = {}
    for item in items:
        work.tick()
        found = [paths.get(item, path) for path in group_by]
        keys = [None if key is paths.MISSING else key for key in found]
        groups.setdefault(tuple(map(key_of, keys)), (keys, []))[1].append(item)
    made = []
    for keys, members in groups.values():
        work.tick()
        group: Any = {}
        for place, (path, key) in enumerate(zip(group_by, keys, strict=True)):
            group = put_at(group, path, key, field_name=f"group_by.{place}")
        made.append(_figures(group, operation, members, work))
    return made


def _figures(group: Any, operation: Operation, items: list[Any], work: Work) -> Any:
    for place, figure in enumerate(operation["aggregates"]):
        work.tick()
        path, function = figure["field"], figure["function"]
        found = (paths.get(item, path) for item in items)
        values = [value for value in found if value is not None and value is not paths.MISSING]
        if function == "count" and not path:
            values = items
        try:
            result = _FUNCTIONS[function](values)
        except OperationError as error:
            error.field = f"aggregates.{place}.field"
            raise
        group = put_at(
            group,
            figure["name"] or figure_name(function, path),
            result,
            field_name=f"aggregates.{place}.name",
        )
    return group


def figure_name(function: str, path: str) -> str:
    """Return the name of a figure that was given none."""
    tail = "_".join(str(key) for key in paths.read_path(path))
    return paths.shown((f"{function}_{tail}" if tail else function,))


def _sum(values: list[Any]) -> Any:
    if all(type(value) is int for value in values):
        return sum(values)
    return _told(_total(values), values)


def _avg(values: list[Any]) -> Any:
    if not values:
        return None
    return _told(_MEAN.divide(_total(values), Decimal(len(values))), values)


def _total(values: list[Any]) -> Decimal:
    total = Decimal(0)
    for value in values:
        number = order.to_decimal(value)
        if number is None:
            raise OperationError(
                f"{value!r:.60} is no number. Read numbers first with the operation Numbers, or filter."
            )
        total = _SUM.add(total, number)
    return total


def _told(number: Decimal, values: list[Any]) -> Any:
    """Return a text where numbers came as texts, so that no digit is lost; else a number."""
    if any(type(value) is str for value in values):
        return f"{number:f}"
    if all(type(value) is int for value in values) and number == number.to_integral_value():
        return int(number)
    return float(number)


def _extreme(values: list[Any], *, largest: bool) -> Any:
    if not values:
        return None
    # Texts count as numbers only when all of them are.
    numbers = [order.number_key(value) for value in values]
    keys: list[Any] = [order.order_key(value) for value in values] if None in numbers else numbers
    best = max(keys) if largest else min(keys)
    return values[keys.index(best)]


def _distinct(values: list[Any]) -> list[Any]:
    found: dict[Any, Any] = {}
    for value in values:
        found.setdefault(key_of(value), value)
    return list(found.values())


_FUNCTIONS = {
    "count": len,
    "count_distinct": lambda values: len(_distinct(values)),
    "sum": _sum,
    "avg": _avg,
    "min": lambda values: _extreme(values, largest=False),
    "max": lambda values: _extreme(values, largest=True),
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
    "list": list,
    "list_distinct": _distinct,
}
