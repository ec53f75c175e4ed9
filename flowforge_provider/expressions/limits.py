"""Bounds on what one rendering may cost, so that no expression can stop a worker or the api-server."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flowforge_provider.exceptions import ExpressionLimitError


@dataclass(frozen=True)
class Limits:
    """Upper bounds of one call of ``render``."""

    time_s: float = 1.0  # wall time in seconds
    output_chars: int = 10_000_000  # of the result, written as JSON; also of any string in between
    list_items: int = 200_000  # of any list that an expression makes
    depth: int = 100  # nesting of the result
    template_chars: int = 200_000  # of one string with expressions
    expression_chars: int = 20_000  # of one expression


DEFAULT_LIMITS = Limits()

# Bits of an integer; 1024 bits are about 300 digits.
MAX_INTEGER_BITS = 1024
# Units of work between two looks at the clock; one unit is about one small operation (under a microsecond).
_UNITS_PER_CHECK = 2_000


class Budget:
    """
    Time left for one rendering. Everything that works through data pays for it here.

    :param limits: the bounds
    """

    __slots__ = ("_deadline", "_left", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._left = _UNITS_PER_CHECK
        self._deadline = time.monotonic() + limits.time_s

    def spend(self, units: int = 1) -> None:
        """
        Pay for some work before it is done.

        :param units: items or, for texts, thousands of characters that the work goes through
        :raises ExpressionLimitError: the time is up
        """
        self._left -= units
        if self._left < 0:
            self._left = _UNITS_PER_CHECK
            if time.monotonic() > self._deadline:
                raise ExpressionLimitError(
                    f"The expression took longer than {self.limits.time_s:g} s. "
                    "Make it simpler, or let a transform step with jq do it."
                )

    def allow_text(self, length: int) -> None:
        """
        Agree to a text of this length, before it is made.

        :param length: characters
        :raises ExpressionLimitError: it is too long
        """
        if length > self.limits.output_chars:
            raise ExpressionLimitError(
                f"The expression makes a text of {length:,} characters; "
                f"{self.limits.output_chars:,} are allowed."
            )
        self.spend(1 + length // 1000)

    def allow_list(self, length: int) -> None:
        """
        Agree to a list of this length, before it is made.

        :param length: items
        :raises ExpressionLimitError: it is too long
        """
        if length > self.limits.list_items:
            raise ExpressionLimitError(
                f"The expression makes a list of {length:,} items; {self.limits.list_items:,} are allowed."
            )
        self.spend(1 + length)
