"""From a failed run to the message, through each kind of channel and the services' own libraries."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from flowforge_provider.alerts.service import Alerts
from flowforge_provider.store.alert_tables import AlertChannelRow, AlertMessageRow, AlertWatchRow
from tests.integration.alerts.conftest import CHAT
from tests.support.alerts import BUSY, REFUSED, Desk, add_channel, add_rule, add_run, add_runs, now
from tests.support.front_door import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.runs.database import Database
    from tests.support.hook_server import HookServer
    from tests.support.resend_server import ResendServer
    from tests.support.smtp_server import SmtpServer
    from tests.support.telegram_server import TelegramServer

both = pytest.mark.parametrize("metadata_url", ["sqlite", "postgresql"], indirect=True)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@contextmanager
def running_alerts(database: Database) -> Iterator[Alerts]:
    """Run the alerts of one process, which look often, until the block ends."""
    alerts = Alerts(database=database, look_s=0.05)
    alerts.start()
    try:
        # It begins with what fails from now on.
        wait_until(lambda: _watches(database), timeout_s=30)
        yield alerts
    finally:
        alerts.stop()


def _watches(database: Database) -> bool:
    with database.session("read") as session:
        return session.get(AlertWatchRow, 1) is not None


def set_connection(monkeypatch: pytest.MonkeyPatch, name: str, fields: dict[str, Any]) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(fields))


def messages(database: Database) -> list[AlertMessageRow]:
    with database.session("read") as session:
        return list(session.scalars(select(AlertMessageRow).order_by(AlertMessageRow.id)))


def find_channel(database: Database, channel_id: str) -> AlertChannelRow:
    with database.session("read") as session:
        row = session.get(AlertChannelRow, channel_id)
    assert row is not None
    return row


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let attempts follow soon after one another."""
    monkeypatch.setattr("flowforge_provider.alerts.sending._DELAYS_S", (0.05,))


@both
def test_environment_variables_alone_tell_telegram_and_resend(
    database: Database, telegram: TelegramServer, resend: ResendServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_ERROR_CHAT_ID": str(CHAT),
        "TELEGRAM_API_URL": telegram.url,
        "RESEND_API_KEY": resend.key,
        "RESEND_API_URL": resend.url,
        "ERROR_NOTIFICATION_EMAIL": "ops@example.com",
    }.items():
        monkeypatch.setenv(name, value)
    with running_alerts(database):
        add_run(database)
        wait_until(lambda: telegram.texts(CHAT) and resend.emails, timeout_s=30)
    (text,) = telegram.texts(CHAT)
    assert '<b>Orders: step "total" failed</b>' in text.replace("&quot;", '"')
    assert "HTTP status: 503" in text
    (email,) = resend.emails.values()
    assert email["to"] == ["ops@example.com"]
    assert email["from"] == "FlowForge <onboarding@resend.dev>"
    assert email["subject"] == 'Orders: step "total" failed'
    # What is secret stays where it is.
    with database.session("read") as session:
        rows = session.scalars(select(AlertChannelRow)).all()
    assert {row.source for row in rows} == {"environment"}
    assert telegram.token not in str([row.config for row in rows])


def test_email_by_smtp(database: Database, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    set_connection(monkeypatch, "mail", smtp.connection(from_email="flowforge@example.com"))
    config = {"connection_id": "mail", "to": ["Ann <ann@example.com>, bob@example.com"]}
    add_rule(database, add_channel(database, "email", config=config, language="ru"))
    with running_alerts(database):
        add_run(database)
        wait_until(lambda: smtp.mails, timeout_s=30)
    (mail,) = smtp.mails
    assert mail.recipients == ["ann@example.com", "bob@example.com"]
    assert mail.message["Subject"] == "Orders: ошибка на шаге «total»"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    body = mail.message.get_body(("plain",))
    assert body is not None
    assert "Код HTTP: 503" in body.get_content()


def test_a_webhook_is_signed_by_the_standard(
    database: Database, hooks: HookServer, monkeypatch: pytest.MonkeyPatch, hurry: None
) -> None:
    from standardwebhooks.webhooks import Webhook

    set_connection(monkeypatch, "signing", {"conn_type": "flowforge_webhook", "password": SECRET})
    config = {"connection_id": "signing", "url": f"{hooks.url}/alerts"}
    add_rule(database, add_channel(database, "webhook", config=config))
    hooks.script = [503]
    with running_alerts(database):
        add_run(database)
        wait_until(lambda: [row.state for row in messages(database)] == ["sent"], timeout_s=30)
    first, second = hooks.requests
    # Both attempts carry the same id, by which the receiver knows the second one.
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    payload: Any = Webhook(SECRET).verify(second.body, second.headers)
    assert payload["type"] == "flowforge.alert.failure"
    assert payload["data"]["workflow_id"] == "orders"
    assert payload["data"]["facts"]["status"] == 503
    assert payload["data"]["count"] == 1


def test_slack_gets_text_and_its_address_is_told_nobody(
    database: Database, hooks: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {
        "conn_type": "slackwebhook",
        "host": f"{hooks.url}/services",
        "password": "T0/B0/secret-path",
    }
    set_connection(monkeypatch, "chat", connection)
    channel_id = add_channel(database, "slack", config={"connection_id": "chat"})
    add_rule(database, channel_id, group_s=0)
    hooks.script = [200, (403, {}, "action_prohibited at T0/B0/secret-path")]
    with running_alerts(database):
        add_run(database)
        wait_until(lambda: len(hooks.requests) == 1, timeout_s=30)
        add_run(database)
        wait_until(lambda: [row.state for row in messages(database)] == ["sent", "failed"], timeout_s=30)
    assert hooks.requests[0].path == "/services/T0/B0/secret-path"
    assert json.loads(hooks.requests[0].body)["text"].startswith('*Orders: step "total" failed*')
    error = find_channel(database, channel_id).last_error or ""
    assert "403" in error
    assert "secret-path" not in error


def test_any_airflow_notifier_by_the_administrators_settings(
    database: Database, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_connection(monkeypatch, "mail", smtp.connection())
    notifier = {
        "path": "airflow.providers.smtp.notifications.smtp.SmtpNotifier",
        "kwargs": {
            "smtp_conn_id": "mail",
            "from_email": "airflow@example.com",
            "to": "pager@example.com",
            "subject": "{{ alert.title }}",
            "html_content": "<pre>{{ alert.text }}</pre>",
        },
    }
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__ALERT_NOTIFIERS", json.dumps({"pager": notifier}))
    config = {"connection_id": "", "notifier": "pager"}
    add_rule(database, add_channel(database, "notifier", config=config))
    with running_alerts(database):
        add_run(database, error={**BUSY, "message": "{{ 7 * 7 }} is not worked out"})
        wait_until(lambda: smtp.mails, timeout_s=30)
    (mail,) = smtp.mails
    assert mail.message["Subject"] == 'Orders: step "total" failed'
    body = mail.message.get_body(("html",))
    assert body is not None
    assert "{{ 7 * 7 }}" in body.get_content()


@both
def test_a_channel_that_is_down_is_told_by_another_one_and_loses_nothing(
    database: Database,
    telegram: TelegramServer,
    hooks: HookServer,
    monkeypatch: pytest.MonkeyPatch,
    hurry: None,
) -> None:
    set_connection(monkeypatch, "bot", telegram.connection(chat=str(CHAT)))
    set_connection(monkeypatch, "chat", {"conn_type": "slackwebhook", "password": f"{hooks.url}/in"})
    fallback = add_channel(database, "slack", config={"connection_id": "chat"})
    broken = add_channel(database, "telegram", config={"connection_id": "bot"}, fallback_id=fallback)
    add_rule(database, broken)
    telegram.script = [500] * 1000
    with running_alerts(database):
        add_run(database)
        add_run(database, error=REFUSED)
        wait_until(lambda: hooks.requests, timeout_s=30)
        assert "does not work" in hooks.requests[0].body
        row = find_channel(database, broken)
        assert row.failures >= 3
        assert row.failing_since is not None
        telegram.script = []
        wait_until(lambda: len(telegram.texts(CHAT)) == 2, timeout_s=30)
        wait_until(lambda: find_channel(database, broken).failures == 0, timeout_s=30)
    # It was told once, not at each attempt.
    assert len(hooks.requests) == 1
    assert sorted((each.kind, each.state) for each in messages(database)) == [
        ("channel", "sent"),
        ("failure", "sent"),
        ("failure", "sent"),
    ]


def test_what_a_service_refuses_for_good_is_given_up_and_told(
    database: Database, telegram: TelegramServer, hooks: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_connection(monkeypatch, "bot", telegram.connection(chat="-5"))
    set_connection(monkeypatch, "chat", {"conn_type": "slackwebhook", "password": f"{hooks.url}/in"})
    telegram.chats["-5"] = "blocked"
    add_channel(database, "slack", config={"connection_id": "chat"})
    add_rule(database, add_channel(database, "telegram", config={"connection_id": "bot"}))
    with running_alerts(database):
        add_run(database)
        wait_until(lambda: hooks.requests, timeout_s=30)
    failed = next(each for each in messages(database) if each.kind == "failure")
    assert (failed.state, failed.attempts) == ("failed", 1)
    assert "may not write" in (failed.error or "")


def test_a_service_that_asks_to_wait_is_left_alone_so_long(
    database: Database, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch, hurry: None
) -> None:
    set_connection(monkeypatch, "bot", telegram.connection(chat=str(CHAT)))
    add_rule(database, add_channel(database, "telegram", config={"connection_id": "bot"}))
    telegram.script = [429]
    with running_alerts(database):
        add_run(database)
        wait_until(lambda: telegram.calls, timeout_s=30)
        wait_until(lambda: messages(database)[0].attempts == 1, timeout_s=30)
        time.sleep(0.5)
    (row,) = messages(database)
    assert row.state == "waiting"
    assert row.due_at > now() + timedelta(seconds=4)
    assert len(telegram.calls) == 1


def test_what_a_process_that_crashed_was_sending_is_sent_by_the_next_one(
    database: Database, hooks: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_connection(monkeypatch, "chat", {"conn_type": "slackwebhook", "password": f"{hooks.url}/in"})
    add_rule(database, add_channel(database, "slack", config={"connection_id": "chat"}))
    desk = Desk(database)
    desk.look()
    add_run(database)
    assert desk.look() == 1
    desk.watch.stop()
    with database.session() as session:
        session.execute(update(AlertMessageRow).values(claimed_until=now() + timedelta(seconds=1)))
    with running_alerts(database):
        wait_until(lambda: hooks.requests, timeout_s=30)
        wait_until(lambda: messages(database)[0].state == "sent", timeout_s=30)
    assert len(hooks.requests) == 1


@both
def test_500_failures_at_several_processes_make_few_messages_that_count_them_all(
    database: Database, hooks: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_connection(monkeypatch, "chat", {"conn_type": "slackwebhook", "password": f"{hooks.url}/in"})
    add_rule(database, add_channel(database, "slack", config={"connection_id": "chat"}), group_s=1)
    with running_alerts(database), running_alerts(database), running_alerts(database):
        for count in (1, 199, 100, 200):
            add_runs(database, count)
        wait_until(lambda: sum(row.count for row in messages(database)) == 500, timeout_s=60)
        wait_until(lambda: {row.state for row in messages(database)} == {"sent"}, timeout_s=30)
        time.sleep(0.3)
    assert sum(row.count for row in messages(database)) == 500
    assert len(messages(database)) <= 10
    assert len(hooks.requests) == len(messages(database))
