from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from flowforge_provider.nodes.schedule import check_cron, check_timezone, next_runs


@pytest.mark.parametrize(
    "text", ["0 9 * * 1-5", "*/5 * * * *", "@daily", " 0 0 1 jan mon ", "0 0 L * *", "0 0 * * 5#2"]
)
def test_good_cron(text: Any) -> None:
    assert check_cron(text) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("* * * *", "has 4 fields instead of five"),
        ("0 0 * * * *", "has 6 fields"),
        ("61 * * * *", "61"),
        ("0 0 30 2 *", "can fire"),
        ("H * * * *", '"H" is not a valid minute'),
        ("R * * * *", '"R" is not a valid minute'),
        ("@dayly", "not a known preset"),
        ("every day at 9 am", "not a valid minute"),
        ("* * * * {{x}}", "not a valid day of week"),
        ("*/0 * * * *", "can fire"),
    ],
)
def test_bad_cron_is_told_with_an_example_or_a_list(text: Any, told: Any) -> None:
    assert told in (check_cron(text) or "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("61 * * * *", '"61" is no minute. A minute is 0 to 59;'),
        ("0 25 * * *", '"25" is no hour. An hour is 0 to 23;'),
        ("0 0 32 * *", '"32" is no day of month. A day of month is 1 to 31, or L'),
        ("0 0 * 13 *", '"13" is no month. A month is 1 to 12, or JAN to DEC;'),
        ("0 0 * * 8", '"8" is no day of week. A day of week is 0 to 7'),
        ("*/0 9 * * *", '"*/0" is no minute.'),
        ("JAN 9 * * *", '"JAN" is no minute.'),
        ("0 0 31 4 *", "no month has such a day"),
    ],
)
def test_bad_cron_names_the_field_and_what_may_stand_there(text: Any, told: Any) -> None:
    found = check_cron(text) or ""
    assert f'"{text}" is not a schedule that can fire: ' in found
    assert told in found
    # The words of the library that reads it are for programmers.
    assert "acceptable" not in found
    assert "out of" not in found


@pytest.mark.parametrize("name", ["UTC", "Europe/Moscow", "America/New_York", "Etc/GMT+3"])
def test_good_timezone(name: Any) -> None:
    assert check_timezone(name) is None


@pytest.mark.parametrize(
    "name", ["Moscow", "../etc/passwd", "/etc/localtime", "Europe", "Europe/", "\0", "a" * 5000, "{{x}}"]
)
def test_bad_timezone(name: Any) -> None:
    assert "is not a time zone" in (check_timezone(name) or "")


def test_a_misspelt_timezone_offers_near_names() -> None:
    assert "Europe/Moscow" in (check_timezone("Europe/Moskow") or "")


def test_next_runs_follow_the_wall_clock_over_a_change_of_clocks() -> None:
    after = datetime(2026, 3, 28, 12, tzinfo=timezone.utc)
    runs = next_runs("0 9 * * *", timezone_name="Europe/Berlin", count=2, after=after)
    assert [run.isoformat() for run in runs] == ["2026-03-29T09:00:00+02:00", "2026-03-30T09:00:00+02:00"]


def test_next_runs_refuse_a_bad_schedule() -> None:
    with pytest.raises(ValueError, match="fields"):
        next_runs("* *", timezone_name="UTC", count=1, after=datetime(2026, 1, 1, tzinfo=timezone.utc))
