"""When what is told: at once, gathered, held back, and never lost."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update

from flowforge_provider.alerts.quiet import quiet_until
from flowforge_provider.store.alert_tables import AlertEventRow, AlertNoticeRow, AlertRuleRow
from tests.support.alerts import BUSY, REFUSED, Desk, add_channel, add_rule, add_run, add_runs, now

if TYPE_CHECKING:
    from flowforge_provider.runs.database import Database


def states(database: Database) -> dict[str, int]:
    with database.session("read") as session:
        query = select(AlertNoticeRow.state, func.count()).group_by(AlertNoticeRow.state)
        return {state: count for state, count in session.execute(query)}  # noqa: C416 - rows are no pairs


def make_error(number: int) -> dict[str, Any]:
    return {**BUSY, "code": f"made-up-{number}", "message": "The service is " + "very " * number + "busy."}


@pytest.fixture
def channel(desk: Desk) -> str:
    return add_channel(desk.database)


def test_the_first_is_told_at_once_and_the_rest_of_its_cause_in_one_message(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel, group_s=600)
    start = now()
    add_run(desk.database)
    assert desk.look() == 1
    for _ in range(12):
        add_run(desk.database)
    assert desk.look(at=start + timedelta(minutes=9)) == 0
    assert desk.look(at=start + timedelta(minutes=11)) == 1
    first, second = desk.messages()
    assert (first.count, second.count) == (1, 12)
    assert second.title.startswith("Orders: 12 failures of the same cause in ")
    # The time of gathering begins anew with each message.
    add_run(desk.database)
    assert desk.look(at=start + timedelta(minutes=20)) == 0
    assert desk.look(at=start + timedelta(minutes=22)) == 1


def test_links_lead_to_airflows_pages_and_not_to_the_door_of_senders(
    desk: Desk, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example")
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__PUBLIC_BASE_URL", "https://hooks.example")
    add_rule(desk.database, channel)
    add_run(desk.database)
    desk.look()
    (message,) = desk.messages()
    assert {link["url"].partition("/plugin/")[0] for link in message.content["links"]} == {
        "https://airflow.example"
    }


def test_another_cause_is_told_at_once(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel)
    add_run(desk.database)
    desk.look()
    add_run(desk.database, error=REFUSED)
    assert desk.look() == 1
    assert "SQL state: 23505" in desk.messages()[1].content["text"]


def test_a_storm_of_one_cause_makes_few_messages_that_count_all(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel, group_s=600)
    start = now()
    for number in (1, 100, 200, 199):
        add_runs(desk.database, number)
        desk.look(at=start + timedelta(seconds=number))
    desk.look(at=start + timedelta(minutes=11))
    messages = desk.messages()
    assert [message.count for message in messages] == [1, 499]
    assert states(desk.database) == {"told": 500}


def test_a_storm_of_many_causes_is_bounded_by_the_rate_and_loses_nothing(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel, group_s=0, max_messages=6, rate_s=3600)
    start = now()
    for number in range(60):
        add_run(desk.database, error=make_error(number))
        desk.look(at=start + timedelta(seconds=number))
    assert len(desk.messages()) == 6
    assert states(desk.database)["pending"] == 54
    desk.look(at=start + timedelta(minutes=59))
    assert len(desk.messages()) == 6
    desk.look(at=start + timedelta(minutes=62))
    last = desk.messages()[-1]
    assert (last.kind, last.count) == ("digest", 54)
    assert last.title.startswith("54 events of 54 kinds in ")
    assert "and 34 more" in last.content["text"]
    assert sum(message.count for message in desk.messages()) == 60
    assert states(desk.database) == {"told": 60}


def test_many_causes_at_the_same_time_share_a_message(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel)
    for number in range(7):
        add_run(desk.database, error=make_error(number))
    assert desk.look() == 1
    (message,) = desk.messages()
    assert (message.kind, message.count, message.workflow_id) == ("digest", 7, "orders")
    assert message.content["links"][0]["url"].endswith("/workflows/orders")


def test_each_channel_of_a_rule_is_told(desk: Desk, channel: str) -> None:
    other = add_channel(desk.database, "slack", language="ru")
    add_rule(desk.database, channel, other)
    add_run(desk.database)
    assert desk.look() == 2
    assert set(desk.titles()) == {'Orders: step "total" failed', "Orders: ошибка на шаге «total»"}


def test_quiet_hours_hold_everything_back_and_end_with_one_message(desk: Desk, channel: str) -> None:
    zone = timezone(timedelta(hours=3))
    local = now().astimezone(zone)
    # Quiet from an hour ago until an hour from now, by the clock of Moscow.
    quiet = {
        "timezone": "Europe/Moscow",
        "start": f"{local - timedelta(hours=1):%H:%M}",
        "end": f"{local + timedelta(hours=1):%H:%M}",
        "days": [0, 1, 2, 3, 4, 5, 6],
    }
    add_rule(desk.database, channel, quiet_hours=quiet)
    for error in (BUSY, REFUSED, BUSY):
        add_run(desk.database, error=error)
    assert desk.look() == 0
    assert states(desk.database) == {"pending": 3}
    assert desk.compose(at=now() + timedelta(hours=1, minutes=1)) == 1
    (message,) = desk.messages()
    assert (message.kind, message.count) == ("digest", 3)
    assert "Held back: quiet hours" in message.content["text"]


def test_what_nobody_wants_any_more_is_dropped(desk: Desk, channel: str) -> None:
    rule_id = add_rule(desk.database, channel)
    add_run(desk.database)
    desk.watch.look()
    with desk.database.session() as session:
        session.execute(update(AlertRuleRow).where(AlertRuleRow.id == rule_id).values(enabled=False))
    assert desk.compose() == 0
    assert states(desk.database) == {"dropped": 1}


def test_two_processes_that_write_at_once_tell_it_once(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel)
    add_run(desk.database)
    desk.watch.look()
    assert [desk.compose(), Desk(desk.database).compose()] == [1, 0]


def test_names_with_markup_and_line_breaks_stay_text(desk: Desk, channel: str) -> None:
    from flowforge_provider.notifications.slack import to_mrkdwn
    from flowforge_provider.notifications.telegram import to_html

    add_rule(desk.database, channel)
    add_run(desk.database, error={**BUSY, "message": "<b>bold</b>\n<!channel> {workflow} & <https://x|y>"})
    desk.look()
    content = desk.messages()[0].content
    assert "&lt;b&gt;bold&lt;/b&gt; &lt;!channel&gt; {workflow} &amp;" in to_html(content)
    assert "<!channel>" not in to_mrkdwn(content)
    assert "&lt;https://x|y&gt;" in to_mrkdwn(content)


def test_events_outlive_their_rule_in_the_history(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel)
    add_run(desk.database)
    desk.look()
    with desk.database.session() as session:
        session.delete(session.scalars(select(AlertRuleRow)).one())
    assert desk.compose() == 0
    with desk.database.session("read") as session:
        assert session.scalar(select(func.count()).select_from(AlertEventRow)) == 1


EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("start", "end", "days", "zone", "moment", "until"),
    [
        # 2026-01-05 is a Monday.
        ("22:00", "07:00", EVERY_DAY, "UTC", "2026-01-05T23:00", "2026-01-06T07:00"),
        ("22:00", "07:00", EVERY_DAY, "UTC", "2026-01-05T06:59", "2026-01-05T07:00"),
        ("22:00", "07:00", EVERY_DAY, "UTC", "2026-01-05T07:00", None),
        ("22:00", "07:00", EVERY_DAY, "UTC", "2026-01-05T22:00", "2026-01-06T07:00"),
        ("12:00", "13:00", EVERY_DAY, "UTC", "2026-01-05T12:30", "2026-01-05T13:00"),
        ("22:00", "07:00", EVERY_DAY, "Europe/Moscow", "2026-01-05T19:30", "2026-01-06T04:00"),
        # A night belongs to the day on which it begins.
        ("22:00", "07:00", [0], "UTC", "2026-01-06T03:00", "2026-01-06T07:00"),
        ("22:00", "07:00", [1], "UTC", "2026-01-06T03:00", None),
        # Clocks go forward in Berlin on 2026-03-29 at 2:00, which is 1:00 in UTC.
        ("22:00", "07:00", EVERY_DAY, "Europe/Berlin", "2026-03-29T00:30", "2026-03-29T05:00"),
        ("22:00", "07:00", EVERY_DAY, "Europe/Berlin", "2026-10-25T05:30", "2026-10-25T06:00"),
    ],
)
def test_quiet_hours_by_the_clock_on_the_wall(  # noqa: PLR0917 - the columns of the table
    start: str, end: str, days: list[int], zone: str, moment: str, until: str | None
) -> None:
    quiet = {"timezone": zone, "start": start, "end": end, "days": days}
    at = datetime.fromisoformat(moment).replace(tzinfo=timezone.utc)
    expected = datetime.fromisoformat(until).replace(tzinfo=timezone.utc) if until else None
    assert quiet_until(quiet, at) == expected


def test_without_quiet_hours_it_is_never_quiet() -> None:
    assert quiet_until(None, now()) is None
