"""
Pause and resume, by Airflow's own means: the scheduler starts no step of a Dag that is paused.

What is remembered beside Airflow's flag is who paused, why, and which workflows were paused alone, so that
the end of a pause of everything leaves those paused. All changes are made under one lock, which publishing
takes as well: a workflow that is published during a pause is paused before it can run.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from airflow.models.dag import DagModel
from sqlalchemy import delete, select, update

from flowforge_provider.exceptions import ConflictError, NotFoundError
from flowforge_provider.queue.letting import close_all, close_workflow, holding_workflows, keep_letting
from flowforge_provider.settings import BUNDLE_NAME
from flowforge_provider.store.publications import lock_sequence
from flowforge_provider.store.queue_tables import QueuePauseRow
from flowforge_provider.store.tables import WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

__all__ = [
    "EVERYTHING",
    "apply_pause",
    "enforce",
    "needs_enforcing",
    "pause_all",
    "pause_workflow",
    "read_pauses",
    "resume_all",
    "resume_workflow",
]

#: Scope of a pause of all workflows.
EVERYTHING = "*"


def read_pauses(session: Session) -> dict[str, QueuePauseRow]:
    """Return the pauses in force by scope: a workflow id, or ``EVERYTHING``."""
    return {row.scope: row for row in session.scalars(select(QueuePauseRow))}


def pause_all(*, reason: str, user: str, draining: bool = False, session: Session) -> None:
    """
    Pause all workflows; during such a pause its reason is replaced, and a drain stays one.

    :param user: who pauses
    :param draining: somebody waits until nothing runs
    """
    lock_sequence(session)
    row = session.get(QueuePauseRow, EVERYTHING)
    if row is None:
        _adopt(session)
    _write(row, EVERYTHING, reason=reason, user=user, draining=draining, session=session)
    _pause_dags(session)


def pause_workflow(workflow_id: str, *, reason: str, user: str, session: Session) -> None:
    """
    Pause one workflow.

    :param user: who pauses
    :raises NotFoundError: there is no such workflow; code ``workflow-not-found``
    """
    lock_sequence(session)
    _check_workflow(workflow_id, session)
    row = session.get(QueuePauseRow, workflow_id)
    _write(row, workflow_id, reason=reason, user=user, draining=False, session=session)
    _pause_dags(session, only=workflow_id)


def resume_all(session: Session) -> None:
    """
    End the pause of everything; workflows that are paused alone stay so.

    Executions that were let through go on like all others.

    :raises ConflictError: it is not paused; code ``queue-not-paused``
    """
    lock_sequence(session)
    row = session.get(QueuePauseRow, EVERYTHING)
    if row is None:
        raise ConflictError(
            "The queue is not paused, so there is nothing to resume.", code="queue-not-paused"
        )
    session.delete(row)
    session.flush()
    alone = set(session.scalars(select(QueuePauseRow.scope)))
    close_all(session, stay_paused=alone)
    session.execute(
        update(DagModel)
        .where(
            DagModel.bundle_name == BUNDLE_NAME,
            DagModel.is_paused.is_(True),
            DagModel.dag_id.not_in(select(QueuePauseRow.scope)),
        )
        .values(is_paused=False)
        .execution_options(synchronize_session=False)
    )


def resume_workflow(workflow_id: str, *, session: Session) -> None:
    """
    End the pause of one workflow, wherever it was paused; while everything is paused, it stays so until then.

    :raises NotFoundError: there is no such workflow; code ``workflow-not-found``
    """
    lock_sequence(session)
    _check_workflow(workflow_id, session)
    session.execute(
        delete(QueuePauseRow)
        .where(QueuePauseRow.scope == workflow_id)
        .execution_options(synchronize_session=False)
    )
    if session.get(QueuePauseRow, EVERYTHING) is not None:
        return
    close_workflow(workflow_id, session, stay_paused=False)
    session.execute(
        update(DagModel)
        .where(DagModel.dag_id == workflow_id, DagModel.bundle_name == BUNDLE_NAME)
        .values(is_paused=False)
        .execution_options(synchronize_session=False)
    )


def apply_pause(workflow_id: str, *, session: Session) -> None:
    """
    Put a Dag that was just written back into the state that the pauses want.

    For publishing and the dag-processor, in their own transactions: writing a new Dag makes it run at once,
    and writing one whose other runs are held lets the scheduler make new ones.
    """
    if keep_letting(workflow_id, session):
        return
    scopes = select(QueuePauseRow.scope).where(QueuePauseRow.scope.in_([EVERYTHING, workflow_id]))
    if session.scalar(scopes.limit(1)) is not None:
        _pause_dags(session, only=workflow_id)


def needs_enforcing(session: Session) -> bool:
    """Tell whether Airflow's flags and the pauses differ; reads only."""
    scopes = set(session.scalars(select(QueuePauseRow.scope)))
    if EVERYTHING in scopes:
        return _find_running(session)
    query = select(DagModel.dag_id, DagModel.is_paused).where(DagModel.bundle_name == BUNDLE_NAME)
    if not scopes:
        return session.scalar(query.where(DagModel.is_paused.is_(True)).limit(1)) is not None
    differing = {dag_id for dag_id, is_paused in session.execute(query) if is_paused != (dag_id in scopes)}
    return bool(differing - holding_workflows(session))


def enforce(session: Session) -> None:
    """
    Let Airflow's flags and the pauses agree again, after somebody has used Airflow's own switch.

    A pause of everything wins over the switch. Otherwise the switch is how a person pauses or resumes one
    workflow, and what we remember follows it.
    """
    lock_sequence(session)
    if session.get(QueuePauseRow, EVERYTHING) is not None:
        _pause_dags(session)
        return
    _adopt(session)
    unpaused = select(DagModel.dag_id).where(
        DagModel.bundle_name == BUNDLE_NAME, DagModel.is_paused.is_(False)
    )
    session.execute(
        delete(QueuePauseRow)
        .where(
            QueuePauseRow.scope.in_(unpaused),
            QueuePauseRow.scope.not_in(holding_workflows(session)),
        )
        .execution_options(synchronize_session=False)
    )


def _write(
    row: QueuePauseRow | None, scope: str, *, reason: str, user: str, draining: bool, session: Session
) -> None:
    if row is None:
        row = QueuePauseRow(scope=scope, paused_at=datetime.now(tz=timezone.utc), draining=False)
        session.add(row)
    row.reason, row.paused_by = reason, user
    row.draining = row.draining or draining
    session.flush()


def _check_workflow(workflow_id: str, session: Session) -> None:
    if session.scalar(select(WorkflowRow.id).where(WorkflowRow.id == workflow_id)) is None:
        raise NotFoundError(f'There is no workflow "{workflow_id}".', code="workflow-not-found")


def _adopt(session: Session) -> None:
    """Remember which workflows Airflow has paused on its own, so that they stay so."""
    known = select(QueuePauseRow.scope)
    now = datetime.now(tz=timezone.utc)
    for dag_id in session.scalars(
        select(DagModel.dag_id).where(
            DagModel.bundle_name == BUNDLE_NAME, DagModel.is_paused.is_(True), DagModel.dag_id.not_in(known)
        )
    ).all():
        session.add(QueuePauseRow(scope=dag_id, reason="", paused_by=None, paused_at=now, draining=False))
    session.flush()


def _find_running(session: Session) -> bool:
    query = select(DagModel.dag_id).where(
        DagModel.bundle_name == BUNDLE_NAME,
        DagModel.is_paused.is_(False),
        *_unlet(holding_workflows(session)),
    )
    return session.scalar(query.limit(1)) is not None


def _pause_dags(session: Session, *, only: str | None = None) -> None:
    change = update(DagModel).where(
        DagModel.bundle_name == BUNDLE_NAME,
        DagModel.is_paused.is_(False),
        *_unlet(holding_workflows(session)),
    )
    if only is not None:
        change = change.where(DagModel.dag_id == only)
    session.execute(change.values(is_paused=True).execution_options(synchronize_session=False))


def _unlet(holding: Collection[str]) -> list[ColumnElement[bool]]:
    return [DagModel.dag_id.not_in(holding)] if holding else []
