"""The tables of the queue and of dead letters; like those of ``store/tables.py`` in Airflow's database."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations

from sqlalchemy import BigInteger, Boolean, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from flowforge_provider.store.tables import ID, RUN_ID, USER, Base

__all__ = [
    "DeadLetterGroupRow",
    "DeadLetterRow",
    "HeldRunRow",
    "LetThroughRow",
    "QueuePauseRow",
    "RedriveRow",
    "RunPriorityRow",
]


class QueuePauseRow(Base):
    """A pause that is in force: of all workflows (scope ``*``), or of one."""

    __tablename__ = "flowforge_queue_pause"

    # A workflow id, or "*", which no workflow can have.
    scope: Mapped[str] = mapped_column(ID, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    # NULL when it was paused in Airflow itself.
    paused_by: Mapped[str | None] = mapped_column(USER)
    paused_at: Mapped[datetime]
    draining: Mapped[bool] = mapped_column(Boolean)


class LetThroughRow(Base):
    """
    A run that may go on to its end while its workflow is paused.

    ``opened_at`` is NULL until all other runs of the workflow are held, and its Dag is not paused any more.
    """

    __tablename__ = "flowforge_let_through"

    workflow_id: Mapped[str] = mapped_column(ID, primary_key=True)
    run_id: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    asked_by: Mapped[str] = mapped_column(USER)
    asked_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]


class HeldRunRow(Base):
    """A run that is held while another of its workflow is let through, and what it was before."""

    __tablename__ = "flowforge_held_run"

    # The Dag run's id: what becomes of the run, there is one row of it.
    run_pk: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    workflow_id: Mapped[str] = mapped_column(ID)
    state: Mapped[str] = mapped_column(String(50))
    run_after: Mapped[datetime]

    __table_args__ = (Index("idx_flowforge_held_run_workflow_id", "workflow_id"),)


class RunPriorityRow(Base):
    """The priority that somebody gave one run; others have that of their workflow."""

    __tablename__ = "flowforge_run_priority"

    workflow_id: Mapped[str] = mapped_column(ID, primary_key=True)
    run_id: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    priority: Mapped[int] = mapped_column(Integer)
    set_by: Mapped[str] = mapped_column(USER)
    set_at: Mapped[datetime]


class DeadLetterGroupRow(Base):
    """
    Runs or deliveries of a workflow that failed for the same cause.

    The id is made of the workflow, the source, the step and the cause. Both counts are kept with the entries,
    in the same transactions.
    """

    __tablename__ = "flowforge_dead_letter_group"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    workflow_id: Mapped[str] = mapped_column(ID)
    # execution, delivery
    source: Mapped[str] = mapped_column(String(20))
    node_id: Mapped[str | None] = mapped_column(String(250))
    code: Mapped[str] = mapped_column(String(100))
    cause: Mapped[str] = mapped_column(Text)
    sample: Mapped[str] = mapped_column(Text)
    sample_run_id: Mapped[str | None] = mapped_column(RUN_ID)
    open_count: Mapped[int] = mapped_column(Integer)
    total_count: Mapped[int] = mapped_column(Integer)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]

    __table_args__ = (
        Index("idx_flowforge_dead_letter_group_last_at", "last_at", "id"),
        Index("idx_flowforge_dead_letter_group_workflow_id", "workflow_id", "last_at"),
    )


class DeadLetterRow(Base):
    """One run or delivery that failed for good, and what was done about it."""

    __tablename__ = "flowforge_dead_letter"

    workflow_id: Mapped[str] = mapped_column(ID, primary_key=True)
    # Of a delivery, the run that it would have become.
    run_id: Mapped[str] = mapped_column(RUN_ID, primary_key=True)
    group_id: Mapped[str] = mapped_column(String(32))
    delivery_id: Mapped[str | None] = mapped_column(String(32))
    failed_at: Mapped[datetime]
    message: Mapped[str] = mapped_column(Text)
    # open, redriven, handled, recovered
    state: Mapped[str] = mapped_column(String(20))
    comment: Mapped[str | None] = mapped_column(Text)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(USER)
    # The re-drive that is to start it again, and the run that this made.
    redrive_id: Mapped[str | None] = mapped_column(String(32))
    redriven_as: Mapped[str | None] = mapped_column(RUN_ID)

    __table_args__ = (
        Index("idx_flowforge_dead_letter_group", "group_id", "failed_at", "run_id"),
        Index("idx_flowforge_dead_letter_state", "group_id", "state"),
        Index(
            "idx_flowforge_dead_letter_redrive_id",
            "redrive_id",
            postgresql_where=text("redrive_id IS NOT NULL"),
            sqlite_where=text("redrive_id IS NOT NULL"),
        ),
    )


class RedriveRow(Base):
    """Dead letters of one group that are started again, so many a minute."""

    __tablename__ = "flowforge_redrive"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    group_id: Mapped[str] = mapped_column(String(32))
    workflow_id: Mapped[str] = mapped_column(ID)
    # running, stopped, done
    state: Mapped[str] = mapped_column(String(20))
    # latest, original
    revision: Mapped[str] = mapped_column(String(20))
    per_minute: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(Integer)
    started: Mapped[int] = mapped_column(Integer)
    failed: Mapped[int] = mapped_column(Integer)
    # The next one does not start before.
    next_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(USER)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("idx_flowforge_redrive_state", "state", "next_at"),
        Index("idx_flowforge_redrive_group_id", "group_id", "created_at"),
    )
