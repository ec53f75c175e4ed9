"""What all operations of one run share: data, limits, the clock."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import ExpressionError, ExpressionLimitError
from flowforge_provider.expressions.limits import DEFAULT_LIMITS, Budget, Limits
from flowforge_provider.transforms import paths
from flowforge_provider.transforms.errors import OperationError, ValueMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowforge_provider.expressions.operations import Scope

Operation = dict[str, Any]

# All that the expressions of one run may make: some hundred megabytes at most.
_MOST_CHARS = 100_000_000


@dataclass
class Work:
    """
    One run of a pipeline.

    :param data: what expressions see beside the item: trigger, steps, run, workflow, vars
    :param time_limit_s: seconds that all operations together may take
    :param max_bytes: bytes of JSON that a jq program may return
    :param limits: bounds of each expression
    :param secrets: connection id -> secret; None in a preview, which has none
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    time_limit_s: float = 10.0
    max_bytes: int = 1_048_576
    limits: Limits = DEFAULT_LIMITS
    secrets: Mapping[str, str] | None = None
    notes: list[str] = field(default_factory=list)
    _deadline: float = 0.0
    _made_chars: int = 0

    def __post_init__(self) -> None:
        """Start the clock."""
        self._deadline = time.monotonic() + self.time_limit_s

    def time_left_s(self) -> float:
        """Return the seconds that are left, at least a little."""
        return max(0.01, self._deadline - time.monotonic())

    def tick(self) -> None:
        """
        Look at the clock; called for each item.

        :raises OperationError: the time is up
        """
        if time.monotonic() > self._deadline:
            raise OperationError(
                f"The operations took longer than {self.time_limit_s:g} s. Work on fewer items, or raise "
                "[flowforge] transform_time_limit_s.",
                code="transform-timeout",
            )

    def note(self, text: str) -> None:
        """Tell the reader of a preview something, once."""
        if text not in self.notes:
            self.notes.append(text)

    def scope(self) -> Scope:
        """Return what the functions of the expression library need."""
        from flowforge_provider.expressions.operations import Scope

        return Scope(self.data, Budget(self.limits))

    def evaluate(self, operation: Operation, name: str, *, item: Any, index: int, value: Any) -> Any:
        """
        Return a field of an operation with its expressions filled in.

        :param operation: the operation
        :param name: dotted path of the field inside it: fields.0.value
        :param item: what expressions see as ``row``
        :param index: place of the item, from 0
        :param value: what expressions see as ``value``: all that the operation works on
        """
        template = paths.get(operation, name)
        from flowforge_provider.expressions import render

        seen = {**self.data, "row": item, "row_index": index, "value": value}
        try:
            made = render(template, seen, limits=self.limits)
        except ExpressionError as error:
            raise OperationError(error.message, field=name, code=error.error_code) from None
        if made is not template:
            self._weigh(made)
        return made

    def _weigh(self, value: Any) -> None:
        """Count what expressions make; each one is bounded, but there may be one for each of many items."""
        if type(value) is str:
            self._made_chars += len(value)
            if self._made_chars > _MOST_CHARS:
                raise OperationError(
                    f"The expressions make more than {_MOST_CHARS:,} characters. Work on fewer items.",
                    code="transform-memory",
                )
        elif type(value) is dict:
            for item in value.values():
                self._weigh(item)
        elif type(value) is list:
            for item in value:
                self._weigh(item)


@contextmanager
def at_item(index: int) -> Iterator[None]:
    """Have an error tell the place of the item."""
    try:
        yield
    except OperationError as error:
        if error.item is None:
            error.item = index
        raise


def need_list(value: Any) -> list[Any]:
    """
    Return a list.

    :raises OperationError: it is none
    """
    if type(value) is not list:
        advice = (
            "" if type(value) is not dict else " Split a list into items first, or set the input to the list."
        )
        raise OperationError(f"It works on a list, and gets {paths.kind_of(value)}.{advice}")
    return value


def for_each(work: Work, value: Any, function: Callable[[Any, int], Any]) -> Any:
    """Return the list of what the function makes of each item; of anything else, what it makes of that."""
    if type(value) is not list:
        return function(value, 0)
    made = []
    for index, item in enumerate(value):
        work.tick()
        with at_item(index):
            made.append(function(item, index))
    return made


def put_at(item: Any, path: str, new: Any, *, field_name: str = "target") -> Any:
    """Return the item with something put at a path; the new thing itself when the path is empty."""
    try:
        return paths.put(item, path, new) if path else new
    except paths.PathError as error:
        raise OperationError(str(error), field=field_name) from None


def convert(
    work: Work, operation: Operation, value: Any, function: Callable[[Any], Any], *, whole: bool = False
) -> Any:
    """
    Put what a function makes of a field in its place, or in the ``target`` field, in each item.

    :param operation: with ``field``, ``target`` and perhaps ``on_bad_value``
    :param whole: without a ``field``, take the value as one, also when it is a list
    """
    source_path, target = operation["field"], operation["target"]

    def of_item(item: Any, _index: int) -> Any:
        source = paths.get(item, source_path)
        try:
            if source is paths.MISSING:
                raise ValueMismatchError(f"There is no field {source_path!r}{_in(item)}.", field="field")
            made = function(source)
        except (ValueMismatchError, ExpressionError) as error:
            policy = operation.get("on_bad_value", "fail")
            if policy == "fail" or isinstance(error, ExpressionLimitError):
                raise _as_operation_error(error) from None
            if policy == "keep" and (source is paths.MISSING or not target):
                return item
            made = source if policy == "keep" else None
        return put_at(item, target or source_path, made)

    if whole and not source_path:
        return of_item(value, 0)
    return for_each(work, value, of_item)


def _as_operation_error(error: OperationError | ExpressionError) -> OperationError:
    if isinstance(error, OperationError):
        return error
    is_limit = isinstance(error, ExpressionLimitError)
    return OperationError(
        error.message, field="field", code=error.error_code if is_limit else "transform-failed"
    )


def _in(item: Any) -> str:
    if type(item) is not dict:
        return f"; the item is {paths.kind_of(item)}"
    names = ", ".join(list(item)[:10])
    return (
        f"; the item has {names}{' and more' if len(item) > 10 else ''}" if names else "; the item is empty"
    )
