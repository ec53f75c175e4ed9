"""Dates and times, by the functions of the expression library."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

from flowforge_provider.expressions.library import dates
from flowforge_provider.transforms import paths
from flowforge_provider.transforms.errors import OperationError, ValueMismatchError
from flowforge_provider.transforms.order import to_decimal
from flowforge_provider.transforms.work import Operation, Work, convert, for_each


def date(operation: Operation, value: Any, work: Work) -> Any:
    """Read, write and move dates."""
    action = _ACTIONS[operation["date_action"]]

    def of_item(item: Any, index: int) -> Any:
        def change(source: Any) -> Any:
            return action(operation, source, work, lambda name: evaluate(name, item, index))

        return convert(work, operation, item, change, whole=True)

    def evaluate(name: str, item: Any, index: int) -> Any:
        return work.evaluate(operation, name, item=item, index=index, value=value)

    return for_each(work, value, of_item)


def _parse(operation: Operation, source: Any, work: Work, _evaluate: Any) -> str:
    kind, zone = operation["date_input"], operation["timezone"] or None
    if kind == "pattern":
        made = dates.parse_date(work.scope(), source, operation["pattern"], zone)
        return dates.to_timezone(work.scope(), made, zone) if zone else made
    if kind in {"unix_s", "unix_ms"}:
        number = to_decimal(source)
        if number is None:
            raise ValueMismatchError(f"{source!r:.60} is no number of seconds.", field="field")
        seconds = number / 1000 if kind == "unix_ms" else number
        return dates.from_timestamp(work.scope(), float(seconds), zone or "UTC")
    if kind == "email":
        try:
            moment = parsedate_to_datetime(source)
        except (TypeError, ValueError, IndexError):
            raise ValueMismatchError(
                f"{source!r:.60} is no date such as Sun, 01 Mar 2026 09:00:00 +0300.", field="field"
            ) from None
        source = moment.isoformat()
    return dates.date_add(work.scope(), source, timezone=zone)


def _format(operation: Operation, source: Any, work: Work, _evaluate: Any) -> str:
    return dates.date_format(work.scope(), source, operation["pattern"], operation["timezone"] or None)


def _convert(operation: Operation, source: Any, work: Work, _evaluate: Any) -> str:
    if not operation["timezone"]:
        raise OperationError("Name the time zone that dates are changed to.", field="timezone")
    return dates.to_timezone(work.scope(), source, operation["timezone"])


def _add(operation: Operation, source: Any, work: Work, evaluate: Any) -> str:
    amount = evaluate("amount")
    whole = type(amount) is int or (type(amount) is float and amount.is_integer())
    if type(amount) not in {int, float} or (operation["unit"] in {"months", "years"} and not whole):
        raise OperationError(
            f"It takes a number, for months and years a whole one, not {amount!r:.60}.", field="amount"
        )
    return dates.date_add(
        work.scope(), source, **{operation["unit"]: amount}, timezone=operation["timezone"] or None
    )


def _start_of(operation: Operation, source: Any, work: Work, _evaluate: Any) -> str:
    return dates.start_of(work.scope(), source, operation["start"], operation["timezone"] or None)


def _difference(operation: Operation, source: Any, work: Work, evaluate: Any) -> Any:
    if operation["unit"] in {"months", "years"}:
        raise OperationError("A difference is told in weeks or smaller units.", field="unit")
    other = evaluate("other_date")
    if type(other) is not str or not other:
        raise OperationError(f"The other date is {paths.kind_of(other)}, not a date.", field="other_date")
    return dates.date_diff(work.scope(), source, other, operation["unit"])


_ACTIONS = {
    "parse": _parse,
    "format": _format,
    "convert": _convert,
    "add": _add,
    "start_of": _start_of,
    "difference": _difference,
}
