"""Moments as people write them."""

from __future__ import annotations

from datetime import datetime, time, timezone

import pytest

from flowforge_provider.nodes.moments import next_time_of_day, parse_moment, parse_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01", "2026-03-01T00:00:00+03:00"),
        (" 2026-03-01T09:00 ", "2026-03-01T09:00:00+03:00"),
        ("2026-03-01 09:00:30", "2026-03-01T09:00:30+03:00"),
        ("2026-03-01T09:00:30.1234567+05:30", "2026-03-01T09:00:30.123456+05:30"),
        ("2026-03-01T09:00:30,5-0300", "2026-03-01T09:00:30.500000-03:00"),
        ("2026-03-01T09:00Z", "2026-03-01T09:00:00+00:00"),
        ("2026-03-01T09:00+03", "2026-03-01T09:00:00+03:00"),
    ],
)
def test_reads_iso_8601(text: str, expected: str) -> None:
    assert parse_moment(text, timezone_name="Europe/Moscow").isoformat() == expected


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-02-30", "2026-03-01T25:00", "01.03.2026", "1767600000", "2" * 200]
)
def test_refuses_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a moment|is none"):
        parse_moment(text, timezone_name="UTC")


def test_reads_times() -> None:
    assert [parse_time(text) for text in ("9:05", "23:59:58", " 00:00 ")] == [
        time(9, 5),
        time(23, 59, 58),
        time(0),
    ]


@pytest.mark.parametrize("text", ["", "24:00", "9", "9:5", "09:60", "09:00:60", "9 am"])
def test_refuses_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="not a time of day"):
        parse_time(text)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(timezone.utc)


@pytest.mark.parametrize(
    ("after", "clock", "days", "zone", "expected"),
    [
        # The first of March 2026 is a Sunday.
        ("2026-03-01T08:59:59+00:00", "09:00", [], "UTC", "2026-03-01T09:00:00+00:00"),
        ("2026-03-01T09:00:00+00:00", "09:00", [], "UTC", "2026-03-02T09:00:00+00:00"),
        ("2026-03-01T10:00:00+00:00", "09:00", ["sun"], "UTC", "2026-03-08T09:00:00+00:00"),
        ("2026-03-01T10:00:00+00:00", "09:00", ["sat", "wed"], "UTC", "2026-03-04T09:00:00+00:00"),
        # There it is Monday already.
        ("2026-03-01T22:00:00+00:00", "09:00", ["mon"], "Asia/Tokyo", "2026-03-02T09:00:00+09:00"),
        # Clocks go from 2:00 to 3:00.
        ("2026-03-28T12:00:00+00:00", "02:30", [], "Europe/Berlin", "2026-03-29T03:30:00+02:00"),
        # Clocks go from 3:00 back to 2:00.
        ("2026-10-24T12:00:00+00:00", "02:30", [], "Europe/Berlin", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T00:30:00+00:00", "02:30", [], "Europe/Berlin", "2026-10-26T02:30:00+01:00"),
    ],
)
def test_next_time_of_day(after: str, clock: str, days: list[str], zone: str, expected: str) -> None:
    found = next_time_of_day(parse_time(clock), weekdays=days, timezone_name=zone, after=at(after))
    assert found.isoformat() == expected
