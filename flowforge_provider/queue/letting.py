"""
Let single runs of a paused workflow through, to their end, and nothing else.

Airflow pauses a Dag as a whole. To let one run through, the Dag is switched on while

- all its other unfinished runs are held: queued, and not to start before a day that never comes. Airflow's
  scheduler then neither looks at them nor starts their steps, also those that a trigger wakes meanwhile;
  steps that a worker runs finish. What they were is kept in a table and given back afterwards,
- no new runs are made: the Dag has the mark with which Airflow bars Dags that could not be loaded, which
  keeps its scheduler (schedules and assets) and its API from making runs. Runs that FlowForge makes are held.

A stray run, made by a transaction that had begun before the mark was set, is held at the next look. Each step
is one transaction that any process may take again, so a crash leaves the workflow paused, or a run let
through, and nothing that is forgotten.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from sqlalchemy import delete, func, insert, select, update

from flowforge_provider.exceptions import ConflictError
from flowforge_provider.runs.ids import ExecutionId
from flowforge_provider.runs.reading import unknown_execution
from flowforge_provider.runs.steps import read_children
from flowforge_provider.settings import BUNDLE_NAME
from flowforge_provider.store.queue_tables import HeldRunRow, LetThroughRow, QueuePauseRow
from flowforge_provider.store.tables import WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

__all__ = [
    "NEVER",
    "close_all",
    "close_workflow",
    "follow",
    "hold_again",
    "hold_new_runs",
    "holding_workflows",
    "is_letting",
    "keep_letting",
    "list_let_through",
    "mark",
    "needs_following",
    "open_workflow",
]

#: Held runs are not to start before.
NEVER = datetime(9000, 1, 1, tzinfo=timezone.utc)

_UNFINISHED = ("queued", "running")


def list_let_through(session: Session) -> list[LetThroughRow]:
    """Return what may run although it is paused, in the order in which it was asked for."""
    return list(session.scalars(select(LetThroughRow).order_by(LetThroughRow.asked_at, LetThroughRow.run_id)))


def holding_workflows(session: Session) -> set[str]:
    """Return the workflows of which single runs are let through right now."""
    return set(session.scalars(select(LetThroughRow.workflow_id).distinct()))


def is_letting(workflow_id: str, session: Session) -> bool:
    """Tell whether single runs of a workflow are let through, so that its new ones have to be held."""
    query = select(LetThroughRow.run_id).where(LetThroughRow.workflow_id == workflow_id)
    return session.scalar(query.limit(1)) is not None


def mark(execution_id: ExecutionId, *, user: str, session: Session) -> None:
    """
    Note that a run shall go through, and keep Airflow from making new ones of its workflow.

    :param user: who lets it through
    :raises NotFoundError: there is no such run; code ``execution-not-found``
    :raises ConflictError: its workflow is not paused, or it has ended; codes ``queue-not-paused``,
        ``execution-finished``
    """
    workflow_id, run_id = execution_id
    _lock(workflow_id, session)
    scopes = select(QueuePauseRow.scope).where(QueuePauseRow.scope.in_(["*", workflow_id]))
    if session.scalar(scopes.limit(1)) is None:
        raise ConflictError(
            f'Workflow "{workflow_id}" is not paused, so its executions need not be let through one by one.',
            code="queue-not-paused",
        )
    state = session.scalar(select(DagRun._state).where(DagRun.dag_id == workflow_id, DagRun.run_id == run_id))
    if state is None:
        raise unknown_execution(execution_id)
    if str(state) not in _UNFINISHED:
        raise ConflictError(
            f'Execution "{execution_id}" has ended already ({state}).', code="execution-finished"
        )
    if session.get(LetThroughRow, (workflow_id, run_id)) is None:
        session.add(
            LetThroughRow(
                workflow_id=workflow_id, run_id=run_id, asked_by=user, asked_at=datetime.now(tz=timezone.utc)
            )
        )
        session.flush()
    _set_dag(workflow_id, session, has_import_errors=True)


def open_workflow(workflow_id: str, session: Session) -> None:
    """
    Hold all runs of a workflow but those that are let through, and switch its Dag on for these.

    To be repeated while they run: it also holds what has come in between.
    """
    _lock(workflow_id, session)
    let = select(LetThroughRow.run_id).where(LetThroughRow.workflow_id == workflow_id)
    if session.scalar(let.limit(1)) is None:
        return
    _give_back(_held(workflow_id).where(DagRun.run_id.in_(let)), session)
    _hold(_strays(workflow_id), session)
    now = datetime.now(tz=timezone.utc)
    # Who lets a run through does not want to wait for its time.
    session.execute(
        update(DagRun)
        .where(DagRun.dag_id == workflow_id, DagRun.run_id.in_(let), DagRun.run_after > now)
        .values(run_after=now)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(LetThroughRow)
        .where(LetThroughRow.workflow_id == workflow_id, LetThroughRow.opened_at.is_(None))
        .values(opened_at=now)
        .execution_options(synchronize_session=False)
    )
    _set_dag(workflow_id, session, has_import_errors=True, is_paused=False)


def needs_following(workflow_id: str, session: Session) -> bool:
    """
    Tell whether :func:`follow` has something to do; reads only.

    A run that was let through has ended or is to be opened, has started others, or there are strays.
    """
    let = select(LetThroughRow).where(LetThroughRow.workflow_id == workflow_id)
    rows = session.scalars(let).all()
    runs = dict(
        session.execute(
            select(DagRun.run_id, DagRun.id).where(
                DagRun.dag_id == workflow_id,
                DagRun.run_id.in_([row.run_id for row in rows]),
                DagRun._state.in_(_UNFINISHED),
            )
        ).all()
    )
    if any(row.opened_at is None or row.run_id not in runs for row in rows):
        return True
    if session.scalar(_strays(workflow_id).limit(1)) is not None:
        return True
    return any(read_children(run_pk=run_pk, session=session) for run_pk in runs.values())


def follow(workflow_id: str, session: Session) -> None:
    """
    Take note of which runs that were let through have ended; after the last one the workflow is as before.

    Runs that their steps have started and wait for are let through as well.
    """
    _lock(workflow_id, session)
    rows = session.execute(
        select(LetThroughRow, DagRun.id, DagRun._state)
        .join(
            DagRun,
            (DagRun.dag_id == LetThroughRow.workflow_id) & (DagRun.run_id == LetThroughRow.run_id),
            isouter=True,
        )
        .where(LetThroughRow.workflow_id == workflow_id)
    ).all()
    going = 0
    for row, run_pk, state in rows:
        if run_pk is None or str(state) not in _UNFINISHED:
            session.delete(row)
            continue
        going += 1
        _let_children(run_pk, user=row.asked_by, session=session)
    session.flush()
    if going:
        open_workflow(workflow_id, session)
    elif rows:
        close_workflow(workflow_id, session, stay_paused=True)


def close_workflow(workflow_id: str, session: Session, *, stay_paused: bool) -> None:
    """
    Give back to all held runs what they were, and forget who was let through.

    :param stay_paused: the workflow's pause goes on
    """
    _lock(workflow_id, session)
    was_letting = bool(
        session.scalar(
            select(func.count()).select_from(HeldRunRow).where(HeldRunRow.workflow_id == workflow_id)
        )
    ) or is_letting(workflow_id, session)
    session.execute(
        delete(LetThroughRow)
        .where(LetThroughRow.workflow_id == workflow_id)
        .execution_options(synchronize_session=False)
    )
    if stay_paused:
        _set_dag(workflow_id, session, is_paused=True)
    if not was_letting:
        return
    _give_back(_held(workflow_id), session)
    # What has ended meanwhile, cancelled for example, stays what it is, but may be retried one day.
    kept = HeldRunRow.run_pk == DagRun.id
    session.execute(
        update(DagRun)
        .where(
            DagRun.id.in_(select(HeldRunRow.run_pk).where(HeldRunRow.workflow_id == workflow_id)),
            DagRun.run_after == NEVER,
        )
        .values(run_after=select(HeldRunRow.run_after).where(kept).scalar_subquery())
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(HeldRunRow)
        .where(HeldRunRow.workflow_id == workflow_id)
        .execution_options(synchronize_session=False)
    )
    published = session.scalar(select(WorkflowRow.published_seq).where(WorkflowRow.id == workflow_id))
    # A workflow that was taken offline keeps the mark while its runs finish.
    _set_dag(workflow_id, session, has_import_errors=published is None)


def close_all(session: Session, *, stay_paused: Collection[str]) -> None:
    """
    Close all workflows of which runs were let through.

    :param stay_paused: workflows with a pause of their own
    """
    for workflow_id in sorted(holding_workflows(session)):
        if workflow_id not in stay_paused:
            close_workflow(workflow_id, session, stay_paused=False)


def hold_new_runs(workflow_id: str, run_ids: Collection[str], session: Session) -> None:
    """Hold runs that the caller has just made in this transaction."""
    _hold(select(DagRun.id).where(DagRun.dag_id == workflow_id, DagRun.run_id.in_(run_ids)), session)


def hold_again(workflow_id: str, run_id: str, session: Session) -> None:
    """Hold a run that had ended and that the caller lets go on in this transaction, if such runs are held."""
    session.flush()
    run_pk = session.scalar(select(DagRun.id).where(DagRun.dag_id == workflow_id, DagRun.run_id == run_id))
    held = session.get(HeldRunRow, run_pk)
    if held is not None:
        # It has ended while it was held, and is held still.
        held.state = "queued"
    elif is_letting(workflow_id, session) and session.get(LetThroughRow, (workflow_id, run_id)) is None:
        hold_new_runs(workflow_id, [run_id], session)


def keep_letting(workflow_id: str, session: Session) -> bool:
    """Bar new runs again after a Dag was written; return whether runs of it are let through."""
    if not is_letting(workflow_id, session):
        return False
    _set_dag(workflow_id, session, has_import_errors=True)
    return True


def _let_children(run_pk: int, *, user: str, session: Session) -> None:
    for child in read_children(run_pk=run_pk, session=session):
        workflow_id, run_id = str(child.get("workflow_id")), str(child.get("run_id"))
        paused = select(QueuePauseRow.scope).where(QueuePauseRow.scope.in_(["*", workflow_id]))
        unfinished = select(DagRun.id).where(
            DagRun.dag_id == workflow_id, DagRun.run_id == run_id, DagRun._state.in_(_UNFINISHED)
        )
        if (
            session.get(LetThroughRow, (workflow_id, run_id)) is None
            and session.scalar(paused.limit(1)) is not None
            and session.scalar(unfinished) is not None
        ):
            mark(ExecutionId(workflow_id, run_id), user=user, session=session)


def _strays(workflow_id: str) -> Select[int]:
    """Return the unfinished runs of a workflow that are neither let through nor held."""
    return select(DagRun.id).where(
        DagRun.dag_id == workflow_id,
        DagRun._state.in_(_UNFINISHED),
        DagRun.run_id.not_in(select(LetThroughRow.run_id).where(LetThroughRow.workflow_id == workflow_id)),
        DagRun.id.not_in(select(HeldRunRow.run_pk).where(HeldRunRow.workflow_id == workflow_id)),
    )


def _held(workflow_id: str) -> Select[int]:
    return (
        select(DagRun.id)
        .join(HeldRunRow, HeldRunRow.run_pk == DagRun.id)
        .where(HeldRunRow.workflow_id == workflow_id, DagRun._state == "queued", DagRun.run_after == NEVER)
    )


def _hold(runs: Select[int], session: Session) -> None:
    """Hold runs, given by their ids, and remember what they were."""
    # Locked first: the scheduler finishes what it is doing with them, and we remember what it made of them.
    ids = session.scalars(runs.with_for_update(of=DagRun)).all()
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        session.execute(
            insert(HeldRunRow).from_select(
                ["run_pk", "workflow_id", "state", "run_after"],
                select(DagRun.id, DagRun.dag_id, DagRun._state, DagRun.run_after).where(DagRun.id.in_(some)),
            )
        )
        session.execute(
            update(DagRun)
            .where(DagRun.id.in_(some))
            .values({"_state": "queued", "run_after": NEVER})
            .execution_options(synchronize_session=False)
        )


def _give_back(runs: Select[int], session: Session) -> None:
    """Make runs, given by their ids, what they were before they were held."""
    ids = session.scalars(runs).all()
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        kept = HeldRunRow.run_pk == DagRun.id
        session.execute(
            update(DagRun)
            .where(DagRun.id.in_(some))
            .values(
                {
                    "_state": select(HeldRunRow.state).where(kept).scalar_subquery(),
                    "run_after": select(HeldRunRow.run_after).where(kept).scalar_subquery(),
                }
            )
            .execution_options(synchronize_session=False)
        )
        session.execute(
            delete(HeldRunRow).where(HeldRunRow.run_pk.in_(some)).execution_options(synchronize_session=False)
        )


_CHUNK = 500


def _set_dag(workflow_id: str, session: Session, **values: bool) -> None:
    session.execute(
        update(DagModel)
        .where(DagModel.dag_id == workflow_id, DagModel.bundle_name == BUNDLE_NAME)
        .values(values)
        .execution_options(synchronize_session=False)
    )


def _lock(workflow_id: str, session: Session) -> None:
    """Let one process after another change what is held of a workflow."""
    session.execute(select(DagModel.dag_id).where(DagModel.dag_id == workflow_id).with_for_update())
