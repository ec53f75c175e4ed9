"""The tables of alerts; like those of ``store/tables.py`` in Airflow's database."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from flowforge_provider.store.tables import DIGEST, ID, RUN_ID, USER, Base

__all__ = [
    "AlertChannelRow",
    "AlertEventRow",
    "AlertMessageRow",
    "AlertNoticeRow",
    "AlertRuleRow",
    "AlertWatchRow",
    "AlertWorkflowRow",
]


class AlertChannelRow(Base):
    """Where alerts go. What is secret is in an Airflow connection that ``config`` names."""

    __tablename__ = "flowforge_alert_channel"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
    # That of the installation when NULL.
    language: Mapped[str | None] = mapped_column(String(5))
    # Gets told when this one does not work.
    fallback_id: Mapped[str | None] = mapped_column(String(32))
    enabled: Mapped[bool] = mapped_column(Boolean)
    # environment: made from environment variables, which hold its secrets.
    source: Mapped[str] = mapped_column(String(20))
    # Attempts in a row that failed.
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"), default=0)
    failing_since: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    last_sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(USER)
    updated_at: Mapped[datetime]
    updated_by: Mapped[str] = mapped_column(USER)


class AlertRuleRow(Base):
    """What to tell whom, of one workflow, or of all that have no rule of this kind of their own."""

    __tablename__ = "flowforge_alert_rule"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    workflow_id: Mapped[str | None] = mapped_column(ID)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    enabled: Mapped[bool] = mapped_column(Boolean)
    conditions: Mapped[dict[str, Any]] = mapped_column(JSON)
    channel_ids: Mapped[list[str]] = mapped_column(JSON)
    # Seconds for which what is alike is gathered after the first message.
    group_s: Mapped[int] = mapped_column(Integer)
    # At most so many messages to each channel within so many seconds.
    max_messages: Mapped[int] = mapped_column(Integer)
    rate_s: Mapped[int] = mapped_column(Integer)
    quiet_hours: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), nullable=True)
    source: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(USER)
    updated_at: Mapped[datetime]
    updated_by: Mapped[str] = mapped_column(USER)

    __table_args__ = (Index("idx_flowforge_alert_rule_workflow_id", "workflow_id", "kind"),)


class AlertEventRow(Base):
    """
    Something that a rule watches for has happened, once.

    ``key`` names it, so that whoever finds it a second time, or beside another process, changes nothing.
    """

    __tablename__ = "flowforge_alert_event"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(250))
    kind: Mapped[str] = mapped_column(String(20))
    workflow_id: Mapped[str | None] = mapped_column(ID)
    run_id: Mapped[str | None] = mapped_column(RUN_ID)
    # What is alike shares it: the step and the cause.
    fingerprint: Mapped[str | None] = mapped_column(DIGEST)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    happened_at: Mapped[datetime]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("key"),
        Index("idx_flowforge_alert_event_workflow_id", "workflow_id", "kind", "happened_at"),
        Index("idx_flowforge_alert_event_created_at", "created_at"),
    )


class AlertNoticeRow(Base):
    """One event that one rule tells one channel of: told already, or waiting for its message."""

    __tablename__ = "flowforge_alert_notice"

    event_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    rule_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    channel_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    group_key: Mapped[str] = mapped_column(DIGEST)
    # pending, told, dropped
    state: Mapped[str] = mapped_column(String(20))
    message_id: Mapped[str | None] = mapped_column(String(32))
    told_at: Mapped[datetime | None]

    __table_args__ = (
        Index("idx_flowforge_alert_notice_state", "state", "rule_id", "channel_id", "event_id"),
        Index("idx_flowforge_alert_notice_message_id", "message_id", "event_id"),
        Index("idx_flowforge_alert_notice_group_key", "group_key", "told_at"),
        CheckConstraint("state IN ('pending', 'told', 'dropped')", name="state"),
    )


class AlertMessageRow(Base):
    """One message to one channel, and what became of it."""

    __tablename__ = "flowforge_alert_message"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    rule_id: Mapped[str | None] = mapped_column(String(32))
    channel_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(20))
    workflow_id: Mapped[str | None] = mapped_column(ID)
    # How many events it tells of.
    count: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(Text)
    # What the channel's notifier makes its text of.
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    # waiting, sent, failed
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"), default=0)
    # When it is sent, or sent again.
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        Index("idx_flowforge_alert_message_state", "state", "due_at"),
        Index("idx_flowforge_alert_message_rule_id", "rule_id", "channel_id", "created_at"),
        Index("idx_flowforge_alert_message_workflow_id", "workflow_id", "created_at"),
        Index("idx_flowforge_alert_message_channel_id", "channel_id", "created_at"),
        Index("idx_flowforge_alert_message_created_at", "created_at"),
        CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="state"),
    )


class AlertWatchRow(Base):
    """The one row that says which process looks for events, and how far it has looked."""

    __tablename__ = "flowforge_alert_watch"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    owner: Mapped[str | None] = mapped_column(String(100))
    owned_until: Mapped[datetime | None]
    # Dag runs up to this id have been seen as new ones.
    last_run_pk: Mapped[int] = mapped_column(BigInteger)
    # What ended before has been seen.
    looked_until: Mapped[datetime]


class AlertWorkflowRow(Base):
    """What the watch remembers of a workflow."""

    __tablename__ = "flowforge_alert_workflow"

    workflow_id: Mapped[str] = mapped_column(ID, primary_key=True)
    # The last run that failed, while none has succeeded since.
    failing_run_pk: Mapped[int | None] = mapped_column(BigInteger)
    failing_since: Mapped[datetime | None]
    last_run_at: Mapped[datetime | None]
