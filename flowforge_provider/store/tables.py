"""
The tables of FlowForge, in Airflow's metadata database under the prefix ``flowforge_``.

No foreign key leads out of this file: a publication and a delivery outlive their workflow, because a run
that is in progress still needs the file it started with.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from airflow.utils.sqlalchemy import UtcDateTime
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column, relationship

__all__ = [
    "Base",
    "CancellationRow",
    "DeliveryGroupRow",
    "DeliveryRow",
    "FileRow",
    "HandledRow",
    "MailboxRow",
    "PublicationRow",
    "RateRow",
    "RememberedKeyRow",
    "RerunRow",
    "RevisionRow",
    "SequenceRow",
    "TestListenerRow",
    "WorkflowRow",
    "WorkflowTagRow",
    "metadata",
]

WorkflowState = Literal["draft", "published", "changed"]

metadata = MetaData(
    naming_convention={
        "ix": "idx_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = String(200)
USER = String(250)
DIGEST = String(64)
RUN_ID = String(250)


class Base(DeclarativeBase):
    """Base of FlowForge's own tables, apart from Airflow's."""

    metadata = metadata
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime}


class WorkflowRow(Base):
    """
    A workflow and its draft.

    ``version`` grows with each save of the draft; it is the ETag. Columns from ``description`` to
    ``search_text`` repeat what is in the draft, so that lists need not read it.
    """

    __tablename__ = "flowforge_workflow"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    # Read only where it is used: a list of workflows must not load every graph.
    draft: Mapped[dict[str, Any]] = deferred(mapped_column(JSON, nullable=False))
    draft_digest: Mapped[str] = mapped_column(DIGEST)
    version: Mapped[int] = mapped_column(Integer)
    description: Mapped[str] = mapped_column(Text)
    trigger_type: Mapped[str | None] = mapped_column(String(200))
    node_types: Mapped[list[str]] = mapped_column(JSON)
    # Case-folded name, id, description and tags: SQLite's LIKE ignores case for ASCII letters only.
    search_text: Mapped[str] = mapped_column(Text)
    last_revision: Mapped[int] = mapped_column(Integer, server_default=text("0"), default=0)
    published_seq: Mapped[int | None] = mapped_column(BigInteger)
    published_revision: Mapped[int | None] = mapped_column(Integer)
    published_digest: Mapped[str | None] = mapped_column(DIGEST)
    published_at: Mapped[datetime | None]
    # Of the live graph's settings: which of the executions that wait goes first.
    published_priority: Mapped[int] = mapped_column(Integer, server_default=text("0"), default=0)
    # Days for which its executions are kept; 0: for ever, NULL: as for all workflows.
    published_keep_days: Mapped[int | None] = mapped_column(Integer)
    # Whether its schedules fire; switched without a new revision.
    schedule_active: Mapped[bool] = mapped_column(Boolean, server_default=true(), default=True)
    # Since when its present schedules have been on: what passed before is not made up for.
    schedule_since: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(USER)
    updated_at: Mapped[datetime]
    updated_by: Mapped[str] = mapped_column(USER)

    tag_rows: Mapped[list[WorkflowTagRow]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="WorkflowTagRow.position"
    )

    __table_args__ = (
        Index("idx_flowforge_workflow_updated_at", "updated_at", "id"),
        Index("idx_flowforge_workflow_published_seq", "published_seq"),
    )

    @property
    def tags(self) -> list[str]:
        """Return the tags of the draft, in the order of the draft."""
        return [row.tag for row in self.tag_rows]

    @property
    def state(self) -> WorkflowState:
        """Return whether the draft is unpublished, equal to what is published, or different from it."""
        if self.published_seq is None:
            return "draft"
        return "published" if self.draft_digest == self.published_digest else "changed"


class WorkflowTagRow(Base):
    """One tag of a workflow's draft."""

    __tablename__ = "flowforge_workflow_tag"

    workflow_id: Mapped[str] = mapped_column(
        ID, ForeignKey("flowforge_workflow.id", ondelete="CASCADE"), primary_key=True
    )
    tag: Mapped[str] = mapped_column(String(200), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)

    __table_args__ = (Index("idx_flowforge_workflow_tag_tag", "tag"),)


class RevisionRow(Base):
    """An immutable saved graph."""

    __tablename__ = "flowforge_revision"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    workflow_id: Mapped[str] = mapped_column(ID, ForeignKey("flowforge_workflow.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    graph: Mapped[dict[str, Any]] = deferred(mapped_column(JSON, nullable=False))
    digest: Mapped[str] = mapped_column(DIGEST)
    message: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(USER)

    __table_args__ = (UniqueConstraint("workflow_id", "number"),)


class PublicationRow(Base):
    """
    A revision made live, or a workflow taken offline; ``seq`` grows over all workflows.

    ``source``, the compiled Dag file, stays for good: Airflow's runs are pinned to the seq they began with.
    """

    __tablename__ = "flowforge_publication"

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    workflow_id: Mapped[str] = mapped_column(ID)
    revision_number: Mapped[int | None] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(String(20))
    source: Mapped[str | None] = deferred(mapped_column(Text))
    source_digest: Mapped[str | None] = mapped_column(DIGEST)
    message: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(USER)

    __table_args__ = (
        Index("idx_flowforge_publication_workflow_id", "workflow_id", "seq"),
        CheckConstraint("action IN ('publish', 'unpublish')", name="action"),
    )


class SequenceRow(Base):
    """The one row that hands out ``seq``; its lock puts publications into one order."""

    __tablename__ = "flowforge_sequence"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    value: Mapped[int] = mapped_column(BigInteger)


class DeliveryRow(Base):
    """
    One received webhook, email or form: written before its sender is answered, turned into a run afterwards.

    ``pending`` waits for its run, ``held`` for the other deliveries of its group or, with the reason
    concurrency, for its turn. ``skipped`` never becomes a run of its own, as ``reason`` says, ``captured``
    was sent to a test address.
    """

    __tablename__ = "flowforge_delivery"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    workflow_id: Mapped[str] = mapped_column(ID)
    node_id: Mapped[str] = mapped_column(String(63))
    kind: Mapped[str] = mapped_column(String(20))
    dedup_key: Mapped[str | None] = mapped_column(String(250))
    # Until when its key is the same delivery again, by its trigger at the time.
    remember_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(20))
    # Why it is skipped or held: filter, debounced, concurrency.
    reason: Mapped[str | None] = mapped_column(String(50))
    method: Mapped[str] = mapped_column(String(10))
    path: Mapped[str] = mapped_column(ID, server_default=text("''"), default="")
    client: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer, server_default=text("0"), default=0)
    headers: Mapped[dict[str, Any]] = mapped_column(JSON)
    query: Mapped[dict[str, Any]] = mapped_column(JSON)
    # Plain JSON, not JSONB: it keeps key order, and takes \u0000 as senders may send it.
    body: Mapped[Any] = mapped_column(JSON(none_as_null=False), nullable=True)
    # What came in, where ``body`` does not tell it byte by byte: XML, forms.
    raw: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    received_at: Mapped[datetime]
    # Deliveries of one group share its run.
    run_id: Mapped[str | None] = mapped_column(RUN_ID)
    group_id: Mapped[str | None] = mapped_column(String(32))
    # What kind of group: batch, debounce.
    grouping: Mapped[str | None] = mapped_column(String(20))
    # Counted among the unfinished runs of this key until its run is known to have finished.
    concurrency_key: Mapped[str | None] = mapped_column(String(250))
    # The run is not to start before.
    run_after: Mapped[datetime | None]
    redelivery_of: Mapped[str | None] = mapped_column(String(32))
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"), default=0)
    error: Mapped[str | None] = mapped_column(Text)
    claimed_until: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]

    __table_args__ = (
        # A NULL key never equals another, so deliveries without one are all accepted. A trigger knows its own
        # keys only.
        UniqueConstraint("workflow_id", "node_id", "dedup_key"),
        Index("idx_flowforge_delivery_state", "state", "received_at"),
        Index("idx_flowforge_delivery_workflow_id", "workflow_id", "received_at"),
        Index("idx_flowforge_delivery_received_at", "received_at"),
        Index("idx_flowforge_delivery_group_id", "group_id"),
        # Few are sent again, and the others need not pay for it.
        Index(
            "idx_flowforge_delivery_redelivery_of",
            "redelivery_of",
            postgresql_where=text("redelivery_of IS NOT NULL"),
            sqlite_where=text("redelivery_of IS NOT NULL"),
        ),
        # Nearly all are webhooks, which need not pay for finding the others.
        Index(
            "idx_flowforge_delivery_kind",
            "kind",
            "received_at",
            postgresql_where=text("kind <> 'webhook'"),
            sqlite_where=text("kind <> 'webhook'"),
        ),
        Index("idx_flowforge_delivery_concurrency_key", "workflow_id", "concurrency_key", "state"),
        CheckConstraint(
            "state IN ('pending', 'held', 'dispatched', 'failed', 'skipped', 'captured')", name="state"
        ),
    )


class RememberedKeyRow(Base):
    """The key of a delivery that was removed before its time of being recognised was over."""

    __tablename__ = "flowforge_remembered_key"

    workflow_id: Mapped[str] = mapped_column(ID, primary_key=True)
    node_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    dedup_key: Mapped[str] = mapped_column(String(250), primary_key=True)
    # What a repeated delivery is told of the first one.
    delivery_id: Mapped[str] = mapped_column(String(32))
    run_id: Mapped[str | None] = mapped_column(RUN_ID)
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(50))
    received_at: Mapped[datetime]
    remember_until: Mapped[datetime]

    __table_args__ = (Index("idx_flowforge_remembered_key_remember_until", "remember_until"),)


class DeliveryGroupRow(Base):
    """
    Deliveries that become one run together: a batch, or a debounced series.

    ``open_key`` names the trigger and its key while deliveries may join, and is NULL afterwards.
    """

    __tablename__ = "flowforge_delivery_group"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    workflow_id: Mapped[str] = mapped_column(ID)
    node_id: Mapped[str] = mapped_column(String(63))
    kind: Mapped[str] = mapped_column(String(20))
    open_key: Mapped[str | None] = mapped_column(String(250))
    size: Mapped[int] = mapped_column(Integer)
    bytes: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("open_key"),
        Index("idx_flowforge_delivery_group_due_at", "due_at"),
        CheckConstraint("kind IN ('batch', 'debounce')", name="kind"),
    )


class RateRow(Base):
    """How far a rate limit is used up: the moment at which the next call would come in time (GCRA)."""

    __tablename__ = "flowforge_rate"

    key: Mapped[str] = mapped_column(String(250), primary_key=True)
    arrival_at: Mapped[datetime]

    __table_args__ = (Index("idx_flowforge_rate_arrival_at", "arrival_at"),)


class FileRow(Base):
    """One file that came in with a delivery; steps refer to it by its id."""

    __tablename__ = "flowforge_file"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    workflow_id: Mapped[str] = mapped_column(ID)
    delivery_id: Mapped[str] = mapped_column(String(32))
    filename: Mapped[str] = mapped_column(String(250))
    content_type: Mapped[str] = mapped_column(String(250))
    size: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("idx_flowforge_file_delivery_id", "delivery_id"),
        Index("idx_flowforge_file_created_at", "created_at"),
    )


class TestListenerRow(Base):
    """A trigger of a draft whose test address takes deliveries for a while."""

    __tablename__ = "flowforge_test_listener"

    workflow_id: Mapped[str] = mapped_column(ID, primary_key=True)
    node_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    until: Mapped[datetime]
    # What it has captured.
    delivery_id: Mapped[str | None] = mapped_column(String(32))
    # What would have become of it at the real address.
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), nullable=True)
    # The last calls that did not get in, and why.
    refusals: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    started_by: Mapped[str] = mapped_column(USER)


class MailboxRow(Base):
    """What is known of a mailbox that a trigger reads, and which process reads it."""

    __tablename__ = "flowforge_mailbox"

    workflow_id: Mapped[str] = mapped_column(ID, primary_key=True)
    node_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    # The mailbox and folder that the position is in; another one begins anew.
    connection_id: Mapped[str] = mapped_column(String(250))
    folder: Mapped[str] = mapped_column(String(250))
    # Messages that arrived earlier start no runs.
    since: Mapped[datetime]
    owner: Mapped[str | None] = mapped_column(String(100))
    owned_until: Mapped[datetime | None]
    # A folder whose validity has changed has numbered its messages anew (RFC 3501, section 2.3.1.1).
    uid_validity: Mapped[int | None] = mapped_column(BigInteger)
    # Up to here, only unread messages count.
    unseen_until: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    # Up to here, messages have become deliveries.
    last_uid: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    # Up to here, they are marked or moved, too.
    settled_uid: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    # Whether the server tells of new messages by itself; unknown before the first look.
    pushes: Mapped[bool | None] = mapped_column(Boolean)
    checked_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)


class CancellationRow(Base):
    """A run that its user cancelled: Airflow itself knows only failed."""

    __tablename__ = "flowforge_cancellation"

    workflow_id: Mapped[str] = mapped_column(ID, primary_key=True)
    run_id: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    cancelled_at: Mapped[datetime]
    cancelled_by: Mapped[str] = mapped_column(USER)


class HandledRow(Base):
    """A run that somebody has looked after, and what they noted about it."""

    __tablename__ = "flowforge_handled"

    workflow_id: Mapped[str] = mapped_column(ID, primary_key=True)
    run_id: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    handled_at: Mapped[datetime]
    handled_by: Mapped[str] = mapped_column(USER)
    comment: Mapped[str] = mapped_column(Text)
    # Case-folded: SQLite's LIKE ignores case for ASCII letters only.
    search_text: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("idx_flowforge_handled_handled_at", "handled_at"),)


class RerunRow(Base):
    """A run that repeats an earlier one of the same workflow, wholly or from one of its steps on."""

    __tablename__ = "flowforge_rerun"

    workflow_id: Mapped[str] = mapped_column(ID, primary_key=True)
    run_id: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    of_run_id: Mapped[str] = mapped_column(RUN_ID)
    # The step that it begins at; NULL when all of it is repeated.
    from_node: Mapped[str | None] = mapped_column(String(63))
    # What started the first run of the chain: webhook, cron, manual.
    trigger_type: Mapped[str] = mapped_column(String(200))
    # node -> run in which the step has really run
    reused: Mapped[dict[str, str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(USER)

    __table_args__ = (Index("idx_flowforge_rerun_of_run_id", "workflow_id", "of_run_id"),)
