"""
How much room everything takes, cheaply.

On PostgreSQL what it knows of its tables is asked, and shares of workflows are estimated from a sample of the
blocks. SQLite is for development: there rows are counted, and bytes are known of the whole file only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from sqlalchemy import Text, cast, func, literal, select, tablesample, text

from flowforge_provider.store.alert_tables import AlertEventRow, AlertMessageRow, AlertNoticeRow
from flowforge_provider.store.queue_tables import DeadLetterGroupRow, DeadLetterRow, RedriveRow
from flowforge_provider.store.tables import (
    CancellationRow,
    DeliveryGroupRow,
    DeliveryRow,
    FileRow,
    HandledRow,
    PublicationRow,
    RememberedKeyRow,
    RerunRow,
    RevisionRow,
    WorkflowRow,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.orm import Session

__all__ = ["KINDS", "KindSize", "StorageSizes", "WorkflowSize", "read_sizes"]

#: kind -> its tables; rows are counted of the first
KINDS: Mapping[str, Sequence[str]] = {
    "deliveries": [table.__tablename__ for table in (DeliveryRow, DeliveryGroupRow, RememberedKeyRow)],
    "files": [FileRow.__tablename__],
    "executions": [
        "dag_run",
        *(table.__tablename__ for table in (CancellationRow, HandledRow, RerunRow)),
    ],
    "steps": ["task_instance", "task_instance_history"],
    "values": ["xcom", "task_state_store"],
    "dead_letters": [table.__tablename__ for table in (DeadLetterRow, DeadLetterGroupRow, RedriveRow)],
    "alerts": [table.__tablename__ for table in (AlertNoticeRow, AlertEventRow, AlertMessageRow)],
    "workflows": [table.__tablename__ for table in (WorkflowRow, RevisionRow, PublicationRow)],
}
#: kinds in tables of Airflow's own, where other Dags have theirs, too
SHARED = frozenset({"executions", "steps", "values"})
# Rows that an estimate looks at; smaller tables are counted.
_SAMPLE_ROWS = 100_000


@dataclass(frozen=True)
class KindSize:
    """
    Rows and bytes of one kind.

    :param size: bytes on disk with indexes; None where the database does not tell
    :param shared: in tables of Airflow that other Dags use, too, all of which is counted
    """

    kind: str
    rows: int
    size: int | None
    shared: bool


@dataclass
class WorkflowSize:
    """What the executions of a workflow and its deliveries take; estimated where there is much."""

    workflow_id: str
    name: str
    executions: int = 0
    values_bytes: int = 0
    delivery_bytes: int = 0

    @property
    def total(self) -> int:
        """Bytes of both."""
        return self.values_bytes + self.delivery_bytes


@dataclass(frozen=True)
class StorageSizes:
    """
    All of it.

    :param database_bytes: of the whole database
    :param estimated: whether figures come from estimates
    :param workflows: the largest first
    """

    kinds: list[KindSize]
    database_bytes: int | None
    estimated: bool
    workflows: list[WorkflowSize] = field(default_factory=list)


def read_sizes(
    session: Session, *, readable: Collection[str] | None = None, most_workflows: int = 10
) -> StorageSizes:
    """
    Return how much room everything takes, and the workflows that take the most.

    :param readable: only these workflows are named; None for all
    """
    is_postgres = session.get_bind().dialect.name == "postgresql"
    tables = _tables_of_postgres(session) if is_postgres else _tables_of_sqlite(session)
    kinds = []
    for kind, names in KINDS.items():
        sizes = [tables[name][1] for name in names if name in tables]
        known = [size for size in sizes if size is not None]
        kinds.append(
            KindSize(
                kind=kind,
                rows=tables.get(names[0], (0, None))[0],
                size=sum(known) if known else None,
                shared=kind in SHARED,
            )
        )
    if is_postgres:
        whole = session.scalar(text("SELECT pg_database_size(current_database())"))
    else:
        whole = session.scalar(text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"))
    return StorageSizes(
        kinds=kinds,
        database_bytes=int(whole) if whole is not None else None,
        estimated=is_postgres,
        workflows=[
            each
            for each in _largest(tables, is_postgres=is_postgres, session=session)
            if readable is None or each.workflow_id in readable
        ][:most_workflows],
    )


def _tables_of_postgres(session: Session) -> dict[str, tuple[int, int | None]]:
    # A table that was never analyzed has -1 rows; then its live rows are known from the statistics.
    query = text(
        "SELECT c.relname, CASE WHEN c.reltuples >= 0 THEN c.reltuples "
        "ELSE coalesce(s.n_live_tup, 0) END, pg_total_relation_size(c.oid) "
        "FROM unnest(CAST(:names AS text[])) AS n(name) JOIN pg_class c ON c.oid = to_regclass(n.name) "
        "LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid"
    )
    names = [name for group in KINDS.values() for name in group]
    return {name: (int(rows), int(size)) for name, rows, size in session.execute(query, {"names": names})}


def _tables_of_sqlite(session: Session) -> dict[str, tuple[int, int | None]]:
    names = {name for group in KINDS.values() for name in group}
    found: dict[str, tuple[int, int | None]] = {}
    for name in sorted(names):
        count = session.scalar(text(f'SELECT count(*) FROM "{name}"'))  # noqa: S608 - names of ours
        found[name] = (int(count or 0), None)
    return found


def _largest(
    tables: Mapping[str, tuple[int, int | None]], *, is_postgres: bool, session: Session
) -> list[WorkflowSize]:
    names = {row.id: row.name for row in session.execute(select(WorkflowRow.id, WorkflowRow.name))}
    sizes = {id_: WorkflowSize(id_, name) for id_, name in names.items()}
    length: Any = func.pg_column_size if is_postgres else _length

    def add(model: Any, key: str, size: str | None, field_name: str) -> None:
        factor, source = _sampled(model, tables[model.__tablename__][0], is_postgres=is_postgres)
        column = getattr(source.c, key)
        measured = func.count() if size is None else func.sum(length(getattr(source.c, size)))
        for id_, value in session.execute(select(column, measured).group_by(column)):
            if id_ in sizes:
                setattr(sizes[id_], field_name, round(float(value or 0) * factor))

    add(DagRun, "dag_id", None, "executions")
    add(XComModel, "dag_id", "value", "values_bytes")
    add(DeliveryRow, "workflow_id", "body", "delivery_bytes")
    found = [each for each in sizes.values() if each.total or each.executions]
    return sorted(found, key=lambda each: (-each.total, -each.executions, each.workflow_id))


def _sampled(model: Any, rows: int, *, is_postgres: bool) -> tuple[float, Any]:
    """Return by how much to multiply, and what to read: a table, or a part of it that is large enough."""
    table = model.__table__
    if not is_postgres or rows <= 2 * _SAMPLE_ROWS:
        return 1.0, table
    percent = 100.0 * _SAMPLE_ROWS / rows
    return 100.0 / percent, tablesample(table, func.system(literal(percent)))


def _length(column: Any) -> Any:
    return func.length(cast(column, Text))
