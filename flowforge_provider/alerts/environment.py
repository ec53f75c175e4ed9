"""
Channels and a rule that come from environment variables alone.

``TELEGRAM_BOT_TOKEN`` with ``TELEGRAM_ERROR_CHAT_ID``, and ``ERROR_NOTIFICATION_EMAIL`` with
``RESEND_API_KEY`` (or with Airflow's connection smtp_default), are enough for alerts about failures. The
secrets stay in the environment; rows say only that there is such a channel, so that it can be switched off.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from flowforge_provider.environment_values import environment_value
from flowforge_provider.store.alert_tables import AlertChannelRow, AlertRuleRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["EMAIL_ID", "RULE_ID", "TELEGRAM_ID", "connection_of", "sync_environment"]

TELEGRAM_ID = "environment-telegram"
EMAIL_ID = "environment-email"
RULE_ID = "environment-failure"
_USER = "environment"
# What Resend sends from before a domain is verified; it then reaches the account's own address only.
_RESEND_SENDER = "FlowForge <onboarding@resend.dev>"


def connection_of(channel_id: str) -> Any:
    """
    Return the Airflow connection that the environment describes; None where there is none.

    :param channel_id: of a channel that comes from the environment
    """
    from airflow.models.connection import Connection

    if channel_id == TELEGRAM_ID and environment_value("TELEGRAM_BOT_TOKEN"):
        url = environment_value("TELEGRAM_API_URL")
        return Connection(
            conn_id=channel_id,
            conn_type="telegram",
            password=environment_value("TELEGRAM_BOT_TOKEN"),
            host=environment_value("TELEGRAM_ERROR_CHAT_ID"),
            extra={"base_url": url} if url else None,
        )
    if channel_id == EMAIL_ID and environment_value("RESEND_API_KEY"):
        return Connection(
            conn_id=channel_id,
            conn_type="resend",
            password=environment_value("RESEND_API_KEY"),
            host=environment_value("RESEND_API_URL") or None,
            extra={"from_email": environment_value("ERROR_NOTIFICATION_FROM") or _RESEND_SENDER},
        )
    return None


def _channels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    empty = {"connection_id": "", "chat": "", "to": [], "sender": "", "url": "", "notifier": ""}
    if environment_value("TELEGRAM_BOT_TOKEN") and environment_value("TELEGRAM_ERROR_CHAT_ID"):
        config = {**empty, "chat": environment_value("TELEGRAM_ERROR_CHAT_ID")}
        found.append({"id": TELEGRAM_ID, "name": "Telegram", "kind": "telegram", "config": config})
    if environment_value("ERROR_NOTIFICATION_EMAIL"):
        config = {**empty, "to": [environment_value("ERROR_NOTIFICATION_EMAIL")]}
        if not environment_value("RESEND_API_KEY"):
            config.update(connection_id="smtp_default", sender=environment_value("ERROR_NOTIFICATION_FROM"))
        found.append({"id": EMAIL_ID, "name": "Email", "kind": "email", "config": config})
    return found


def sync_environment(session: Session) -> None:
    """
    Make the rows of what the environment names, and follow its changes; other processes may do the same.

    What people have switched off stays off.
    """
    now = datetime.now(tz=timezone.utc)
    wanted = {each["id"]: each for each in _channels()}
    stamps = {"created_at": now, "created_by": _USER, "updated_at": now, "updated_by": _USER}
    new = []
    for channel_id in (TELEGRAM_ID, EMAIL_ID):
        row, values = session.get(AlertChannelRow, channel_id), wanted.get(channel_id)
        if values is None:
            # Another process may have the variables; what none has waits, and is given up after a day.
            continue
        if row is None:
            session.add(AlertChannelRow(**values, **stamps, enabled=True, source="environment", failures=0))
            new.append(channel_id)
        elif row.config != values["config"]:
            row.config, row.updated_at, row.updated_by = values["config"], now, _USER
            row.failures, row.failing_since, row.last_error = 0, None, None
    if not new:
        return
    rule = session.get(AlertRuleRow, RULE_ID)
    if rule is None:
        session.add(
            AlertRuleRow(
                id=RULE_ID,
                workflow_id=None,
                kind="failure",
                name="",
                enabled=True,
                conditions={},
                channel_ids=new,
                group_s=600,
                max_messages=20,
                rate_s=3600,
                quiet_hours=None,
                source="environment",
                **stamps,
            )
        )
    else:
        rule.channel_ids = [*rule.channel_ids, *(each for each in new if each not in rule.channel_ids)]
    session.flush()
