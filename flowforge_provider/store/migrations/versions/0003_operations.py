"""
Add what operating needs: alerts, repeated runs, keys of removed deliveries, the queue, dead letters.

Revision: 3b7e5d90a1c4
Follows: 8f1a3c9d2e47
"""

from __future__ import annotations

import sqlalchemy as sa
from airflow.utils.sqlalchemy import UtcDateTime
from alembic import op

revision = "3b7e5d90a1c4"
down_revision = "8f1a3c9d2e47"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables."""
    _create_alerts()
    _create_reruns()
    _create_remembered_keys()
    _create_handled()
    _add_queue()
    _add_dead_letters()


def downgrade() -> None:
    """Take them away."""
    op.drop_table("flowforge_rerun")
    op.drop_table("flowforge_remembered_key")
    with op.batch_alter_table("flowforge_delivery") as batch:
        batch.drop_column("remember_until")
    for table in ("redrive", "dead_letter", "dead_letter_group"):
        op.drop_table(f"flowforge_{table}")
    for table in ("run_priority", "held_run", "let_through", "queue_pause"):
        op.drop_table(f"flowforge_{table}")
    with op.batch_alter_table("flowforge_workflow") as batch:
        batch.drop_column("published_keep_days")
        batch.drop_column("published_priority")
    for table in ("channel", "rule", "event", "notice", "message", "watch", "workflow"):
        op.drop_table(f"flowforge_alert_{table}")
    op.drop_table("flowforge_handled")


def _create_alerts() -> None:
    op.create_table(
        "flowforge_alert_channel",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(5), nullable=True),
        sa.Column("fallback_id", sa.String(32), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_sent_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(250), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(250), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowforge_alert_channel")),
    )
    op.create_table(
        "flowforge_alert_rule",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("workflow_id", sa.String(200), nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("channel_ids", sa.JSON(), nullable=False),
        sa.Column("group_s", sa.Integer(), nullable=False),
        sa.Column("max_messages", sa.Integer(), nullable=False),
        sa.Column("rate_s", sa.Integer(), nullable=False),
        sa.Column("quiet_hours", sa.JSON(), nullable=True),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(250), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(250), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowforge_alert_rule")),
    )
    op.create_index("idx_flowforge_alert_rule_workflow_id", "flowforge_alert_rule", ["workflow_id", "kind"])
    op.create_table(
        "flowforge_alert_event",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("key", sa.String(250), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("workflow_id", sa.String(200), nullable=True),
        sa.Column("run_id", sa.String(250), nullable=True),
        sa.Column("fingerprint", sa.String(64), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowforge_alert_event")),
        sa.UniqueConstraint("key", name=op.f("uq_flowforge_alert_event_key")),
    )
    op.create_index(
        "idx_flowforge_alert_event_workflow_id",
        "flowforge_alert_event",
        ["workflow_id", "kind", "happened_at"],
    )
    op.create_index("idx_flowforge_alert_event_created_at", "flowforge_alert_event", ["created_at"])
    op.create_table(
        "flowforge_alert_notice",
        sa.Column("event_id", sa.String(32), nullable=False),
        sa.Column("rule_id", sa.String(32), nullable=False),
        sa.Column("channel_id", sa.String(32), nullable=False),
        sa.Column("group_key", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("message_id", sa.String(32), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'told', 'dropped')", name=op.f("ck_flowforge_alert_notice_state")
        ),
        sa.PrimaryKeyConstraint("event_id", "rule_id", "channel_id", name=op.f("pk_flowforge_alert_notice")),
    )
    op.create_index(
        "idx_flowforge_alert_notice_state",
        "flowforge_alert_notice",
        ["state", "rule_id", "channel_id", "event_id"],
    )
    op.create_index(
        "idx_flowforge_alert_notice_message_id", "flowforge_alert_notice", ["message_id", "event_id"]
    )
    op.create_index(
        "idx_flowforge_alert_notice_group_key", "flowforge_alert_notice", ["group_key", "told_at"]
    )
    op.create_table(
        "flowforge_alert_message",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("rule_id", sa.String(32), nullable=True),
        sa.Column("channel_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("workflow_id", sa.String(200), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'failed')", name=op.f("ck_flowforge_alert_message_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowforge_alert_message")),
    )
    for name, columns in (
        ("state", ["state", "due_at"]),
        ("rule_id", ["rule_id", "channel_id", "created_at"]),
        ("workflow_id", ["workflow_id", "created_at"]),
        ("channel_id", ["channel_id", "created_at"]),
        ("created_at", ["created_at"]),
    ):
        op.create_index(f"idx_flowforge_alert_message_{name}", "flowforge_alert_message", columns)
    op.create_table(
        "flowforge_alert_watch",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.String(100), nullable=True),
        sa.Column("owned_until", UtcDateTime(), nullable=True),
        sa.Column("last_run_pk", sa.BigInteger(), nullable=False),
        sa.Column("looked_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowforge_alert_watch")),
    )
    op.create_table(
        "flowforge_alert_workflow",
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("failing_run_pk", sa.BigInteger(), nullable=True),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("last_run_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("workflow_id", name=op.f("pk_flowforge_alert_workflow")),
    )


def _create_reruns() -> None:
    op.create_table(
        "flowforge_rerun",
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("of_run_id", sa.String(250), nullable=False),
        sa.Column("from_node", sa.String(63), nullable=True),
        sa.Column("trigger_type", sa.String(200), nullable=False),
        sa.Column("reused", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(250), nullable=False),
        sa.PrimaryKeyConstraint("workflow_id", "run_id", name=op.f("pk_flowforge_rerun")),
    )
    op.create_index("idx_flowforge_rerun_of_run_id", "flowforge_rerun", ["workflow_id", "of_run_id"])


def _create_remembered_keys() -> None:
    with op.batch_alter_table("flowforge_delivery") as batch:
        batch.add_column(sa.Column("remember_until", UtcDateTime(), nullable=True))
    op.create_table(
        "flowforge_remembered_key",
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("node_id", sa.String(63), nullable=False),
        sa.Column("dedup_key", sa.String(250), nullable=False),
        sa.Column("delivery_id", sa.String(32), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(50), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("remember_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "workflow_id", "node_id", "dedup_key", name=op.f("pk_flowforge_remembered_key")
        ),
    )
    op.create_index(
        "idx_flowforge_remembered_key_remember_until", "flowforge_remembered_key", ["remember_until"]
    )


def _create_handled() -> None:
    op.create_table(
        "flowforge_handled",
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("handled_at", UtcDateTime(), nullable=False),
        sa.Column("handled_by", sa.String(250), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workflow_id", "run_id", name=op.f("pk_flowforge_handled")),
    )
    op.create_index("idx_flowforge_handled_handled_at", "flowforge_handled", ["handled_at"])


def _add_queue() -> None:
    with op.batch_alter_table("flowforge_workflow") as batch:
        batch.add_column(
            sa.Column("published_priority", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
        batch.add_column(sa.Column("published_keep_days", sa.Integer(), nullable=True))
    op.create_table(
        "flowforge_queue_pause",
        sa.Column("scope", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("paused_by", sa.String(250), nullable=True),
        sa.Column("paused_at", UtcDateTime(), nullable=False),
        sa.Column("draining", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_flowforge_queue_pause")),
    )
    op.create_table(
        "flowforge_let_through",
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("asked_by", sa.String(250), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("workflow_id", "run_id", name=op.f("pk_flowforge_let_through")),
    )
    op.create_table(
        "flowforge_held_run",
        sa.Column(
            "run_pk",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("state", sa.String(50), nullable=False),
        sa.Column("run_after", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("run_pk", name=op.f("pk_flowforge_held_run")),
    )
    op.create_index("idx_flowforge_held_run_workflow_id", "flowforge_held_run", ["workflow_id"])
    op.create_table(
        "flowforge_run_priority",
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(250), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("workflow_id", "run_id", name=op.f("pk_flowforge_run_priority")),
    )


def _add_dead_letters() -> None:
    op.create_table(
        "flowforge_dead_letter_group",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("node_id", sa.String(250), nullable=True),
        sa.Column("code", sa.String(100), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("sample", sa.Text(), nullable=False),
        sa.Column("sample_run_id", sa.String(250), nullable=True),
        sa.Column("open_count", sa.Integer(), nullable=False),
        sa.Column("total_count", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowforge_dead_letter_group")),
    )
    op.create_index(
        "idx_flowforge_dead_letter_group_last_at", "flowforge_dead_letter_group", ["last_at", "id"]
    )
    op.create_index(
        "idx_flowforge_dead_letter_group_workflow_id",
        "flowforge_dead_letter_group",
        ["workflow_id", "last_at"],
    )
    op.create_table(
        "flowforge_dead_letter",
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("group_id", sa.String(32), nullable=False),
        sa.Column("delivery_id", sa.String(32), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_by", sa.String(250), nullable=True),
        sa.Column("redrive_id", sa.String(32), nullable=True),
        sa.Column("redriven_as", sa.String(250), nullable=True),
        sa.PrimaryKeyConstraint("workflow_id", "run_id", name=op.f("pk_flowforge_dead_letter")),
    )
    op.create_index(
        "idx_flowforge_dead_letter_group", "flowforge_dead_letter", ["group_id", "failed_at", "run_id"]
    )
    op.create_index("idx_flowforge_dead_letter_state", "flowforge_dead_letter", ["group_id", "state"])
    op.create_index(
        "idx_flowforge_dead_letter_redrive_id",
        "flowforge_dead_letter",
        ["redrive_id"],
        postgresql_where=sa.text("redrive_id IS NOT NULL"),
        sqlite_where=sa.text("redrive_id IS NOT NULL"),
    )
    op.create_table(
        "flowforge_redrive",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("group_id", sa.String(32), nullable=False),
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("revision", sa.String(20), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("started", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(250), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowforge_redrive")),
    )
    op.create_index("idx_flowforge_redrive_state", "flowforge_redrive", ["state", "next_at"])
    op.create_index("idx_flowforge_redrive_group_id", "flowforge_redrive", ["group_id", "created_at"])
