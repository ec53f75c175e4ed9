"""
Decide whether conditions hold.

Conditions are looked at in their order, and no further than the answer needs. So a condition that asks
whether a value exists protects those after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import ExpressionError, StepError
from flowforge_provider.expressions.arithmetic import order
from flowforge_provider.expressions.library.dates import read_moment
from flowforge_provider.expressions.limits import Budget, Limits
from flowforge_provider.expressions.operations import Scope
from flowforge_provider.expressions.values import MissingValueError, equals, look_up, type_name
from flowforge_provider.nodes.condition_operators import OPERATORS
from flowforge_provider.nodes.condition_values import NotOfTypeError, convert, is_of_type, matches, named
from flowforge_provider.nodes.conditions import Condition, Conditions, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowforge_provider.nodes.condition_operators import ValueType
    from flowforge_provider.nodes.conditions import (
        ConditionGroup,
        FieldCondition,
        FieldConditionGroup,
        FieldConditions,
    )

_NO_ITEM = object()


def holds(
    conditions: Conditions | FieldConditions,
    *,
    item: Any = _NO_ITEM,
    timezone: str = "UTC",
    budget: Budget | None = None,
) -> bool:
    """
    Return whether conditions hold.

    :param conditions: without expressions, as ``render_parameters`` returns them
    :param item: what ``FieldConditions`` look into; any JSON
    :param timezone: IANA name; dates without an offset are in it
    :param budget: time and sizes that are left; one second when absent. Pass the same one for all items.
    :raises StepError: a value is missing or of a wrong type, or a limit is reached
    """
    checker = _Checker(conditions.convert, item, timezone, budget or Budget(Limits()))
    if isinstance(conditions, Conditions) and conditions.mode == "expression":
        return checker.truth(conditions.expression)
    return checker.group(conditions, "")


class _Checker:
    def __init__(self, convert_types: bool, item: Any, timezone: str, budget: Budget) -> None:
        self._convert = convert_types
        self._item = item
        self._budget = budget
        self._scope = Scope({"workflow": {"timezone": timezone}}, budget)

    def truth(self, value: Any) -> bool:
        """Return the value of the one expression."""
        if value is None and self._convert:
            return False
        try:
            return bool(self._typed(value, "boolean"))
        except NotOfTypeError as error:
            raise _wrong(f"The expression must yield true or false. {error}.", self._convert) from None

    def group(self, group: ConditionGroup | FieldConditionGroup, place: str) -> bool:
        """Return whether all, or any, of a group holds."""
        wanted = group.match == "any"
        conditions: Sequence[Condition | FieldCondition] = group.conditions
        for number, condition in enumerate(conditions, 1):
            if self._told(condition, f"{place}condition {number}") is wanted:
                return wanted
        groups: Sequence[ConditionGroup | FieldConditionGroup] = group.groups
        for number, inner in enumerate(groups, 1):
            if self.group(inner, f"{place}group {number}, ") is wanted:
                return wanted
        return not wanted

    def _told(self, condition: Condition | FieldCondition, place: str) -> bool:
        place = place[:1].upper() + place[1:]
        try:
            self._budget.spend(1)
            return self._holds(condition)
        except NotOfTypeError as error:
            raise _wrong(f"{place}: {error}.", self._convert) from None
        except MissingValueError as error:
            raise StepError(
                f'{place}: {error.message} Ask whether it exists first, or switch on "Convert types".',
                code="condition-value",
                retryable=False,
            ) from error
        except ExpressionError as error:
            raise StepError(f"{place}: {error.message}", code="condition-value", retryable=False) from error

    def _holds(self, condition: Condition | FieldCondition) -> bool:
        operator = OPERATORS[condition.operator]
        left = self._left(condition)
        is_missing = left is None or (isinstance(left, Unavailable) and left.is_missing)
        if condition.operator in {"exists", "not_exists"}:
            if not is_missing:
                _available(left)
            return is_missing is (condition.operator == "not_exists")
        if is_missing and condition.operator in {"is_empty", "is_not_empty"}:
            return condition.operator == "is_empty"
        if is_missing and condition.type != "any" and self._convert:
            return operator.negates is not None
        positive = operator.negates or condition.operator
        if isinstance(left, Unavailable) and self._convert and left.is_missing:
            left = None
        answer = _CHECKS[positive](self, condition, _available(left))
        return answer if operator.negates is None else not answer

    def _left(self, condition: Condition | FieldCondition) -> Any:
        if isinstance(condition, Condition):
            return condition.left
        value = self._item
        path = "item"
        for name in condition.field.split(".") if condition.field else []:
            key: Any = int(name) if type(value) is list and name.isdigit() and len(name) < 10 else name
            try:
                value = look_up(value, key, path)
            except MissingValueError as error:
                return Unavailable(type(error)(error.explain()))
            path = f"{path}.{name}"
        return value

    def _typed(self, value: Any, type_: ValueType) -> Any:
        if is_of_type(value, type_):
            return value
        if self._convert:
            return convert(value, type_)
        raise NotOfTypeError(f"{named(type_)} is needed, and the value is {type_name(value)}")

    def _right(self, condition: Condition | FieldCondition, type_: ValueType) -> Any:
        return self._typed(_available(condition.right), type_)

    def _same(self, condition: Condition | FieldCondition, left: Any, right: Any) -> bool:
        """Compare two values that are of the type of the condition."""
        if condition.type == "date":
            return bool(self._moment(left) == self._moment(right))
        if condition.type == "any" and self._convert and type(left) is not type(right):
            left, right = self._alike(left, right)
        if condition.ignore_case and type(left) is str and type(right) is str:
            self._budget.spend(1 + (len(left) + len(right)) // 1000)
            left, right = left.casefold(), right.casefold()
        return equals(left, right, self._budget)

    @staticmethod
    def _alike(left: Any, right: Any) -> tuple[Any, Any]:
        """Read a text as what stands beside it, when it can be: "5" beside 5."""
        try:
            for type_ in ("number", "boolean"):
                if is_of_type(left, type_):
                    return left, convert(right, type_)
                if is_of_type(right, type_):
                    return convert(left, type_), right
        except NotOfTypeError:
            pass
        return left, right

    def _moment(self, value: str) -> Any:
        return read_moment(self._scope, value, None, "A date")

    # One method for each operator that is not the opposite of another. `left` is not yet of the right type.

    def _equals(self, condition: Condition | FieldCondition, left: Any) -> bool:
        typed = self._typed(left, condition.type)
        return self._same(condition, typed, self._right(condition, condition.type))

    def _in_list(self, condition: Condition | FieldCondition, left: Any) -> bool:
        typed = self._typed(left, condition.type)
        items = self._right(condition, "list")
        self._budget.spend(1 + len(items))
        return any(
            self._same(condition, typed, self._typed(item, condition.type))
            for item in items
            if item is not None or condition.type == "any"
        )

    def _contains(self, condition: Condition | FieldCondition, left: Any) -> bool:
        if condition.type == "text":
            return self._text_test(condition, left, str.__contains__)
        items = self._typed(left, "list")
        wanted = _available(condition.right)
        self._budget.spend(1 + len(items))
        loose = condition.model_copy(update={"type": "any"})
        return any(self._same(loose, item, wanted) for item in items)

    def _starts_with(self, condition: Condition | FieldCondition, left: Any) -> bool:
        return self._text_test(condition, left, str.startswith)

    def _ends_with(self, condition: Condition | FieldCondition, left: Any) -> bool:
        return self._text_test(condition, left, str.endswith)

    def _text_test(
        self, condition: Condition | FieldCondition, left: Any, test: Callable[[str, str], bool]
    ) -> bool:
        text, part = self._typed(left, "text"), self._right(condition, "text")
        self._budget.spend(1 + len(text) // 1000)
        if condition.ignore_case:
            text, part = text.casefold(), part.casefold()
        return test(text, part)

    def _matches(self, condition: Condition | FieldCondition, left: Any) -> bool:
        text = self._typed(left, "text")
        self._budget.spend(1 + len(text) // 100)
        return matches(text, self._right(condition, "text"), ignore_case=condition.ignore_case)

    def _ordered(self, condition: Condition | FieldCondition, left: Any) -> bool:
        typed, right = self._typed(left, condition.type), self._right(condition, condition.type)
        if condition.type == "date":
            first, second = self._moment(typed), self._moment(right)
            sign = int(first > second) - int(first < second)
        else:
            sign = order(typed, right, self._budget)
        return sign in _SIGNS[condition.operator]

    def _is_true(self, condition: Condition | FieldCondition, left: Any) -> bool:
        return bool(self._typed(left, "boolean")) is (condition.operator == "is_true")

    def _has_key(self, condition: Condition | FieldCondition, left: Any) -> bool:
        key = self._right(condition, "text")
        if condition.ignore_case:
            self._budget.spend(1 + len(left))
            return key.casefold() in {name.casefold() for name in self._typed(left, "object")}
        return key in self._typed(left, "object")

    def _is_empty(self, condition: Condition | FieldCondition, left: Any) -> bool:
        typed = self._typed(left, condition.type)
        return type(typed) in {str, list, dict} and not typed

    def _length(self, condition: Condition | FieldCondition, left: Any) -> bool:
        length, wanted = len(self._typed(left, condition.type)), self._right(condition, "number")
        return int(length > wanted) - int(length < wanted) in _SIGNS[condition.operator]


# What a comparison yields (-1, 0, 1) where the operator holds.
_SIGNS: dict[str, set[int]] = {
    "greater": {1},
    "greater_or_equal": {0, 1},
    "less": {-1},
    "less_or_equal": {-1, 0},
    "before": {-1},
    "not_after": {-1, 0},
    "after": {1},
    "not_before": {0, 1},
    "length_equals": {0},
    "length_greater": {1},
    "length_less": {-1},
}
_CHECKS: dict[str, Callable[[_Checker, Condition | FieldCondition, Any], bool]] = {
    "equals": _Checker._equals,
    "in_list": _Checker._in_list,
    "contains": _Checker._contains,
    "starts_with": _Checker._starts_with,
    "ends_with": _Checker._ends_with,
    "matches": _Checker._matches,
    "is_true": _Checker._is_true,
    "is_false": _Checker._is_true,
    "has_key": _Checker._has_key,
    "is_empty": _Checker._is_empty,
    **dict.fromkeys(
        ("greater", "greater_or_equal", "less", "less_or_equal"),
        _Checker._ordered,
    ),
    **dict.fromkeys(("before", "not_after", "after", "not_before"), _Checker._ordered),
    **dict.fromkeys(("length_equals", "length_greater", "length_less"), _Checker._length),
}


def _available(value: Any) -> Any:
    if isinstance(value, Unavailable):
        raise value.error
    return value


def _wrong(message: str, converted: bool) -> StepError:
    advice = "" if converted else ' Choose the type that it has, or switch on "Convert types".'
    return StepError(f"{message}{advice}", code="condition-type", retryable=False)
