"""Cron expressions in words."""

from __future__ import annotations

import re

import pytest

from flowforge_provider.nodes.cron_reading import read_cron


@pytest.mark.parametrize(
    ("expression", "english", "russian"),
    [
        ("0 9 * * 1-5", "At 09:00, Monday through Friday", "В 09:00, с понедельника по пятницу"),
        ("*/5 * * * *", "Every 5 minutes", "Каждые 5 минут"),
        ("*/2 * * * *", "Every 2 minutes", "Каждые 2 минуты"),
        ("0 */4 * * *", "Every 4 hours", "Каждые 4 часа"),
        ("*/12 * * * *", "Every 12 minutes", "Каждые 12 минут"),
        ("@hourly", "Every hour", "Каждый час"),
        ("0 9 * * 1", "At 09:00, only on Monday", "В 09:00, по понедельникам"),
        (
            "0 9 * * 1,3,5",
            "At 09:00, only on Monday, Wednesday, and Friday",
            "В 09:00, по понедельникам, средам и пятницам",
        ),
        (
            "0 9 * * 1#2",
            "At 09:00, on the second Monday of the month",
            "В 09:00, во второй понедельник месяца",
        ),
        ("0 9 * * 3#1", "At 09:00, on the first Wednesday of the month", "В 09:00, в первую среду месяца"),
        (
            "0 9 * * 0#4",
            "At 09:00, on the fourth Sunday of the month",
            "В 09:00, в четвёртое воскресенье месяца",
        ),
        ("0 9 * 3-5 *", "At 09:00, March through May", "В 09:00, с марта по май"),
        (
            "0 9 1 1,7 *",
            "At 09:00, on day 1 of the month, only in January and July",
            "В 09:00, в 1 число месяца, только в январе и июле",
        ),
        (
            "0 12 13 * 5",
            "At 12:00, on day 13 of the month, or on Friday",
            "В 12:00, в 13 число месяца, или по пятницам",
        ),
        ("5 * * * *", "At 5 minutes past the hour", "В 5 мин. каждого часа"),
        (
            "0 9 * * 1-5,0",
            "At 09:00, only on Monday through Friday and Sunday",
            "В 09:00, с понедельника по пятницу и по воскресеньям",
        ),
        ("0 0 L * *", "At 00:00, on the last day of the month", "В 00:00, в последний день месяца"),
    ],
)
def test_both_languages(expression: str, english: str, russian: str) -> None:
    assert read_cron(expression, "en") == english
    assert read_cron(expression, "ru") == russian


def test_no_english_is_left_in_russian() -> None:
    days = ("*", "1", "0,6", "2-4", "1-3,6", "5L", "2#3")
    months = ("*", "5", "2,11", "6-8")
    for day in days:
        for month in months:
            for rest in ("0 9 *", "*/10 * *", "30 8-18 1,15"):
                told = read_cron(f"{rest} {month} {day}", "ru")
                assert told
                assert not re.search("[A-Za-z]", told), told


def test_what_cannot_be_told_is_left_out() -> None:
    assert read_cron("not a schedule", "en") == ""
