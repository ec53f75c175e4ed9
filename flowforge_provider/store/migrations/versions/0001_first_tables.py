"""
Create the tables for workflows, revisions, publications, deliveries and cancellations.

Revision: 5d2c1f0a7b31
Follows: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from airflow.utils.sqlalchemy import UtcDateTime
from alembic import op

revision = "5d2c1f0a7b31"
down_revision = None
branch_labels = None
depends_on = None

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "flowforge_workflow",
        sa.Column("id", sa.String(200), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("draft_digest", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("trigger_type", sa.String(200), nullable=True),
        sa.Column("node_types", sa.JSON(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("last_revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("published_seq", sa.BigInteger(), nullable=True),
        sa.Column("published_revision", sa.Integer(), nullable=True),
        sa.Column("published_digest", sa.String(64), nullable=True),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(250), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(250), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowforge_workflow")),
    )
    op.create_index("idx_flowforge_workflow_updated_at", "flowforge_workflow", ["updated_at", "id"])
    op.create_index("idx_flowforge_workflow_published_seq", "flowforge_workflow", ["published_seq"])
    op.create_table(
        "flowforge_workflow_tag",
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("tag", sa.String(200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workflow_id"],
            ["flowforge_workflow.id"],
            name=op.f("fk_flowforge_workflow_tag_workflow_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workflow_id", "tag", name=op.f("pk_flowforge_workflow_tag")),
    )
    op.create_index("idx_flowforge_workflow_tag_tag", "flowforge_workflow_tag", ["tag"])
    op.create_table(
        "flowforge_revision",
        sa.Column("id", _BIG_ID, autoincrement=True, nullable=False),
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("graph", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(250), nullable=False),
        sa.ForeignKeyConstraint(
            ["workflow_id"],
            ["flowforge_workflow.id"],
            name=op.f("fk_flowforge_revision_workflow_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowforge_revision")),
        sa.UniqueConstraint("workflow_id", "number", name=op.f("uq_flowforge_revision_workflow_id")),
    )
    op.create_table(
        "flowforge_publication",
        sa.Column("seq", _BIG_ID, autoincrement=False, nullable=False),
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_digest", sa.String(64), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(250), nullable=False),
        sa.CheckConstraint(
            "action IN ('publish', 'unpublish')", name=op.f("ck_flowforge_publication_action")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_flowforge_publication")),
    )
    op.create_index("idx_flowforge_publication_workflow_id", "flowforge_publication", ["workflow_id", "seq"])
    op.create_table(
        "flowforge_sequence",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowforge_sequence")),
    )
    op.create_table(
        "flowforge_delivery",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("node_id", sa.String(63), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("dedup_key", sa.String(250), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("dispatched_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'dispatched', 'failed')", name=op.f("ck_flowforge_delivery_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowforge_delivery")),
        sa.UniqueConstraint("workflow_id", "dedup_key", name=op.f("uq_flowforge_delivery_workflow_id")),
    )
    op.create_index("idx_flowforge_delivery_state", "flowforge_delivery", ["state", "received_at"])
    op.create_index(
        "idx_flowforge_delivery_workflow_id", "flowforge_delivery", ["workflow_id", "received_at"]
    )
    op.create_table(
        "flowforge_cancellation",
        sa.Column("workflow_id", sa.String(200), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("cancelled_at", UtcDateTime(), nullable=False),
        sa.Column("cancelled_by", sa.String(250), nullable=False),
        sa.PrimaryKeyConstraint("workflow_id", "run_id", name=op.f("pk_flowforge_cancellation")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("flowforge_cancellation")
    op.drop_table("flowforge_delivery")
    op.drop_table("flowforge_sequence")
    op.drop_table("flowforge_publication")
    op.drop_table("flowforge_revision")
    op.drop_table("flowforge_workflow_tag")
    op.drop_table("flowforge_workflow")
