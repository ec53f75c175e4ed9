"""Moments as people write them: ISO 8601, and times of a day in a time zone."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Collection

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(?:[.,](\d{1,9}))?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)


def parse_moment(text: str, *, timezone_name: str) -> datetime:
    """
    Return the moment that a text in ISO 8601 names.

    :param text: 2026-03-01, 2026-03-01T09:00, 2026-03-01 09:00:00.5+03:00, 2026-03-01T09:00:00Z
    :param timezone_name: IANA name of the zone that a text without an offset is in
    :return: in the zone that was named, or in that of the text's offset
    :raises ValueError: it is no such text, or names a day or hour that does not exist
    """
    match = _ISO.fullmatch(text.strip()) if len(text) < 100 else None
    if match is None:
        raise ValueError(f'"{text[:60]}" is not a moment such as 2026-03-01T09:00 or 2026-03-01T09:00:00Z')
    day, clock, seconds, fraction, offset = match.groups()
    micro = (fraction or "").ljust(6, "0")[:6]
    plain = f"{day}T{clock or '00:00'}{seconds or ':00'}.{micro}"
    try:
        moment = datetime.fromisoformat(plain)
        if offset is None:
            return moment.replace(tzinfo=ZoneInfo(timezone_name))
        return moment.replace(tzinfo=_offset(offset))
    except ValueError as error:
        raise ValueError(f'"{text[:60]}" names a day or hour that is none') from error


def parse_time(text: str) -> time:
    """
    Return the time of day that a text names.

    :param text: 9:00, 09:00 or 09:00:30
    :raises ValueError: it is no such text
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'"{text[:60]}" is not a time of day such as 09:00 or 18:30:15')
    hour, minute, second = match.groups()
    return time(int(hour), int(minute), int(second or 0))


def next_time_of_day(
    clock: time, *, weekdays: Collection[str], timezone_name: str, after: datetime
) -> datetime:
    """
    Return the next moment at which clocks of a time zone show a time.

    A time that a change of clocks leaves out is taken as much later as the clocks are put forward; of a time
    that comes twice, the first one counts.

    :param weekdays: of ``WEEKDAYS``; every day when there are none
    :param timezone_name: IANA name
    :param after: moment with a time zone; the result is later than it
    :return: in the given zone
    """
    zone = ZoneInfo(timezone_name)
    wanted = {WEEKDAYS.index(name) for name in weekdays} or set(range(len(WEEKDAYS)))
    first = after.astimezone(zone).date()
    # A week and a day: today's may be over.
    for days in range(-1, len(WEEKDAYS) + 2):
        day = first + timedelta(days=days)
        if day.weekday() not in wanted:
            continue
        moment = datetime.combine(day, clock, tzinfo=zone).astimezone(timezone.utc)
        if moment > after:
            return moment.astimezone(zone)
    raise AssertionError("Every week holds each of its days.")


def _offset(text: str) -> timezone:
    if text in {"Z", "z"}:
        return timezone.utc
    digits = text[1:].replace(":", "").ljust(4, "0")
    delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-delta if text[0] == "-" else delta)
