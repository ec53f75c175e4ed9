"""
The moments that a cron expression names, exactly once each, also where clocks are changed.

An expression with fixed hours names times of the wall clock. A time that a change of clocks leaves out is
taken as much later as the clocks are put forward; of a time that comes twice, the second one counts. An
expression for every hour goes by what the clock shows: again where an hour comes twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import tzinfo

__all__ = ["PRESETS", "following", "is_wrong_in_airflow", "preceding"]

# The names that Airflow's timetables expand.
PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
# Clocks are changed by up to a day: Samoa left out the 30th of December 2011.
_NEAR = timedelta(hours=26)
# Clocks are put forward at night.
_HOURS_OF_CHANGES = frozenset({23, 0, 1, 2, 3, 4})
_LOOKED_BACK = tuple(timedelta(days=days) for days in (1 / 24, 1, 32, 367, 9 * 366, 50 * 366))


def following(expression: str, timezone_name: str, after: datetime) -> datetime | None:
    """
    Return the first moment later than another one; None when there is none.

    :param expression: a cron expression without mistakes, or a preset such as @daily
    :param timezone_name: IANA name in whose wall clock it is read
    :param after: moment with a time zone
    :return: in UTC
    """
    zone = ZoneInfo(timezone_name)
    text = PRESETS.get(expression.strip(), expression.strip())
    after = after.astimezone(timezone.utc)
    return _by_the_clock(text, zone, after) if _is_for_every_hour(text) else _by_the_wall(text, zone, after)


def preceding(expression: str, timezone_name: str, at: datetime) -> datetime | None:
    """
    Return the last moment that is not later than another one; None when there is none within fifty years.

    :param expression: as in ``following``
    :param at: moment with a time zone
    :return: in UTC
    """
    at = at.astimezone(timezone.utc)
    for span in _LOOKED_BACK:
        last = following(expression, timezone_name, at - span)
        if last is not None and last <= at:
            break
    else:
        return None
    later = at
    while later - last > _MINUTE:
        middle = last + (later - last) / 2
        found = following(expression, timezone_name, middle)
        if found is not None and found <= at:
            last = found
        else:
            later = middle
    while (found := following(expression, timezone_name, last)) is not None and found <= at:
        last = found
    return last


def is_wrong_in_airflow(expression: str) -> bool:
    """
    Tell whether Airflow's own timetable goes wrong with an expression where clocks are changed.

    For every hour of certain days it adds up hours from one run to the next, which is an hour off when the
    clocks are changed in between. And of several minutes of an hour that is left out it runs the first only.
    """
    from croniter import croniter

    text = PRESETS.get(expression.strip(), expression.strip())
    minutes, hours, *days = croniter(text).expanded
    if hours == ["*"]:
        return any(field != ["*"] for field in days)
    return (len(minutes) > 1 or minutes == ["*"]) and any(hour in _HOURS_OF_CHANGES for hour in hours)


@lru_cache(maxsize=512)
def _is_for_every_hour(text: str) -> bool:
    from croniter import croniter

    return bool(croniter(text).expanded[1] == ["*"])


def _by_the_wall(text: str, zone: tzinfo, after: datetime) -> datetime | None:
    shift = _change_near(after, zone)
    wall = after.astimezone(zone).replace(tzinfo=None)
    walls = _Walls(text, wall - shift - _SECOND)
    first: datetime | None = None
    best: datetime | None = None
    while (found := walls.next()) is not None and (first is None or found <= first + shift):
        moment = _moment_of(found, zone)
        if moment <= after:
            continue
        if first is None:
            first = found
            shift = max(shift, _change_near(moment, zone))
        # A time that is left out becomes later than those after it.
        best = moment if best is None else min(best, moment)
    return best


def _by_the_clock(text: str, zone: tzinfo, after: datetime) -> datetime | None:
    start = after
    wall = after.astimezone(zone).replace(tzinfo=None)
    for _ in range(100):
        offset = _offset(start, zone)
        found = _Walls(text, wall).next()
        if found is None:
            return None
        moment = (found - offset).replace(tzinfo=timezone.utc)
        if _offset(moment, zone) == offset:
            return moment
        # The clocks are changed before that: go on from there, by the new offset.
        start = _change_between(start, moment, zone)
        wall = start.astimezone(zone).replace(tzinfo=None) - _SECOND
    return None


class _Walls:
    """Times of the wall clock, without a time zone."""

    def __init__(self, text: str, after: datetime) -> None:
        from croniter import croniter

        self._cron = croniter(text, after)

    def next(self) -> datetime | None:
        from croniter.croniter import CroniterError

        try:
            found: datetime = self._cron.get_next(datetime)
        except CroniterError:
            return None
        return found


def _moment_of(wall: datetime, zone: tzinfo) -> datetime:
    moment = wall.replace(tzinfo=zone, fold=1).astimezone(timezone.utc)
    if moment.astimezone(zone).replace(tzinfo=None) != wall:
        moment = wall.replace(tzinfo=zone, fold=0).astimezone(timezone.utc)
    return moment


def _offset(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _change_near(moment: datetime, zone: tzinfo) -> timedelta:
    offsets = [_offset(moment + distance, zone) for distance in (-_NEAR, timedelta(0), _NEAR)]
    return max(offsets) - min(offsets)


def _change_between(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    offset = _offset(before, zone)
    while after - before > _SECOND:
        middle = before + (after - before) / 2
        if _offset(middle, zone) == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
