"""The days that statistics are about, in the time zone of whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cached_property
from zoneinfo import ZoneInfo

from flowforge_provider.exceptions import StoreError
from flowforge_provider.nodes.schedule import check_timezone

__all__ = ["MOST_DAYS", "Days", "choose_days"]

#: About three months, and the longest three months there are.
MOST_DAYS = 92
_USUAL_DAYS = 30
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """
    Whole days, one after another.

    :param first: the earliest one
    :param last: the latest one, which counts, too
    :param timezone: IANA name; a day begins at midnight there, or when the clock is put on past it
    """

    first: date
    last: date
    timezone: str

    @cached_property
    def dates(self) -> tuple[date, ...]:
        """Return the days in their order."""
        return tuple(self.first + number * _DAY for number in range((self.last - self.first).days + 1))

    @cached_property
    def bounds(self) -> tuple[datetime, ...]:
        """Return the moments, in UTC, at which the days begin, and the one at which the last of them ends."""
        zone = ZoneInfo(self.timezone)
        return tuple(_beginning(each, zone) for each in (*self.dates, self.last + _DAY))


def choose_days(*, first: date | None, last: date | None, timezone_name: str, now: datetime) -> Days:
    """
    Return the days that somebody asks for; by default the last 30, today too.

    :param now: with a zone
    :raises StoreError: there is no such time zone, or these are no days or too many; codes ``bad-timezone``
        and ``bad-days``
    """
    if message := check_timezone(timezone_name):
        raise StoreError(message, code="bad-timezone")
    if last is None:
        last = now.astimezone(ZoneInfo(timezone_name)).date()
    if first is None:
        first = last - (_USUAL_DAYS - 1) * _DAY
    number = (last - first).days + 1
    if not 1 <= number <= MOST_DAYS:
        found = f"{first} to {last} are {number} days" if number > 1 else f"{first} is later than {last}"
        raise StoreError(f"{found}. Ask for 1 to {MOST_DAYS} days.", code="bad-days")
    return Days(first, last, timezone_name)


def _beginning(day: date, zone: ZoneInfo) -> datetime:
    # Of two midnights, the first. One that the clock leaves out is, with the offset before, the very moment
    # at which the clock is put on.
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(timezone.utc)
