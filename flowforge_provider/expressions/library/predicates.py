"""Tests: what stands after ``is``, and in ``select`` and ``reject``."""

# All operations have one signature, whether they need all of it or not.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Any

from flowforge_provider.exceptions import ExpressionValueError
from flowforge_provider.expressions.arithmetic import contains, order
from flowforge_provider.expressions.evaluation import MISSING
from flowforge_provider.expressions.operations import Scope, need_integer, need_text, operation
from flowforge_provider.expressions.values import equals

_PRESENCE, _TYPES, _COMPARING = "Presence", "Types", "Comparing"


@operation("test", group=_PRESENCE, example=("{{ {'a': 1}.b is defined }}", False))
def defined(scope: Scope, value: Any) -> bool:
    """The value is there, even when it is null."""
    return value is not MISSING


@operation("test", group=_PRESENCE, example=("{{ {'a': 1}.b is undefined }}", True))
def undefined(scope: Scope, value: Any) -> bool:
    """The value is not there."""
    return value is MISSING


@operation("test", group=_PRESENCE, example=("{{ null is none }}", True), aliases=("null",))
def none(scope: Scope, value: Any) -> bool:
    """The value is null."""
    return value is None


@operation("test", group=_PRESENCE, example=("{{ [] is empty }}", True))
def empty(scope: Scope, value: Any) -> bool:
    """The value is null, or a text, list or object without content."""
    return value is None or (type(value) in {str, list, dict} and not value)


@operation("test", group=_TYPES, example=("{{ 'a' is string }}", True), aliases=("text",))
def string(scope: Scope, value: Any) -> bool:
    """The value is a text."""
    return type(value) is str


@operation("test", group=_TYPES, example=("{{ 1.5 is number }}", True))
def number(scope: Scope, value: Any) -> bool:
    """The value is a number."""
    return type(value) in {int, float}


@operation("test", group=_TYPES, example=("{{ 1 is integer }}", True))
def integer(scope: Scope, value: Any) -> bool:
    """The value is a whole number."""
    return type(value) is int


@operation("test", group=_TYPES, example=("{{ true is boolean }}", True))
def boolean(scope: Scope, value: Any) -> bool:
    """The value is true or false."""
    return type(value) is bool


@operation("test", group=_TYPES, example=("{{ {} is mapping }}", True), aliases=("object",))
def mapping(scope: Scope, value: Any) -> bool:
    """The value is an object."""
    return type(value) is dict


@operation("test", group=_TYPES, example=("{{ [1] is sequence }}", True), aliases=("list",))
def sequence(scope: Scope, value: Any) -> bool:
    """The value is a list."""
    return type(value) is list


@operation("test", group=_COMPARING, example=("{{ true is true }}", True))
def true(scope: Scope, value: Any) -> bool:
    """The value is true itself."""
    return value is True


@operation("test", group=_COMPARING, example=("{{ false is false }}", True))
def false(scope: Scope, value: Any) -> bool:
    """The value is false itself."""
    return value is False


@operation("test", group=_COMPARING, example=("{{ 1 is eq(1) }}", True), aliases=("equalto", "=="))
def eq(scope: Scope, value: Any, other: Any) -> bool:
    """The values are equal."""
    return equals(value, other, scope.budget)


@operation("test", group=_COMPARING, example=("{{ 1 is ne(2) }}", True), aliases=("!=",))
def ne(scope: Scope, value: Any, other: Any) -> bool:
    """The values differ."""
    return not equals(value, other, scope.budget)


@operation("test", group=_COMPARING, example=("{{ 2 is gt(1) }}", True), aliases=("greaterthan", ">"))
def gt(scope: Scope, value: Any, other: Any) -> bool:
    """The value is larger."""
    return order(value, other, scope.budget) > 0


@operation("test", group=_COMPARING, example=("{{ 2 is ge(2) }}", True), aliases=(">=",))
def ge(scope: Scope, value: Any, other: Any) -> bool:
    """The value is larger or equal."""
    return order(value, other, scope.budget) >= 0


@operation("test", group=_COMPARING, example=("{{ 1 is lt(2) }}", True), aliases=("lessthan", "<"))
def lt(scope: Scope, value: Any, other: Any) -> bool:
    """The value is smaller."""
    return order(value, other, scope.budget) < 0


@operation("test", group=_COMPARING, example=("{{ 1 is le(1) }}", True), aliases=("<=",))
def le(scope: Scope, value: Any, other: Any) -> bool:
    """The value is smaller or equal."""
    return order(value, other, scope.budget) <= 0


@operation("test", group=_COMPARING, name="in", example=("{{ 1 is in([1, 2]) }}", True))
def in_(scope: Scope, value: Any, container: Any) -> bool:
    """The value is in a list, a text or the keys of an object."""
    return contains(value, container, scope.budget)


@operation("test", group=_COMPARING, example=("{{ [1, 2] is containing(1) }}", True))
def containing(scope: Scope, value: Any, item: Any) -> bool:
    """The list, text or object has the item, part or key."""
    return contains(item, value, scope.budget)


@operation("test", group=_COMPARING, example=("{{ 'order-7' is starting_with('order') }}", True))
def starting_with(scope: Scope, value: Any, start: Any) -> bool:
    """The text begins so."""
    return need_text(value, "starting_with").startswith(need_text(start, "starting_with"))


@operation("test", group=_COMPARING, example=("{{ 'a.json' is ending_with('.json') }}", True))
def ending_with(scope: Scope, value: Any, end: Any) -> bool:
    """The text ends so."""
    return need_text(value, "ending_with").endswith(need_text(end, "ending_with"))


@operation("test", group=_COMPARING, example=("{{ 4 is even }}", True))
def even(scope: Scope, value: Any) -> bool:
    """The whole number is even."""
    return _integer(value, "even") % 2 == 0


@operation("test", group=_COMPARING, example=("{{ 3 is odd }}", True))
def odd(scope: Scope, value: Any) -> bool:
    """The whole number is odd."""
    return _integer(value, "odd") % 2 == 1


@operation("test", group=_COMPARING, example=("{{ 6 is divisibleby(3) }}", True))
def divisibleby(scope: Scope, value: Any, by: Any) -> bool:
    """The whole number can be divided without a remainder."""
    divisor = need_integer(by, "divisibleby")
    if divisor == 0:
        raise ExpressionValueError("divisibleby: nothing can be divided by 0.")
    return _integer(value, "divisibleby") % divisor == 0


def _integer(value: Any, who: str) -> int:
    if type(value) is not int:
        return need_integer(value, who)
    return value
