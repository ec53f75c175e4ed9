"""Quiet hours: whether it is quiet now, and until when."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["quiet_until"]


def quiet_until(quiet: Mapping[str, Any] | None, now: datetime) -> datetime | None:
    """
    Return when the quiet hours end that it is in now; None when it is not quiet.

    A day's hours begin and end by the clock on the wall, so that they are an hour shorter or longer in the
    nights in which clocks change.

    :param quiet: {timezone, start, end, days}; an end before the start is on the next day
    :param now: with a time zone
    """
    if quiet is None:
        return None
    zone = ZoneInfo(quiet["timezone"])
    local = now.astimezone(zone)
    start, end = time.fromisoformat(quiet["start"]), time.fromisoformat(quiet["end"])
    for days_ago in (0, 1):
        day = local.date() - timedelta(days=days_ago)
        if day.weekday() not in quiet["days"]:
            continue
        begins = datetime.combine(day, start, tzinfo=zone)
        ends = datetime.combine(day + timedelta(days=1 if end <= start else 0), end, tzinfo=zone)
        # Compared in UTC: within one zone Python compares what the clocks show.
        if begins.astimezone(timezone.utc) <= now < ends.astimezone(timezone.utc):
            return ends.astimezone(timezone.utc)
    return None
