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
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column, relationship

__all__ = [
    "Base",
    "CancellationRow",
    "DeliveryRow",
    "PublicationRow",
    "RevisionRow",
    "SequenceRow",
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
    """One received webhook: written before the sender is answered, turned into one run afterwards."""

    __tablename__ = "flowforge_delivery"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    workflow_id: Mapped[str] = mapped_column(ID)
    node_id: Mapped[str] = mapped_column(String(63))
    kind: Mapped[str] = mapped_column(String(20))
    dedup_key: Mapped[str | None] = mapped_column(String(250))
    state: Mapped[str] = mapped_column(String(20))
    method: Mapped[str] = mapped_column(String(10))
    headers: Mapped[dict[str, Any]] = mapped_column(JSON)
    query: Mapped[dict[str, Any]] = mapped_column(JSON)
    # Plain JSON, not JSONB: it keeps key order, and takes \u0000 as senders may send it.
    body: Mapped[Any] = mapped_column(JSON(none_as_null=False), nullable=True)
    received_at: Mapped[datetime]
    run_id: Mapped[str | None] = mapped_column(RUN_ID)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"), default=0)
    error: Mapped[str | None] = mapped_column(Text)
    claimed_until: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]

    __table_args__ = (
        # A NULL key never equals another, so deliveries without one are all accepted.
        UniqueConstraint("workflow_id", "dedup_key"),
        Index("idx_flowforge_delivery_state", "state", "received_at"),
        Index("idx_flowforge_delivery_workflow_id", "workflow_id", "received_at"),
        CheckConstraint("state IN ('pending', 'dispatched', 'failed')", name="state"),
    )


class CancellationRow(Base):
    """A run that its user cancelled: Airflow itself knows only failed."""

    __tablename__ = "flowforge_cancellation"

    workflow_id: Mapped[str] = mapped_column(ID, primary_key=True)
    run_id: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    cancelled_at: Mapped[datetime]
    cancelled_by: Mapped[str] = mapped_column(USER)
