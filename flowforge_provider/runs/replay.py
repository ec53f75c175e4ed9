"""Make a run on a given version of its Dag, and give its tasks what the same tasks of an earlier run have."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.tasklog import LogTemplate
from airflow.models.taskmap import TaskMap
from airflow.models.xcom import XComModel
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import func, insert, literal, select

from flowforge_provider.queue.letting import hold_new_runs, is_letting
from flowforge_provider.runs.rerun_plan import Earlier, TaskRecord
from flowforge_provider.runs.steps import INPUT_KEY, read_values

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from airflow.serialization.definitions.dag import SerializedDAG
    from sqlalchemy.orm import Session

__all__ = ["FOLLOWED", "SKIP_KEY", "copy_tasks", "create_pinned_run", "read_earlier"]

# Airflow's own names; see airflow/models/skipmixin.py.
SKIP_KEY = "skipmixin_key"
FOLLOWED = "followed"


def create_pinned_run(
    dag: SerializedDAG,
    *,
    run_id: str,
    conf: dict[str, Any],
    dag_version_id: UUID,
    bundle_version: str | None,
    user: str,
    session: Session,
) -> DagRun:
    """
    Make a queued run as ``create_dagrun`` does, but of any version of the Dag.

    :raises IntegrityError: another transaction has just made the same run; repeat yours
    """
    dag.params.deep_merge(conf).validate()
    run = DagRun(
        dag_id=dag.dag_id,
        run_id=run_id,
        run_after=datetime.now(tz=timezone.utc),
        conf=conf,
        state=DagRunState.QUEUED,
        run_type=DagRunType.MANUAL,
        triggered_by=DagRunTriggeredByType.REST_API,
        triggering_user_name=user,
        bundle_version=None if dag.disable_bundle_versioning else bundle_version,
    )
    run.log_template_id = int(session.scalar(select(func.max(LogTemplate.id))) or 0)
    run.created_dag_version_id = dag_version_id
    run.consumed_asset_events = []
    session.add(run)
    session.flush()
    run.dag = dag
    run.verify_integrity(session=session, dag_version_id=dag_version_id)
    session.flush()
    if is_letting(dag.dag_id, session):
        hold_new_runs(dag.dag_id, [run_id], session)
    return run


def read_earlier(run: DagRun, *, cancelled_at: datetime | None, session: Session) -> Earlier:
    """
    Return what is known of a run, for planning another one.

    :param cancelled_at: when it was cancelled; what has not ended before was ended by that
    """
    records: dict[str, list[TaskRecord]] = defaultdict(list)
    task = TaskInstance
    rows = session.execute(
        select(task.task_id, task.map_index, task.state, task.end_date).where(
            task.dag_id == run.dag_id, task.run_id == run.run_id
        )
    )
    for task_id, map_index, state, end_date in rows:
        cut_off = cancelled_at is not None and (end_date is None or end_date >= cancelled_at)
        shown = "cancelled" if cut_off and state != "success" else state
        records[task_id].append(TaskRecord(map_index, str(shown) if shown is not None else None))
    xcom = XComModel
    with_input = session.scalars(
        select(xcom.task_id).where(xcom.dag_run_id == run.id, xcom.key == INPUT_KEY, xcom.map_index == -1)
    )
    branches = read_values(list(records), SKIP_KEY, run_pk=run.id, map_index=-1, session=session)
    followed = {
        task_id: frozenset(value[FOLLOWED])
        for task_id, _, value in branches
        if isinstance(value, dict) and isinstance(value.get(FOLLOWED), list)
    }
    return Earlier(records=records, with_input=frozenset(with_input), followed=followed)


def copy_tasks(
    task_ids: Collection[str], *, source_pk: int, target: DagRun, dag: SerializedDAG, session: Session
) -> None:
    """
    Give tasks of a new run the states and the data that they have in an earlier run of the same Dag.

    They have taken no time and no try here: what they did is told by the earlier run.

    :param source_pk: the earlier Dag run's ``id``
    :param target: a run that nothing else has seen yet
    """
    source = session.scalars(select(DagRun).where(DagRun.id == source_pk)).one()
    states = {
        (task_id, map_index): state
        for task_id, map_index, state in session.execute(
            select(TaskInstance.task_id, TaskInstance.map_index, TaskInstance.state).where(
                TaskInstance.dag_id == source.dag_id,
                TaskInstance.run_id == source.run_id,
                TaskInstance.task_id.in_(task_ids),
            )
        )
    }
    indexes: dict[str, list[int]] = defaultdict(list)
    for task_id, map_index in states:
        indexes[task_id].append(map_index)
    fresh = {
        ti.task_id: ti
        for ti in session.scalars(
            select(TaskInstance).where(
                TaskInstance.dag_id == target.dag_id,
                TaskInstance.run_id == target.run_id,
                TaskInstance.task_id.in_(task_ids),
            )
        )
    }
    moment = datetime.now(tz=timezone.utc)
    for task_id in sorted(task_ids):
        wanted = sorted(indexes.get(task_id, [-1]))
        if wanted != [-1]:
            # A step of a loop that the scheduler has expanded.
            session.delete(fresh[task_id])
            session.flush()
        for map_index in wanted:
            ti = fresh[task_id]
            if wanted != [-1]:
                ti = TaskInstance(
                    task=dag.get_task(task_id),
                    dag_version_id=target.created_dag_version_id,
                    run_id=target.run_id,
                    map_index=map_index,
                )
                session.add(ti)
            # A step that is new in the body of a loop has had no item.
            ti.state = states.get((task_id, map_index), "skipped")
            ti.start_date = ti.end_date = moment
            ti.duration = 0.0
    session.flush()
    _copy_data(task_ids, source=source, target=target, moment=moment, session=session)


def _copy_data(
    task_ids: Collection[str], *, source: DagRun, target: DagRun, moment: datetime, session: Session
) -> None:
    xcom = XComModel
    taken = (literal(target.id), xcom.task_id, xcom.map_index, xcom.key, xcom.dag_result, xcom.dag_id)
    session.execute(
        insert(xcom).from_select(
            [
                "dag_run_id",
                "task_id",
                "map_index",
                "key",
                "dag_result",
                "dag_id",
                "run_id",
                "value",
                "timestamp",
            ],
            select(*taken, literal(target.run_id), xcom.value, literal(moment, xcom.timestamp.type)).where(
                xcom.dag_run_id == source.id, xcom.task_id.in_(task_ids)
            ),
        )
    )
    lengths = TaskMap
    rows = session.execute(
        select(lengths.task_id, lengths.map_index, lengths.length, lengths.keys).where(
            lengths.dag_id == source.dag_id,
            lengths.run_id == source.run_id,
            lengths.task_id.in_(task_ids),
        )
    ).all()
    for task_id, map_index, length, keys in rows:
        session.add(
            TaskMap(
                dag_id=target.dag_id,
                task_id=task_id,
                run_id=target.run_id,
                map_index=map_index,
                length=length,
                keys=keys,
            )
        )
    session.flush()
