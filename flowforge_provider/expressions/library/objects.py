"""Filters that work on objects, and on any value."""

# All operations have one signature, whether they need all of it or not.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Any

from flowforge_provider.expressions.evaluation import MISSING
from flowforge_provider.expressions.library.lists import pick
from flowforge_provider.expressions.operations import Scope, need_object, need_text, operation
from flowforge_provider.expressions.values import MissingValueError, truth, type_name

_GROUP = "Objects"


@operation(
    "filter", group="Any value", example=("{{ {'a': 1}.b | default('none') }}", "none"), aliases=("d",)
)
def default(scope: Scope, value: Any, fallback: Any = "", empty: Any = False) -> Any:
    """Use ``fallback`` when the value is missing; with ``empty``, also for null, false, 0 and nothing."""
    if value is MISSING or (truth(empty) and not truth(value)):
        return fallback
    return value


@operation("filter", group="Any value", example=("{{ [1] | type }}", "list"))
def type_(scope: Scope, value: Any) -> str:
    """Return the name of the value's type: text, number, boolean, object, list, null."""
    return type_name(value).split(" ")[-1]


@operation("filter", group="Any value", example=("{{ 'yes' | bool }}", True))
def bool_(scope: Scope, value: Any) -> bool:
    """Turn a value into true or false; the texts false, no, off, 0 and nothing count as false."""
    if type(value) is str:
        scope.budget.allow_text(len(value))
        return value.strip().lower() not in {"", "false", "no", "off", "0", "null", "none"}
    return truth(value)


@operation("filter", group=_GROUP, example=("{{ {'a': 1} | keys }}", ["a"]))
def keys(scope: Scope, value: Any) -> list[str]:
    """Return the names of an object's fields."""
    fields = need_object(scope, value, "keys")
    scope.budget.allow_list(len(fields))
    return list(fields)


@operation("filter", group=_GROUP, example=("{{ {'a': 1} | values }}", [1]))
def values(scope: Scope, value: Any) -> list[Any]:
    """Return the values of an object's fields."""
    fields = need_object(scope, value, "values")
    scope.budget.allow_list(len(fields))
    return list(fields.values())


@operation("filter", group=_GROUP, example=("{{ {'a': 1} | items }}", [{"key": "a", "value": 1}]))
def items(scope: Scope, value: Any) -> list[dict[str, Any]]:
    """Return an object's fields as a list of {key, value}."""
    fields = need_object(scope, value, "items")
    scope.budget.allow_list(len(fields))
    return [{"key": key, "value": item} for key, item in fields.items()]


@operation("filter", group=_GROUP, example=("{{ {'a': 1} | merge({'b': 2}) }}", {"a": 1, "b": 2}))
def merge(scope: Scope, value: Any, other: Any) -> dict[str, Any]:
    """Join two objects; where both have a field, the second one wins."""
    left, right = need_object(scope, value, "merge"), need_object(scope, other, "merge")
    scope.budget.allow_list(len(left) + len(right))
    return {**left, **right}


@operation("filter", group=_GROUP, example=("{{ {'a': 1, 'b': 2} | pick('a') }}", {"a": 1}), name="pick")
def pick_fields(scope: Scope, value: Any, *names: Any) -> dict[str, Any]:
    """Keep only the named fields; those that the object lacks are left out."""
    fields = need_object(scope, value, "pick")
    scope.budget.spend(len(names))
    return {name: fields[name] for name in names if type(name) is str and name in fields}


@operation("filter", group=_GROUP, example=("{{ {'a': 1, 'b': 2} | omit('a') }}", {"b": 2}))
def omit(scope: Scope, value: Any, *names: Any) -> dict[str, Any]:
    """Drop the named fields."""
    fields = need_object(scope, value, "omit")
    scope.budget.allow_list(len(fields))
    dropped = {name for name in names if type(name) is str}
    return {key: item for key, item in fields.items() if key not in dropped}


@operation("filter", group=_GROUP, example=("{{ {'a': {'b': 1}} | get('a.b') }}", 1))
def get(scope: Scope, value: Any, path: Any, fallback: Any = None) -> Any:
    """Return the value at a dotted path that is made by an expression; ``fallback`` when there is none."""
    try:
        return pick(value, path)
    except MissingValueError:
        return fallback


@operation("filter", group=_GROUP, example=("{{ [{'id': 'x', 'n': 1}] | index_by('id') | keys }}", ["x"]))
def index_by(scope: Scope, value: Any, attribute: Any) -> dict[str, Any]:
    """Make an object of a list of objects, with a field of each as its key."""
    from flowforge_provider.expressions.operations import need_list
    from flowforge_provider.expressions.values import to_text

    entries = need_list(scope, value, "index_by")
    scope.budget.allow_list(len(entries))
    return {to_text(pick(entry, need_text(attribute, "index_by")), scope.budget): entry for entry in entries}
