"""
Remove old executions: Airflow's runs of workflows, with all that belongs to them.

What runs or waits is never removed, nor is the newest run of a workflow, from which Airflow's scheduler
counts on. Steps, data and tries of a run go with it, by Airflow's own foreign keys; what FlowForge keeps of
it goes in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from sqlalchemy import Text, and_, cast, delete, func, select, tuple_

from flowforge_provider import settings
from flowforge_provider.store.queue_tables import DeadLetterGroupRow, DeadLetterRow, RunPriorityRow
from flowforge_provider.store.tables import CancellationRow, HandledRow, RerunRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.orm import Session

__all__ = ["Removed", "count_old_executions", "deadlines", "remove_executions"]

_ENDED = ("success", "failed")
# Rows of ours that are about one run.
_OF_A_RUN = (CancellationRow, HandledRow, RerunRow, RunPriorityRow)


class Removed(NamedTuple):
    """
    What has gone, or would go.

    :param steps: task instances
    :param values: inputs, outputs and errors of steps
    :param bytes: of the values and of what started the executions, as the database holds them
    """

    executions: int = 0
    steps: int = 0
    values: int = 0
    dead_letters: int = 0
    bytes: int = 0

    def plus(self, other: Removed) -> Removed:
        """Return both together."""
        return Removed(*(sum(pair) for pair in zip(self, other, strict=True)))


def deadlines(
    session: Session,
    *,
    workflow_id: str | None = None,
    older_than_days: float | None = None,
    now: datetime | None = None,
) -> dict[str, datetime]:
    """
    Return workflow -> the moment before which its executions must have ended to be removed.

    Workflows whose executions are kept for ever are left out.

    :param workflow_id: only this one
    :param older_than_days: in place of what is set
    """
    moment = now or datetime.now(tz=timezone.utc)
    query = select(WorkflowRow.id, WorkflowRow.published_keep_days).order_by(WorkflowRow.id)
    if workflow_id is not None:
        query = query.where(WorkflowRow.id == workflow_id)
    usual = settings.execution_retention_days()
    found = {}
    for id_, own in session.execute(query):
        days = older_than_days if older_than_days is not None else (own if own is not None else usual)
        if days > 0 or older_than_days is not None:
            found[id_] = moment - timedelta(days=days)
    return found


def remove_executions(session: Session, *, workflow_id: str, before: datetime, limit: int) -> Removed:
    """
    Remove some old executions of a workflow, in the caller's transaction; nothing at the end.

    Several processes may do so at once: what one removes the next does not find.

    :param before: those that ended earlier
    :param limit: largest number of executions
    """
    runs: Sequence[Any] = session.execute(
        _old(workflow_id, before).with_only_columns(DagRun.id, DagRun.run_id).order_by(DagRun.id).limit(limit)
    ).all()
    if not runs:
        return Removed()
    pks, run_ids = [run.id for run in runs], [run.run_id for run in runs]
    counted = _count(DagRun.id.in_(pks), session)
    for table in _OF_A_RUN:
        session.execute(
            delete(table)
            .where(table.workflow_id == workflow_id, table.run_id.in_(run_ids))
            .execution_options(synchronize_session=False)
        )
    letters = _remove_dead_letters(workflow_id, run_ids, session)
    # What belongs to a run goes with it, by Airflow's own foreign keys.
    session.execute(delete(DagRun).where(DagRun.id.in_(pks)).execution_options(synchronize_session=False))
    return counted._replace(dead_letters=letters)


def count_old_executions(limits: Mapping[str, datetime], session: Session) -> dict[str, Removed]:
    """
    Return workflow -> what would be removed; of those where there is something.

    :param limits: as from :func:`deadlines`
    """
    found = {}
    for workflow_id, before in limits.items():
        old = _old(workflow_id, before).with_only_columns(DagRun.id)
        counted = _count(DagRun.id.in_(old), session)
        if counted.executions:
            names = _old(workflow_id, before).with_only_columns(DagRun.run_id)
            letters = session.scalar(
                select(func.count())
                .select_from(DeadLetterRow)
                .where(DeadLetterRow.workflow_id == workflow_id, DeadLetterRow.run_id.in_(names))
            )
            found[workflow_id] = counted._replace(dead_letters=letters or 0)
    return found


def _old(workflow_id: str, before: datetime) -> Any:
    newest = select(func.max(DagRun.id)).where(DagRun.dag_id == workflow_id).scalar_subquery()
    # Something has been asked of these, and is not done yet.
    redriven = select(DeadLetterRow.run_id).where(
        DeadLetterRow.workflow_id == workflow_id,
        DeadLetterRow.redrive_id.is_not(None),
        DeadLetterRow.state == "open",
    )
    return select(DagRun.id, DagRun.run_id).where(
        DagRun.dag_id == workflow_id,
        DagRun._state.in_(_ENDED),
        # It cannot have ended before that; Airflow has an index on it.
        DagRun.run_after < before,
        DagRun.end_date < before,
        DagRun.id != newest,
        DagRun.run_id.not_in(redriven),
    )


def _count(which: Any, session: Session) -> Removed:
    size = func.pg_column_size if session.get_bind().dialect.name == "postgresql" else _length
    runs = session.execute(
        select(func.count(), func.coalesce(func.sum(size(DagRun.conf)), 0)).where(which)
    ).one()
    steps = session.scalar(
        select(func.count())
        .select_from(TaskInstance)
        .join(DagRun, and_(DagRun.dag_id == TaskInstance.dag_id, DagRun.run_id == TaskInstance.run_id))
        .where(which)
    )
    values = session.execute(
        select(func.count(), func.coalesce(func.sum(size(XComModel.value)), 0))
        .join(DagRun, DagRun.id == XComModel.dag_run_id)
        .where(which)
    ).one()
    return Removed(
        executions=int(runs[0]), steps=steps or 0, values=int(values[0]), bytes=int(runs[1]) + int(values[1])
    )


def _length(column: Any) -> Any:
    return func.length(cast(column, Text))


def _remove_dead_letters(workflow_id: str, run_ids: Collection[str], session: Session) -> int:
    letters = session.execute(
        select(DeadLetterRow.run_id, DeadLetterRow.group_id, DeadLetterRow.state).where(
            DeadLetterRow.workflow_id == workflow_id, DeadLetterRow.run_id.in_(run_ids)
        )
    ).all()
    if not letters:
        return 0
    total, still_open = Counter[str](), Counter[str]()
    for _, group_id, state in letters:
        total[group_id] += 1
        still_open[group_id] += state == "open"
    # In one order, so that two processes do not wait for each other.
    for group_id in sorted(total):
        group = session.get(DeadLetterGroupRow, group_id, with_for_update=True)
        if group is not None:
            group.total_count -= total[group_id]
            group.open_count -= still_open[group_id]
            if group.total_count <= 0:
                session.delete(group)
    keys = [(workflow_id, run_id) for run_id, _, _ in letters]
    session.flush()
    session.execute(
        delete(DeadLetterRow)
        .where(tuple_(DeadLetterRow.workflow_id, DeadLetterRow.run_id).in_(keys))
        .execution_options(synchronize_session=False)
    )
    return len(letters)
