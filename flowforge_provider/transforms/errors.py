"""What goes wrong inside an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class OperationError(Exception):
    """
    An operation cannot do its work.

    :param message: what is wrong and what to do
    :param field: the operation's own field that is to blame: ``sort_by.0.field``; empty when none is
    :param code: kebab-case and stable
    """

    def __init__(self, message: str, *, field: str = "", code: str = "transform-failed") -> None:
        super().__init__(message)
        self.message, self.field, self.code = message, field, code
        # Place in the list, when the operation goes through one.
        self.item: int | None = None


class ValueMismatchError(OperationError):
    """A value is missing, null or cannot be read; ``on_bad_value`` tells what happens then."""


class PipelineError(Exception):
    """
    An operation of the pipeline failed.

    :param error: what happened
    :param operation: index of the operation in the list, from 0
    :param name: the operation's kind
    :param steps: samples of the results before it, when they were asked for
    """

    def __init__(
        self, error: OperationError, *, operation: int, name: str, steps: Sequence[Any] = ()
    ) -> None:
        self.steps = list(steps)
        self.error, self.operation, self.name = error, operation, name
        item = f", item {error.item}" if error.item is not None else ""
        super().__init__(f"Operation {operation + 1} ({name}){item}: {error.message}")
