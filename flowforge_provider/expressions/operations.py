"""The fixed lists of filters, tests and functions of the language, and what is told about each."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from flowforge_provider.exceptions import ExpressionValueError
from flowforge_provider.expressions.values import are_plain, plain, type_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.expressions.limits import Budget

# Default of an argument whose absence means something of its own.
ABSENT = object()

Kind = Literal["filter", "test", "function"]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Scope:
    """
    What one rendering works with.

    :param data: names that expressions see
    :param budget: time and sizes that are left
    :param moment: what ``now()`` returns, with a time zone; the clock is read when None
    """

    data: Mapping[str, Any]
    budget: Budget
    moment: datetime | None = None

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return self.moment or datetime.now(timezone.utc)


@dataclass(frozen=True)
class Operation:
    """A filter, test or function. ``function`` gets the scope, the value unless it is one, the arguments."""

    kind: Kind
    name: str
    group: str
    function: Callable[..., Any]
    doc: str
    # An expression and its result; both are shown, and run as a test.
    example: tuple[str, Any]
    aliases: tuple[str, ...] = ()
    parameters: tuple[inspect.Parameter, ...] = field(default=(), repr=False)

    @property
    def signature(self) -> str:
        """Return the call as people write it: replace(old, new, count=None)."""
        shown = [_show_parameter(parameter) for parameter in self.parameters]
        return f"{self.name}({', '.join(shown)})" if shown or self.kind == "function" else self.name

    def complaint(self, positional: int, names: list[str]) -> str | None:
        """Return why a call with these arguments cannot work, or None; argument values do not matter."""
        try:
            inspect.Signature(self.parameters).bind(*[None] * positional, **dict.fromkeys(names))
        except TypeError as error:
            return f"{error}. It is written {self.signature}."
        return None


FILTERS: dict[str, Operation] = {}
TESTS: dict[str, Operation] = {}
FUNCTIONS: dict[str, Operation] = {}
_TABLES: dict[Kind, dict[str, Operation]] = {"filter": FILTERS, "test": TESTS, "function": FUNCTIONS}


def operation(
    kind: Kind,
    *,
    group: str,
    example: tuple[str, Any],
    name: str | None = None,
    aliases: tuple[str, ...] = (),
) -> Callable[[F], F]:
    """
    Add a function to the language; its docstring's first line is what people read about it.

    :param kind: filter, test or function
    :param group: heading under which it is listed
    :param example: an expression and its result
    :param name: name in the language; the function's own without a trailing underscore when absent
    :param aliases: other names, not listed
    """

    def register(function: F) -> F:
        own = name or function.__name__.strip("_")
        skipped = 1 if kind == "function" else 2
        parameters = tuple(inspect.signature(function).parameters.values())[skipped:]
        doc = inspect.cleandoc(function.__doc__ or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")
        entry = Operation(kind, own, group, function, doc, example, aliases, parameters)
        for each in (own, *aliases):
            _TABLES[kind][each] = entry
        return function

    return register


def _show_parameter(parameter: inspect.Parameter) -> str:
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        return f"*{parameter.name}"
    if parameter.default is inspect.Parameter.empty:
        return parameter.name
    if parameter.default is ABSENT:
        return f"{parameter.name}?"
    if parameter.default is None or isinstance(parameter.default, bool):
        return f"{parameter.name}={json.dumps(parameter.default)}"
    return f"{parameter.name}={parameter.default!r}"


# What an operation accepts. Each returns the value as its type, or says what is needed instead.


def need_text(value: Any, who: str) -> str:
    """Return a text; anything else is an error that names the operation."""
    if type(value) is not str:
        raise ExpressionValueError(f"{who} needs a text, not {type_name(value)}. Convert it with | string.")
    return value


def need_integer(value: Any, who: str, *, low: int = -(10**9), high: int = 10**9) -> int:
    """Return a whole number between two bounds."""
    if type(value) is not int:
        raise ExpressionValueError(f"{who} needs a whole number, not {type_name(value)}.")
    if not low <= value <= high:
        raise ExpressionValueError(f"{who} needs a number from {low:,} to {high:,}.")
    return value


def need_number(value: Any, who: str) -> int | float:
    """Return a number; true and false are none."""
    if type(value) is int or type(value) is float:
        return value
    raise ExpressionValueError(
        f"{who} needs a number, not {type_name(value)}. Convert it with | int or | float."
    )


def need_list(scope: Scope, value: Any, who: str) -> list[Any]:
    """Return a list, all of whose items are JSON; looking at them is paid for."""
    if type(value) is not list:
        advice = " Use | values for what the object holds." if type(value) is dict else ""
        raise ExpressionValueError(f"{who} needs a list, not {type_name(value)}.{advice}")
    scope.budget.spend(1 + len(value) // 20)
    return value if are_plain(value) else [plain(item) for item in value]


def need_object(scope: Scope, value: Any, who: str) -> dict[str, Any]:
    """Return an object, all of whose values are JSON; looking at them is paid for."""
    if type(value) is not dict:
        raise ExpressionValueError(f"{who} needs an object, not {type_name(value)}.")
    scope.budget.spend(1 + len(value) // 20)
    return value if are_plain(value.values()) else {key: plain(item) for key, item in value.items()}
