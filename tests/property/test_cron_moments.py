"""Cron moments come exactly once each, also where clocks are changed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from airflow.timetables.trigger import CronTriggerTimetable
from croniter import croniter
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pendulum import instance

from flowforge_provider.nodes.cron_moments import following, is_wrong_in_airflow, preceding

UTC = timezone.utc
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Europe/Moscow",
    "Asia/Kolkata",
)
# Around these days the clocks of some zone above are changed.
DAYS = (
    datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 3, 8, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 4, 5, tzinfo=UTC),
    datetime(2026, 10, 4, tzinfo=UTC),
    datetime(2011, 12, 30, tzinfo=UTC),
    datetime(2026, 2, 15, tzinfo=UTC),
    datetime(2018, 11, 4, tzinfo=UTC),
    datetime(2026, 7, 1, tzinfo=UTC),
)
minutes = st.sampled_from(["0", "30", "15,45", "*/20", "59"])
fixed_hours = st.sampled_from(["0", "1", "2", "3", "1-3", "*/2", "0,2,23"])
days = st.sampled_from(["* * *", "* * 0", "* * 1-5", "29 * *"])
around = st.builds(
    lambda day, minutes: day + timedelta(minutes=minutes), st.sampled_from(DAYS), st.integers(-2000, 2000)
)


def moments(expression: str, zone: str, begin: datetime, end: datetime) -> list[datetime]:
    found = []
    moment = following(expression, zone, begin)
    while moment is not None and moment <= end:
        found.append(moment)
        moment = following(expression, zone, moment)
    return found


def walls(expression: str, begin: datetime, end: datetime) -> list[datetime]:
    schedule = croniter(expression, begin - timedelta(seconds=1))
    found = []
    while (wall := schedule.get_next(datetime)) <= end:
        found.append(wall)
    return found


@settings(deadline=None, max_examples=40)
@given(minutes, fixed_hours, days, st.sampled_from(ZONES), st.sampled_from(DAYS))
def test_each_time_of_the_wall_clock_is_one_moment(
    minute: str, hour: str, day: str, zone: str, middle: datetime
) -> None:
    expression = f"{minute} {hour} {day}"
    info = ZoneInfo(zone)
    begin, end = (middle + timedelta(days=days) for days in (-4, 4))
    expected = set()
    for wall in walls(
        expression,
        begin.replace(tzinfo=None) - timedelta(days=2),
        end.replace(tzinfo=None) + timedelta(days=2),
    ):
        late, early = (wall.replace(tzinfo=info, fold=fold).astimezone(UTC) for fold in (1, 0))
        is_there = late.astimezone(info).replace(tzinfo=None) == wall
        expected.add(late if is_there else early)
    found = moments(expression, zone, begin, end)
    assert found == sorted(moment for moment in expected if begin < moment <= end)


@settings(deadline=None, max_examples=40)
@given(minutes, days, st.sampled_from(ZONES), st.sampled_from(DAYS))
def test_every_hour_follows_the_clock_as_it_is_shown(
    minute: str, day: str, zone: str, middle: datetime
) -> None:
    expression = f"{minute} * {day}"
    info = ZoneInfo(zone)
    begin, end = (middle + timedelta(days=days) for days in (-2, 2))
    shown = [begin + timedelta(minutes=count) for count in range(1, 4 * 24 * 60 + 1)]
    local = [moment.astimezone(info).replace(tzinfo=None, fold=0) for moment in shown]
    wanted = set(walls(expression, min(local), max(local)))
    expected = [moment for moment, wall in zip(shown, local, strict=True) if wall in wanted]
    assert moments(expression, zone, begin, end) == expected


@settings(deadline=None, max_examples=40)
@given(minutes, fixed_hours | st.just("*"), days, st.sampled_from(ZONES), around)
def test_preceding_is_the_other_way_round(minute: str, hour: str, day: str, zone: str, at: datetime) -> None:
    expression = f"{minute} {hour} {day}"
    last = preceding(expression, zone, at)
    assert last is not None
    assert last <= at
    after = following(expression, zone, last)
    assert after is not None
    assert after > at
    assert preceding(expression, zone, last) == last


@settings(deadline=None, max_examples=40)
@given(
    minutes,
    fixed_hours | st.just("*"),
    days,
    st.sampled_from(ZONES[:2]),
    st.sampled_from(DAYS),
)
def test_airflows_own_timetable_names_the_same_moments(
    minute: str, hour: str, day: str, zone: str, middle: datetime
) -> None:
    expression = f"{minute} {hour} {day}"
    assume(not is_wrong_in_airflow(expression))
    airflows = CronTriggerTimetable(expression, timezone=zone)
    # Where its runs lead it: from one moment to the next.
    moment = following(expression, zone, middle - timedelta(days=3))
    for _ in range(40):
        assert moment is not None
        expected = airflows._get_next(instance(moment))
        moment = following(expression, zone, moment)
        assert moment == expected


def test_airflow_is_not_asked_where_it_would_be_wrong() -> None:
    zone = "America/New_York"
    airflows = CronTriggerTimetable("0 * 29 * *", timezone=zone)
    last = datetime(2026, 10, 30, 3, tzinfo=UTC)
    assert airflows._get_next(instance(last)) == datetime(2026, 11, 29, 4, tzinfo=UTC)
    assert following("0 * 29 * *", zone, last) == datetime(2026, 11, 29, 5, tzinfo=UTC)

    zone = "Europe/Berlin"
    airflows = CronTriggerTimetable("15,45 2 * * *", timezone=zone)
    last = datetime(2026, 3, 29, 1, 15, tzinfo=UTC)
    assert airflows._get_next(instance(last)) == datetime(2026, 3, 30, 0, 15, tzinfo=UTC)
    assert following("15,45 2 * * *", zone, last) == datetime(2026, 3, 29, 1, 45, tzinfo=UTC)

    assert is_wrong_in_airflow("0 * 29 * *")
    assert is_wrong_in_airflow("15,45 2 * * *")
    for right in ("0 * * * *", "@hourly", "0 9 * * 1-5", "*/15 9-17 * * 1-5", "*/5 * * * *"):
        assert not is_wrong_in_airflow(right)
