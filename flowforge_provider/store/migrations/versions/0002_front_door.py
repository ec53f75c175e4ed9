"""
Add what the front door keeps: groups, rates, files, test listeners, mailboxes, and more about deliveries.

Revision: 8f1a3c9d2e47
Follows: 5d2c1f0a7b31
"""

from __future__ import annotations

import sqlalchemy as sa
from airflow.utils.sqlalchemy import UtcDateTime
from alembic import op

revision = "8f1a3c9d2e47"
down_revision = "5d2c1f0a7b31"
branch_labels = None
depends_on = None

_STATE = "ck_flowforge_delivery_state"
_UNIQUE = "uq_flowforge_delivery_workflow_id"
_OLD_STATES = "state IN ('pending', 'dispatched', 'failed')"
_NEW_STATES = "state IN ('pending', 'held', 'dispatched', 'failed', 'skipped', 'captured')"


def upgrade() -> None:
    """Add columns and tables."""
    with op.batch_alter_table("flowforge_workflow") as batch:
        batch.add_column(sa.Column("schedule_active", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch.add_column(sa.Column("schedule_since", UtcDateTime(), nullable=True))
    with op.batch_alter_table("flowforge_delivery") as batch:
        batch.add_column(sa.Column("reason", sa.String(50), nullable=True))
        batch.add_column(sa.Column("path", sa.String(200), server_default=sa.text("''"), nullable=False))
        batch.add_column(sa.Column("client", sa.String(64), nullable=True))
        batch.add_column(sa.Column("size", sa.Integer(), server_default=sa.text("0"), nullable=False))
        batch.add_column(sa.Column("raw", sa.LargeBinary(), nullable=True))
        batch.add_column(sa.Column("group_id", sa.String(32), nullable=True))
        batch.add_column(sa.Column("grouping", sa.String(20), nullable=True))
        batch.add_column(sa.Column("concurrency_key", sa.String(250), nullable=True))
        batch.add_column(sa.Column("run_after", UtcDateTime(), nullable=True))
        batch.add_column(sa.Column("redelivery_of", sa.String(32), nullable=True))
        batch.drop_constraint(op.f(_STATE), type_="check")
        batch.create_check_constraint(op.f(_STATE), _NEW_STATES)
        batch.drop_constraint(op.f(_UNIQUE), type_="unique")
        batch.create_unique_constraint(op.f(_UNIQUE), ["workflow_id", "node_id", "dedup_key"])
    op.create_index("idx_flowforge_delivery_received_at", "flowforge_delivery", ["received_at"])
    op.create_index("idx_flowforge_delivery_group_id", "flowforge_delivery", ["group_id"])
    op.create_index(
        "idx_flowforge_delivery_redelivery_of",
        "flowforge_delivery",
        ["redelivery_of"],
        postgresql_where=sa.text("redelivery_of IS NOT NULL"),
        sqlite_where=sa.text("redelivery_of IS NOT NULL"),
    )
    op.create_index(
        "idx_flowforge_delivery_kind",
        "flowforge_delivery",
        ["kind", "received_at"],
        postgresql_where=sa.text("kind <> 'webhook'"),
        sqlite_where=sa.text("kind <> 'webhook'"),
    )
    op.create_index(
        "idx_flowforge_delivery_concurrency_key",
        "flowforge_delivery",
        ["workflow_id", "concurrency_key", "state"],
    )
    op.create_table(
        "flowforge_delivery_group",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("node_id", sa.String(63), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("open_key", sa.String(250), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('batch', 'debounce')", name=op.f("ck_flowforge_delivery_group_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowforge_delivery_group")),
        sa.UniqueConstraint("open_key", name=op.f("uq_flowforge_delivery_group_open_key")),
    )
    op.create_index("idx_flowforge_delivery_group_due_at", "flowforge_delivery_group", ["due_at"])
    op.create_table(
        "flowforge_rate",
        sa.Column("key", sa.String(250), nullable=False),
        sa.Column("arrival_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_flowforge_rate")),
    )
    op.create_index("idx_flowforge_rate_arrival_at", "flowforge_rate", ["arrival_at"])
    op.create_table(
        "flowforge_file",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("delivery_id", sa.String(32), nullable=False),
        sa.Column("filename", sa.String(250), nullable=False),
        sa.Column("content_type", sa.String(250), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowforge_file")),
    )
    op.create_index("idx_flowforge_file_delivery_id", "flowforge_file", ["delivery_id"])
    op.create_index("idx_flowforge_file_created_at", "flowforge_file", ["created_at"])
    op.create_table(
        "flowforge_test_listener",
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("node_id", sa.String(63), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("delivery_id", sa.String(32), nullable=True),
        sa.Column("outcome", sa.JSON(), nullable=True),
        sa.Column("refusals", sa.JSON(), nullable=False),
        sa.Column("started_by", sa.String(250), nullable=False),
        sa.PrimaryKeyConstraint("workflow_id", "node_id", name=op.f("pk_flowforge_test_listener")),
    )
    op.create_table(
        "flowforge_mailbox",
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("node_id", sa.String(63), nullable=False),
        sa.Column("connection_id", sa.String(250), nullable=False),
        sa.Column("folder", sa.String(250), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("owner", sa.String(100), nullable=True),
        sa.Column("owned_until", UtcDateTime(), nullable=True),
        sa.Column("uid_validity", sa.BigInteger(), nullable=True),
        sa.Column("unseen_until", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("settled_uid", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("pushes", sa.Boolean(), nullable=True),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("workflow_id", "node_id", name=op.f("pk_flowforge_mailbox")),
    )


def downgrade() -> None:
    """Take them away. Deliveries in a state that is not known then are lost."""
    for table in ("mailbox", "test_listener", "file", "rate", "delivery_group"):
        op.drop_table(f"flowforge_{table}")
    op.execute("DELETE FROM flowforge_delivery WHERE state NOT IN ('pending', 'dispatched', 'failed')")
    # Triggers of one workflow share their keys again; the first one keeps it.
    op.execute(
        "UPDATE flowforge_delivery SET dedup_key = NULL WHERE dedup_key IS NOT NULL AND id NOT IN "
        "(SELECT min(id) FROM flowforge_delivery WHERE dedup_key IS NOT NULL "
        "GROUP BY workflow_id, dedup_key)"
    )
    for index in ("received_at", "group_id", "redelivery_of", "kind", "concurrency_key"):
        op.drop_index(f"idx_flowforge_delivery_{index}", "flowforge_delivery")
    with op.batch_alter_table("flowforge_delivery") as batch:
        batch.drop_constraint(op.f(_STATE), type_="check")
        batch.create_check_constraint(op.f(_STATE), _OLD_STATES)
        batch.drop_constraint(op.f(_UNIQUE), type_="unique")
        batch.create_unique_constraint(op.f(_UNIQUE), ["workflow_id", "dedup_key"])
        for column in (
            "redelivery_of", "run_after", "concurrency_key", "grouping", "group_id", "size", "client", "path",
            "reason",
        ):  # fmt: skip
            batch.drop_column(column)
    with op.batch_alter_table("flowforge_workflow") as batch:
        batch.drop_column("schedule_since")
        batch.drop_column("schedule_active")
