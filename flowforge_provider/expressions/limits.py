"""Bounds on what one rendering may cost, so that no expression can stop a worker or the api-server."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flowforge_provider.exceptions import ExpressionLimitError


@dataclass(frozen=True)
class Limits:
    """Upper bounds of one call of ``render``; the first two are settings, whose defaults are the same."""

    time_s: float = 1.0  # wall time in seconds
    output_chars: int = 1_048_576  # of the result, written as JSON; also of any string in between
    list_items: int = 200_000  # of any list that an expression makes
    made_chars: int = 100_000_000  # of all that one rendering makes on its way; bounds its memory
    depth: int = 100  # nesting of the result
    template_chars: int = 200_000  # of one string with expressions
    expression_chars: int = 20_000  # of one expression


DEFAULT_LIMITS = Limits()

# Bits of an integer; 1024 bits are about 300 digits.
MAX_INTEGER_BITS = 1024
# Units of work between two looks at the clock; one unit is about one small operation (under a microsecond).
_UNITS_PER_CHECK = 2_000
# What an item of a list takes in memory, in characters.
_CHARS_PER_ITEM = 50


class Budget:
    """
    Time and memory left for one rendering. Everything that works through data pays for it here.

    :param limits: the bounds
    """

    __slots__ = ("_deadline", "_left", "_room", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._left = _UNITS_PER_CHECK
        self._room = limits.made_chars
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
        :raises ExpressionLimitError: it is too long, or too much was made already
        """
        self.check_text(length)
        self._take(length)
        self.spend(1 + length // 1000)

    def check_text(self, length: int) -> None:
        """
        Refuse a text of this length if it is too long, without paying for it.

        :raises ExpressionLimitError: it is too long
        """
        if length > self.limits.output_chars:
            raise ExpressionLimitError(
                f"The expression makes a text of {length:,} characters; "
                f"{self.limits.output_chars:,} are allowed."
            )

    def allow_list(self, length: int) -> None:
        """
        Agree to a list of this length, before it is made.

        :param length: items
        :raises ExpressionLimitError: it is too long, or too much was made already
        """
        if length > self.limits.list_items:
            raise ExpressionLimitError(
                f"The expression makes a list of {length:,} items; {self.limits.list_items:,} are allowed."
            )
        self._take(length * _CHARS_PER_ITEM)
        self.spend(1 + length)

    def _take(self, chars: int) -> None:
        self._room -= chars
        if self._room < 0:
            raise ExpressionLimitError(
                "The expression makes too many long texts or lists on its way. "
                "Make it simpler, or let a transform step with jq do it."
            )
