"""What the checks of the installation say of alerts, and what is kept for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from flowforge_provider.alerts.cleaning import clean_alerts
from flowforge_provider.checks import run_checks
from flowforge_provider.store.alert_tables import (
    AlertChannelRow,
    AlertEventRow,
    AlertMessageRow,
    AlertNoticeRow,
    AlertWatchRow,
)
from tests.support.alerts import REFUSED, Desk, add_channel, add_rule, add_run, now

if TYPE_CHECKING:
    from typing import Any

    from flowforge_provider.runs.database import Database


def check(database: Database) -> tuple[str, str]:
    with database.session("read") as session:
        (found,) = [each for each in run_checks(session=session) if each.code == "alerts-failing"]
    return found.status, found.message


def count(database: Database, table: Any) -> int:
    with database.session("read") as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_channel_that_fails_a_message_that_waits_and_a_watch_that_is_gone(desk: Desk) -> None:
    channel_id = add_channel(desk.database)
    add_rule(desk.database, channel_id)
    assert check(desk.database)[0] == "ok"
    add_run(desk.database)
    desk.look()
    with desk.database.session() as session:
        session.execute(update(AlertChannelRow).values(failures=3))
        session.execute(update(AlertMessageRow).values(created_at=now() - timedelta(minutes=11)))
        session.execute(update(AlertWatchRow).values(owned_until=now() - timedelta(minutes=3)))
    status, message = check(desk.database)
    assert status == "warning"
    assert "1 channels do not work, and 1 messages wait" in message
    assert "No process looks" in message


def test_old_alerts_go_and_what_waits_stays(desk: Desk) -> None:
    add_rule(desk.database, add_channel(desk.database))
    add_run(desk.database)
    desk.look()
    add_run(desk.database, error=REFUSED)
    desk.watch.look()
    later = now() + timedelta(days=1)

    def clean() -> int:
        return desk.database.transaction(
            lambda session: clean_alerts(older_than=later, limit=10, session=session)
        )

    # The message that waits to be sent and the event that waits to be told stay.
    assert clean() == 1
    assert [count(desk.database, table) for table in (AlertEventRow, AlertNoticeRow)] == [1, 1]
    with desk.database.session() as session:
        session.execute(update(AlertMessageRow).values(state="sent"))
    assert clean() == 1
    assert count(desk.database, AlertMessageRow) == 0
