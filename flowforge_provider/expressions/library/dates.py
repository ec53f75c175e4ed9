"""Moments in time. In JSON they are texts in ISO 8601, so every filter reads and writes those."""

# Arguments are named as people write them in expressions.
# ruff: noqa: A002, PLR0917

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flowforge_provider.exceptions import ExpressionValueError
from flowforge_provider.expressions.operations import Scope, need_number, need_text, operation
from flowforge_provider.expressions.values import repr_name, type_name

_GROUP = "Dates"
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)
# Plain directives only: glibc takes a width, and %1000000000d would fill the memory.
_FORMAT = re.compile(r"%(?:[aAbBdHIjmMpSfUwWyYzZGuV%]|$)|%")
_KNOWN = frozenset(f"%{letter}" for letter in "aAbBdHIjmMpSfUwWyYzZGuV%")
_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}


@operation("function", group=_GROUP, example=("{{ now() | date_format('%Y') | length }}", 4))
def now(scope: Scope, timezone: Any = None) -> str:  # noqa: A002, RUF100
    """Return the present moment, in the workflow's time zone or the given one."""
    return _write(scope.now().astimezone(_zone(scope, timezone)))


@operation("function", group=_GROUP, example=("{{ today() | length }}", 10))
def today(scope: Scope, timezone: Any = None) -> str:
    """Return today's date, in the workflow's time zone or the given one."""
    return scope.now().astimezone(_zone(scope, timezone)).date().isoformat()


@operation(
    "filter",
    group=_GROUP,
    example=("{{ '2026-03-01T09:30:00Z' | date_format('%d.%m.%Y %H:%M') }}", "01.03.2026 09:30"),
)
def date_format(scope: Scope, value: Any, format: Any = "%Y-%m-%d %H:%M:%S", timezone: Any = None) -> str:
    """Write a moment for people: %Y-%m-%d %H:%M:%S, %A for the day of the week, %B for the month."""
    pattern = _pattern(format, "date_format")
    return read_moment(scope, value, timezone, "date_format").strftime(pattern)


@operation(
    "filter",
    group=_GROUP,
    example=("{{ '01.03.2026' | parse_date('%d.%m.%Y') }}", "2026-03-01T00:00:00+00:00"),
)
def parse_date(scope: Scope, value: Any, format: Any, timezone: Any = None) -> str:
    """Read a moment that is written in another form than ISO 8601."""
    text, pattern = need_text(value, "parse_date"), _pattern(format, "parse_date")
    if len(text) > 200:
        raise ExpressionValueError("parse_date: the text is too long for a date.")
    try:
        moment = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is added below
    except (ValueError, re.error):
        raise ExpressionValueError(f'parse_date: {repr_name(text)} is not of the form "{pattern}".') from None
    return _write(moment if moment.tzinfo else moment.replace(tzinfo=_zone(scope, timezone)))


@operation(
    "filter",
    group=_GROUP,
    example=("{{ '2026-01-31' | date_add(months=1) | date_format('%Y-%m-%d') }}", "2026-02-28"),
)
def date_add(
    scope: Scope,
    value: Any,
    years: Any = 0,
    months: Any = 0,
    weeks: Any = 0,
    days: Any = 0,
    hours: Any = 0,
    minutes: Any = 0,
    seconds: Any = 0,
    timezone: Any = None,
) -> str:
    """Move a moment; negative numbers go back. Years to days keep the wall clock of the time zone."""
    moment = read_moment(scope, value, timezone, "date_add")
    try:
        moment = _add_months(
            moment, int(need_number(years, "date_add")) * 12 + int(need_number(months, "date_add"))
        )
        moment += timedelta(weeks=need_number(weeks, "date_add"), days=need_number(days, "date_add"))
        exact = timedelta(
            hours=need_number(hours, "date_add"),
            minutes=need_number(minutes, "date_add"),
            seconds=need_number(seconds, "date_add"),
        )
        if exact:
            moment = (moment.astimezone(_UTC) + exact).astimezone(moment.tzinfo)
    except (OverflowError, ValueError):
        raise ExpressionValueError("date_add: the result is no date between the years 1 and 9999.") from None
    return _write(moment)


@operation("filter", group=_GROUP, example=("{{ '2026-03-02' | date_diff('2026-03-01', 'hours') }}", 24))
def date_diff(scope: Scope, value: Any, other: Any, unit: Any = "seconds") -> Any:
    """Return how much later the moment is than the other, in seconds, minutes, hours, days or weeks."""
    if type(unit) is not str or unit not in _UNITS:
        raise ExpressionValueError(f"date_diff: the unit is one of {', '.join(_UNITS)}.")
    later, earlier = (
        read_moment(scope, value, None, "date_diff"),
        read_moment(scope, other, None, "date_diff"),
    )
    return _tidy((later - earlier).total_seconds() / _UNITS[unit])


@operation(
    "filter",
    group=_GROUP,
    example=("{{ '2026-03-01T22:00:00Z' | to_timezone('Europe/Moscow') }}", "2026-03-02T01:00:00+03:00"),
)
def to_timezone(scope: Scope, value: Any, timezone: Any) -> str:
    """Write the same moment in another time zone."""
    return _write(read_moment(scope, value, need_text(timezone, "to_timezone"), "to_timezone"))


@operation(
    "filter",
    group=_GROUP,
    example=("{{ '2026-03-18T10:20:30Z' | start_of('month') }}", "2026-03-01T00:00:00+00:00"),
)
def start_of(scope: Scope, value: Any, unit: Any = "day", timezone: Any = None) -> str:
    """Return the start of the moment's year, month, week (Monday), day or hour."""
    moment = read_moment(scope, value, timezone, "start_of")
    if unit == "hour":
        return _write(moment.replace(minute=0, second=0, microsecond=0))
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    starts = {"day": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}
    if unit == "week":
        return _write(day - timedelta(days=min(day.weekday(), day.toordinal() - 1)))
    if unit not in starts:
        raise ExpressionValueError("start_of: the unit is year, month, week, day or hour.")
    return _write(starts[unit])


@operation("filter", group=_GROUP, example=("{{ '1970-01-02T00:00:00Z' | timestamp }}", 86400))
def timestamp(scope: Scope, value: Any) -> Any:
    """Return the seconds since 1970-01-01 UTC."""
    return _tidy((read_moment(scope, value, None, "timestamp") - _EPOCH).total_seconds())


@operation("filter", group=_GROUP, example=("{{ 86400 | from_timestamp }}", "1970-01-02T00:00:00+00:00"))
def from_timestamp(scope: Scope, value: Any, timezone: Any = None) -> str:
    """Make a moment of the seconds since 1970-01-01 UTC."""
    try:
        moment = _EPOCH + timedelta(seconds=need_number(value, "from_timestamp"))
        return _write(moment.astimezone(_zone(scope, timezone)))
    except OverflowError:
        raise ExpressionValueError(
            "from_timestamp: the number is no date between the years 1 and 9999."
        ) from None


_UTC = timezone.utc
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def read_moment(scope: Scope, value: Any, zone: Any, who: str) -> datetime:
    """
    Read a moment. Without an offset it is in the zone; with one it is moved there when a zone is given.

    :param value: a text in ISO 8601
    :param zone: IANA name of a time zone; the workflow's own, from the scope's data, when None
    :param who: operation that needs the moment, for messages
    :raises ExpressionValueError: it is no text, or no date
    """
    if type(value) is not str:
        raise ExpressionValueError(
            f"{who} needs a date as text (2026-03-01T09:00:00Z), not {type_name(value)}. "
            "Seconds since 1970 become one with | from_timestamp."
        )
    match = _ISO.fullmatch(value.strip()) if len(value) < 100 else None
    if match is None:
        raise ExpressionValueError(
            f"{who}: {repr_name(value)} is not a date such as 2026-03-01 or 2026-03-01T09:00:00Z. "
            "Read other forms with | parse_date('%d.%m.%Y')."
        )
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        moment = datetime(  # noqa: DTZ001 - the zone is added below
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]),
        )
        if offset is None:
            return moment.replace(tzinfo=_zone(scope, zone))
        moment = moment.replace(tzinfo=_offset(offset))
        return moment if zone is None else moment.astimezone(_zone(scope, zone))
    except (ValueError, OverflowError):
        raise ExpressionValueError(f"{who}: {repr_name(value)} names a day or hour that is none.") from None


def _offset(text: str) -> tzinfo:
    if text in {"Z", "z"}:
        return _UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-delta if text[0] == "-" else delta)


def _zone(scope: Scope, name: Any) -> tzinfo:
    if name is None:
        workflow = scope.data.get("workflow")
        name = workflow.get("timezone") if isinstance(workflow, dict) else None
        if type(name) is not str or not name:
            return _UTC
    zone = _load_zone(need_text(name, "A time zone"))
    if zone is None:
        raise ExpressionValueError(f"{repr_name(name)} is not a time zone. Use a name such as Europe/Moscow.")
    return zone


@lru_cache(maxsize=256)
def _load_zone(name: str) -> tzinfo | None:
    if len(name) > 100:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _pattern(value: Any, who: str) -> str:
    pattern = need_text(value, who)
    if len(pattern) > 200:
        raise ExpressionValueError(f"{who}: the format is longer than 200 characters.")
    for match in _FORMAT.finditer(pattern):
        if match[0] not in _KNOWN:
            shown = pattern[match.start() : match.start() + 2]
            raise ExpressionValueError(f'{who}: "{shown}" is not known. docs/expressions.md lists the signs.')
    return pattern


def _write(moment: datetime) -> str:
    return moment.isoformat()


def _tidy(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _add_months(moment: datetime, months: int) -> datetime:
    if months == 0:
        return moment
    index = moment.year * 12 + moment.month - 1 + months
    year, month = index // 12, index % 12 + 1
    if not 1 <= year <= 9999:
        raise ValueError("out of range")
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
