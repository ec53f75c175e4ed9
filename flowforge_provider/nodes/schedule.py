"""Check cron expressions and time zones, and compute when a schedule fires next."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from flowforge_provider.nodes.cron_moments import PRESETS, following

# Leaves out the letters H and R of croniter, which stand for hashed and random values.
_FIELD = re.compile(
    r"^(?:[0-9*,/\-#?L]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|SUN|MON|TUE|WED|THU|FRI|SAT)+$",
    re.IGNORECASE,
)
_FIELD_NAMES = ("minute", "hour", "day of month", "month", "day of week")
_FIELD_VALUES = (
    "A minute is 0 to 59",
    "An hour is 0 to 23",
    "A day of month is 1 to 31, or L for the last one",
    "A month is 1 to 12, or JAN to DEC",
    "A day of week is 0 to 7, where 0 and 7 are Sunday, or SUN to SAT",
)
_EXAMPLE = "Example: 0 9 * * 1-5 is 9:00 on working days."


@cache
def _zone_names() -> list[str]:
    # Reads a folder of some hundred files.
    return sorted(available_timezones())


def check_timezone(name: str) -> str | None:
    """
    Return what is wrong with a time zone name, or None.

    :param name: IANA name, for example Europe/Moscow
    """
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = get_close_matches(name[:100], _zone_names(), n=3, cutoff=0.6)
        advice = f"Did you mean {', '.join(near)}?" if near else "Use an IANA name such as Europe/Moscow."
        return f'"{name[:100]}" is not a time zone. {advice}'
    return None


def check_cron(expression: str) -> str | None:  # noqa: PLR0911 - one return per kind of mistake
    """
    Return what is wrong with a cron expression, or None.

    :param expression: minute, hour, day of month, month, day of week; or a preset such as @daily
    """
    text = expression.strip()
    if not text:
        return f"The cron expression is empty. {_EXAMPLE}"
    if text.startswith("@"):
        if text in PRESETS:
            return None
        return f'"{text}" is not a known preset. Use one of {", ".join(PRESETS)}, or five fields.'
    fields = text.split()
    if len(fields) != len(_FIELD_NAMES):
        return f'"{text}" has {len(fields)} fields instead of five: {", ".join(_FIELD_NAMES)}. {_EXAMPLE}'
    for name, field in zip(_FIELD_NAMES, fields, strict=True):
        if not _FIELD.match(field):
            return f'"{field}" is not a valid {name} in "{text}". {_EXAMPLE}'
    if _fires(text):
        return None
    for place, (name, field) in enumerate(zip(_FIELD_NAMES, fields, strict=True)):
        # The library's own words name neither the field nor what may stand there.
        if not _fires(" ".join([*"*" * place, field, *"*" * (len(fields) - place - 1)])):
            values = f"{_FIELD_VALUES[place]}; also * for all, a list 1,3, a range 1-3, a step */2."
            return f'"{text}" is not a schedule that can fire: "{field}" is no {name}. {values}'
    return f'"{text}" is not a schedule that can fire: no month has such a day. {_EXAMPLE}'


def _fires(expression: str) -> bool:
    from croniter import croniter
    from croniter.croniter import CroniterError

    try:
        croniter(expression, datetime(2024, 1, 1, tzinfo=timezone.utc)).get_next(datetime)
    except (CroniterError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return False
    return True


def next_runs(expression: str, *, timezone_name: str, count: int, after: datetime) -> list[datetime]:
    """
    Return when a schedule fires next.

    :param expression: a cron expression for which ``check_cron`` finds nothing wrong
    :param timezone_name: IANA name in whose wall clock the expression is read
    :param count: how many moments, 1 to 100
    :param after: moment with a time zone; the first result is later than it
    :return: moments in that time zone, ascending; see ``cron_moments`` for changes of clocks
    :raises ValueError: the expression or the time zone is wrong
    """
    problem = check_cron(expression) or check_timezone(timezone_name)
    if problem:
        raise ValueError(problem)
    zone = ZoneInfo(timezone_name)
    moments: list[datetime] = []
    moment: datetime | None = after
    while len(moments) < max(1, min(count, 100)):
        moment = following(expression, timezone_name, moment) if moment is not None else None
        if moment is None:
            break
        moments.append(moment.astimezone(zone))
    return moments
