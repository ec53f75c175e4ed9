"""Filters that work on lists."""

# All operations have one signature, whether they need all of it or not.
# ruff: noqa: A002, ARG001

from __future__ import annotations

import functools
from typing import Any

from flowforge_provider.exceptions import ExpressionSyntaxError, ExpressionValueError
from flowforge_provider.expressions.arithmetic import order
from flowforge_provider.expressions.operations import (
    FILTERS,
    TESTS,
    Operation,
    Scope,
    need_integer,
    need_list,
    need_text,
    operation,
)
from flowforge_provider.expressions.values import (
    MissingValueError,
    equals,
    look_up,
    truth,
    type_name,
    write_json,
)

_GROUP = "Lists"
# Characters of a dotted path.
_MAX_PATH = 1_000


def pick(item: Any, path: Any) -> Any:
    """Return a field of an item by its dotted path: customer.city, lines.0.price."""
    if type(path) is int:
        return look_up(item, path, "the item")
    value, shown = item, "the item"
    if len(need_text(path, "attribute")) > _MAX_PATH:
        raise ExpressionValueError(f"A path has {len(path):,} characters; {_MAX_PATH:,} are allowed.")
    for key in path.split("."):
        is_index = type(value) is list and key.lstrip("-").isdecimal() and len(key) < 10
        value = look_up(value, int(key) if is_index else key, shown)
        shown = f"{shown}.{key}"
    return value


def _by(item: Any, attribute: Any) -> Any:
    return item if attribute is None else pick(item, attribute)


@operation("filter", group=_GROUP, example=("{{ [1, 2, 3] | length }}", 3), aliases=("count",))
def length(scope: Scope, value: Any) -> int:
    """Count the items of a list, the fields of an object or the characters of a text."""
    if type(value) not in {list, dict, str}:
        raise ExpressionValueError(f"length needs a list, an object or a text, not {type_name(value)}.")
    return len(value)


@operation("filter", group=_GROUP, example=("{{ [1, 2] | first }}", 1))
def first(scope: Scope, value: Any) -> Any:
    """Return the first item of a list."""
    items = need_list(scope, value, "first")
    if not items:
        raise MissingValueError("first: the list is empty. Add | default(…) for that case.")
    return items[0]


@operation("filter", group=_GROUP, example=("{{ [1, 2] | last }}", 2))
def last(scope: Scope, value: Any) -> Any:
    """Return the last item of a list."""
    items = need_list(scope, value, "last")
    if not items:
        raise MissingValueError("last: the list is empty. Add | default(…) for that case.")
    return items[-1]


@operation("filter", group=_GROUP, example=("{{ [3, 1, 2] | sort }}", [1, 2, 3]))
def sort(scope: Scope, value: Any, reverse: Any = False, attribute: Any = None) -> list[Any]:
    """Sort numbers or texts; with ``attribute``, sort objects by a field."""
    items = need_list(scope, value, "sort")
    scope.budget.allow_list(len(items))
    keyed = [(_by(item, attribute), item) for item in items]

    def compare(left: tuple[Any, Any], right: tuple[Any, Any]) -> int:
        return order(left[0], right[0], scope.budget)

    keyed.sort(key=functools.cmp_to_key(compare), reverse=truth(reverse))
    return [item for _, item in keyed]


@operation("filter", group=_GROUP, example=("{{ [3, 1, 2] | reverse }}", [2, 1, 3]))
def reverse(scope: Scope, value: Any) -> Any:
    """Turn the order of a list, or of the characters of a text, around."""
    if type(value) is str:
        scope.budget.allow_text(len(value))
        return value[::-1]
    items = need_list(scope, value, "reverse")
    scope.budget.allow_list(len(items))
    return items[::-1]


@operation("filter", group=_GROUP, example=("{{ [1, 2, 1] | unique }}", [1, 2]))
def unique(scope: Scope, value: Any, attribute: Any = None) -> list[Any]:
    """Drop repeated items; with ``attribute``, items whose field repeats. The first of each stays."""
    seen: dict[str, Any] = {}
    for item in need_list(scope, value, "unique"):
        seen.setdefault(_identity(_by(item, attribute), scope), item)
    return list(seen.values())


def _identity(value: Any, scope: Scope) -> str:
    """Return a text that is the same for equal values only."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return write_json(value, scope.budget, sort_keys=True)


@operation("filter", group=_GROUP, example=("{{ [4, 9, 2] | min }}", 2))
def min_(scope: Scope, value: Any, attribute: Any = None) -> Any:
    """Return the smallest item; with ``attribute``, the item whose field is smallest."""
    return _extreme(scope, value, attribute, -1, "min")


@operation("filter", group=_GROUP, example=("{{ [4, 9, 2] | max }}", 9))
def max_(scope: Scope, value: Any, attribute: Any = None) -> Any:
    """Return the largest item; with ``attribute``, the item whose field is largest."""
    return _extreme(scope, value, attribute, 1, "max")


def _extreme(scope: Scope, value: Any, attribute: Any, sign: int, who: str) -> Any:
    items = need_list(scope, value, who)
    if not items:
        raise MissingValueError(f"{who}: the list is empty. Add | default(…) for that case.")
    best = items[0]
    for item in items[1:]:
        if order(_by(item, attribute), _by(best, attribute), scope.budget) == sign:
            best = item
    return best


@operation(
    "filter", group=_GROUP, name="map", example=("{{ [{'a': 1}, {'a': 2}] | map(attribute='a') }}", [1, 2])
)
def map_(
    scope: Scope,
    value: Any,
    filter: Any = None,
    *arguments: Any,
    attribute: Any = None,
    default: Any = None,
) -> list[Any]:
    """Take a field of every item (``attribute``), or send every item through a filter: map('upper')."""
    items = need_list(scope, value, "map")
    scope.budget.allow_list(len(items))
    if attribute is not None:
        return [_pick_or(item, attribute, default) for item in items]
    if filter is None:
        raise ExpressionValueError("map needs the name of a filter, or attribute='…'.")
    found = _named(filter, FILTERS, "filter", len(arguments))
    mapped = []
    for item in items:
        scope.budget.spend(2)
        mapped.append(found.function(scope, item, *arguments))
    return mapped


def _pick_or(item: Any, attribute: Any, default: Any) -> Any:
    try:
        return pick(item, attribute)
    except MissingValueError:
        if default is None:
            raise
        return default


@operation("filter", group=_GROUP, example=("{{ [1, 2, 3] | select('gt', 1) }}", [2, 3]))
def select(scope: Scope, value: Any, test: Any = None, *arguments: Any) -> list[Any]:
    """Keep the items that pass a test; without a test, those that count as true."""
    return _choose(scope, value, None, test, arguments, wanted=True)


@operation("filter", group=_GROUP, example=("{{ [1, 2, 3] | reject('gt', 1) }}", [1]))
def reject(scope: Scope, value: Any, test: Any = None, *arguments: Any) -> list[Any]:
    """Drop the items that pass a test; without a test, those that count as true."""
    return _choose(scope, value, None, test, arguments, wanted=False)


@operation(
    "filter",
    group=_GROUP,
    example=("{{ [{'q': 0}, {'q': 2}] | selectattr('q', 'gt', 1) }}", [{"q": 2}]),
)
def selectattr(scope: Scope, value: Any, attribute: Any, test: Any = None, *arguments: Any) -> list[Any]:
    """Keep the items whose field passes a test; items without the field do not."""
    return _choose(scope, value, attribute, test, arguments, wanted=True)


@operation(
    "filter",
    group=_GROUP,
    example=("{{ [{'q': 0}, {'q': 2}] | rejectattr('q', 'gt', 1) }}", [{"q": 0}]),
)
def rejectattr(scope: Scope, value: Any, attribute: Any, test: Any = None, *arguments: Any) -> list[Any]:
    """Drop the items whose field passes a test."""
    return _choose(scope, value, attribute, test, arguments, wanted=False)


def _choose(
    scope: Scope, value: Any, attribute: Any, test: Any, arguments: tuple[Any, ...], *, wanted: bool
) -> list[Any]:
    items = need_list(scope, value, "select" if wanted else "reject")
    found = None if test is None else _named(test, TESTS, "test", len(arguments))
    chosen = []
    for item in items:
        scope.budget.spend(2)
        try:
            field = _by(item, attribute)
        except MissingValueError:
            passes = found is not None and found.name == "undefined"
        else:
            passes = truth(field) if found is None else found.function(scope, field, *arguments)
        if passes == wanted:
            chosen.append(item)
    return chosen


def _named(name: Any, table: dict[str, Operation], kind: str, arguments: int) -> Operation:
    found = table.get(name) if type(name) is str else None
    if found is None:
        raise ExpressionSyntaxError(
            f"There is no {kind} {name!r:.60}. docs/expressions.md lists all of them."
        )
    complaint = found.complaint(arguments, [])
    if complaint:
        raise ExpressionSyntaxError(f"{found.name}: {complaint}")
    return found


@operation(
    "filter",
    group=_GROUP,
    example=("{{ [{'c': 'a', 'n': 1}, {'c': 'a', 'n': 2}] | groupby('c') | map(attribute='key') }}", ["a"]),
)
def groupby(scope: Scope, value: Any, attribute: Any) -> list[dict[str, Any]]:
    """Gather items with the same field: a list of {key, items} in order of first appearance."""
    groups: dict[str, dict[str, Any]] = {}
    for item in need_list(scope, value, "groupby"):
        key = pick(item, attribute)
        groups.setdefault(_identity(key, scope), {"key": key, "items": []})["items"].append(item)
    return list(groups.values())


@operation("filter", group=_GROUP, example=("{{ [1, 2, 3] | batch(2) }}", [[1, 2], [3]]))
def batch(scope: Scope, value: Any, size: Any) -> list[list[Any]]:
    """Cut a list into lists of at most ``size`` items."""
    items, step = need_list(scope, value, "batch"), need_integer(size, "batch", low=1)
    scope.budget.allow_list(len(items))
    return [items[start : start + step] for start in range(0, len(items), step)]


@operation("filter", group=_GROUP, example=("{{ [[1, 2], 3] | flatten }}", [1, 2, 3]))
def flatten(scope: Scope, value: Any) -> list[Any]:
    """Put the items of inner lists into the outer one, one level deep."""
    items = need_list(scope, value, "flatten")
    scope.budget.allow_list(sum(len(item) if type(item) is list else 1 for item in items))
    flat: list[Any] = []
    for item in items:
        flat.extend(item if type(item) is list else [item])
    return flat


@operation("filter", group=_GROUP, example=("{{ [1, null, 2] | compact }}", [1, 2]))
def compact(scope: Scope, value: Any) -> list[Any]:
    """Drop the items that are null."""
    items = need_list(scope, value, "compact")
    scope.budget.allow_list(len(items))
    return [item for item in items if item is not None]


@operation("filter", group=_GROUP, name="list", example=("{{ 'abc' | list }}", ["a", "b", "c"]))
def to_list(scope: Scope, value: Any) -> list[Any]:
    """Make a list: of a text its characters, of an object its keys, of anything else its one item."""
    if type(value) in {str, dict}:
        scope.budget.allow_list(len(value))
        return list(value)
    return value if type(value) is list else [value]


@operation("filter", group=_GROUP, name="index", example=("{{ ['a', 'b'] | index('b') }}", 1))
def index_(scope: Scope, value: Any, item: Any) -> int:
    """Return the place of an item in a list, counted from 0; -1 when it is not there."""
    items = need_list(scope, value, "index")
    scope.budget.spend(len(items))
    return next((place for place, each in enumerate(items) if equals(each, item, scope.budget)), -1)
