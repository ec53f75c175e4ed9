"""How long a service asks to wait."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

__all__ = ["parse_retry_after"]

#: A service that asks for more is taken to have asked for this: a day.
LONGEST_S = 86_400.0


def parse_retry_after(value: str | None, *, now: datetime) -> float | None:
    """
    Return the seconds that a Retry-After header asks to wait; None when it asks for nothing that can be read.

    :param value: seconds, or a date in the form of HTTP (RFC 9110, section 10.2.3)
    :param now: with a time zone
    """
    text = (value or "").strip()
    try:
        # Seconds are whole numbers by the standard; some services send 1.5.
        seconds = float(text) if text[:1].isdecimal() and text.isascii() else _until(text, now=now)
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_S)


def _until(date: str, *, now: datetime) -> float:
    moment = parsedate_to_datetime(date)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return (moment - now).total_seconds()
