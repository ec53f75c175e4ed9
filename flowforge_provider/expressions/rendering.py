"""Fill in the expressions of a JSON value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import ExpressionValueError
from flowforge_provider.expressions.limits import DEFAULT_LIMITS, Budget, Limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flowforge_provider.expressions.operations import Scope


def render(
    value: Any, data: Mapping[str, Any], *, limits: Limits | None = None, now: datetime | None = None
) -> Any:
    """
    Return the value with every ``{{ expression }}`` in its strings filled in.

    A string that is one whole expression becomes its value with its type; inside a text, what is no text
    is written as JSON. Strings without ``{{`` stay as they are. What an expression yields is never rendered
    again.

    :param value: any JSON, for example a node's parameters; it is not changed
    :param data: what expressions see; JSON values under the names trigger, steps, run, workflow, vars
    :param limits: bounds of this call; ``Limits()`` when absent
    :param now: what ``now()`` returns, with a time zone; the clock when absent
    :raises ExpressionSyntaxError: a template cannot be read
    :raises ExpressionValueError: a name or a field is missing, or an operation failed
    :raises ExpressionLimitError: a limit of time, size or nesting is reached
    """
    return _Rendering(data, limits or DEFAULT_LIMITS, now).render(value, 0)


class _Rendering:
    """One call of ``render``; the budget is shared by all strings of the value."""

    def __init__(self, data: Mapping[str, Any], limits: Limits, now: datetime | None) -> None:
        self._data, self._limits, self._now = data, limits, now
        self._scope: Scope | None = None

    def render(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self._render_text(value) if "{{" in value else value
        if isinstance(value, dict):
            self._check_depth(depth)
            return {self._render_key(key): self.render(item, depth + 1) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            self._check_depth(depth)
            return [self.render(item, depth + 1) for item in value]
        return value

    def _render_text(self, text: str) -> Any:
        from flowforge_provider.expressions.operations import Scope
        from flowforge_provider.expressions.template import read_template

        if self._scope is None:
            # Time runs from the first expression on: reading Jinja itself is not the user's doing.
            self._scope = Scope(self._data, Budget(self._limits), self._now)
        return read_template(text).render(self._scope)

    def _render_key(self, key: Any) -> Any:
        if not isinstance(key, str) or "{{" not in key:
            return key
        name = self._render_text(key)
        if not isinstance(name, str):
            raise ExpressionValueError(f"The key {key} of an object becomes no text. Add | string.")
        return name

    def _check_depth(self, depth: int) -> None:
        from flowforge_provider.exceptions import ExpressionLimitError

        if depth > self._limits.depth:
            raise ExpressionLimitError(f"The value is nested more than {self._limits.depth} deep.")
