"""Channels that environment variables make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from flowforge_provider.alerts.channels import delete_channel, update_channel
from flowforge_provider.alerts.environment import (
    EMAIL_ID,
    RULE_ID,
    TELEGRAM_ID,
    connection_of,
    sync_environment,
)
from flowforge_provider.alerts.rules import delete_rule
from flowforge_provider.alerts.sending import Sender
from flowforge_provider.exceptions import ConflictError
from flowforge_provider.store.alert_tables import AlertChannelRow, AlertMessageRow, AlertRuleRow
from tests.support.alerts import Desk, add_run

if TYPE_CHECKING:
    from pathlib import Path

    from flowforge_provider.runs.database import Database

VARIABLES = ("TELEGRAM_BOT_TOKEN", "TELEGRAM_ERROR_CHAT_ID", "RESEND_API_KEY", "ERROR_NOTIFICATION_EMAIL")


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def set_telegram(monkeypatch: pytest.MonkeyPatch, chat: str = "-100") -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123:secret-token")
    monkeypatch.setenv("TELEGRAM_ERROR_CHAT_ID", chat)


def channels(database: Database) -> dict[str, AlertChannelRow]:
    with database.session("read") as session:
        return {row.id: row for row in session.scalars(select(AlertChannelRow))}


def rule_channels(database: Database) -> list[str] | None:
    with database.session("read") as session:
        row = session.get(AlertRuleRow, RULE_ID)
        return row.channel_ids if row else None


def test_no_variables_make_nothing_and_a_token_alone_neither(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.transaction(sync_environment)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123:secret-token")
    monkeypatch.setenv("RESEND_API_KEY", "re_123")
    database.transaction(sync_environment)
    assert channels(database) == {}
    assert rule_channels(database) is None


def test_channels_come_one_after_another_and_follow_changes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_telegram(monkeypatch)
    database.transaction(sync_environment)
    assert rule_channels(database) == [TELEGRAM_ID]
    monkeypatch.setenv("ERROR_NOTIFICATION_EMAIL", "ops@example.com, ann@example.com")
    set_telegram(monkeypatch, "-200")
    database.transaction(sync_environment)
    database.transaction(sync_environment)
    assert rule_channels(database) == [TELEGRAM_ID, EMAIL_ID]
    found = channels(database)
    assert found[TELEGRAM_ID].config["chat"] == "-200"
    # Without a key of Resend, Airflow's own connection sends.
    assert found[EMAIL_ID].config["connection_id"] == "smtp_default"
    assert connection_of(TELEGRAM_ID).password == "123:secret-token"
    assert connection_of(EMAIL_ID) is None


def test_a_token_may_lie_in_a_file(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "telegram_bot_token"
    file.write_text("123:secret-token\n")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN_FILE", str(file))
    monkeypatch.setenv("TELEGRAM_ERROR_CHAT_ID", "-100")
    database.transaction(sync_environment)
    assert rule_channels(database) == [TELEGRAM_ID]
    assert connection_of(TELEGRAM_ID).password == "123:secret-token"


def test_what_was_switched_off_stays_off_and_nothing_can_be_removed_or_led_elsewhere(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_telegram(monkeypatch)
    database.transaction(sync_environment)
    row = channels(database)[TELEGRAM_ID]
    values: dict[str, Any] = {
        "kind": row.kind,
        "name": row.name,
        "enabled": False,
        "config": row.config,
        "language": "ru",
        "fallback_id": None,
    }

    def change(**fields: Any) -> None:
        database.transaction(
            lambda session: update_channel(TELEGRAM_ID, {**values, **fields}, user="ann", session=session)
        )

    change()
    database.transaction(sync_environment)
    assert channels(database)[TELEGRAM_ID].enabled is False
    with pytest.raises(ConflictError) as refused:
        change(config={**row.config, "chat": "-7"})
    assert refused.value.error_code == "alert-from-environment"
    with pytest.raises(ConflictError):
        database.transaction(lambda session: delete_channel(TELEGRAM_ID, session=session))
    with pytest.raises(ConflictError):
        database.transaction(lambda session: delete_rule(RULE_ID, session=session))


def test_a_process_without_the_variables_leaves_the_message_to_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_telegram(monkeypatch)
    desk.database.transaction(sync_environment)
    add_run(desk.database)
    assert desk.look() == 1
    sent: list[str] = []
    sender = Sender(database=desk.database, deliver=lambda channel, _: sent.append(channel.id))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert sender.send_due() == 0
    set_telegram(monkeypatch)
    assert sender.send_due() == 1
    sender.stop()
    assert sent == [TELEGRAM_ID]


def test_a_message_that_nobody_can_send_is_given_up_after_a_day(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from tests.support.alerts import now

    set_telegram(monkeypatch)
    desk.database.transaction(sync_environment)
    add_run(desk.database)
    desk.look()
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with desk.database.session() as session:
        session.execute(update(AlertMessageRow).values(created_at=now() - timedelta(hours=25)))
    sender = Sender(database=desk.database)
    assert sender.send_due() == 1
    sender.stop()
    (message,) = desk.messages()
    assert message.state == "failed"
    assert "environment variables" in (message.error or "")
