"""Retry the failed steps of an execution in the same run: what has succeeded stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.models.dag import DagModel
from airflow.models.dagbag import DBDagBag
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.state import DagRunState
from sqlalchemy import select

from flowforge_provider.exceptions import ConflictError, NotFoundError
from flowforge_provider.queue.letting import hold_again
from flowforge_provider.runs.reading import unknown_execution
from flowforge_provider.runs.structure import (
    Place,
    is_first_of_loop,
    items_task_of,
    loop_of_task,
    node_of_task,
    places_following,
)
from flowforge_provider.store.cancellations import get_cancellation
from flowforge_provider.store.tables import WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from airflow.serialization.definitions.dag import SerializedDAG
    from sqlalchemy.orm import Session

    from flowforge_provider.runs.ids import ExecutionId

__all__ = ["retry_failed"]


def retry_failed(
    execution_id: ExecutionId, *, nodes: Collection[str] | None = None, session: Session
) -> list[str]:
    """
    Let the failed steps of an execution, and all that follows them, run again in the same run.

    Tries go on counting, each step has its retries anew, and idempotency keys are those of the tries before.
    Of a loop only the items' tasks that have failed, or were not begun because of that, run again. What was
    cut off by a cancellation counts as failed.

    :param nodes: only these failed steps; all of them when omitted
    :return: ids of the nodes that run again
    :raises NotFoundError: there is no such execution or step; codes ``execution-not-found``,
        ``step-not-found``
    :raises ConflictError: it has not ended, nothing in it has failed, or it cannot run any more; codes
        ``execution-running``, ``nothing-failed``, ``workflow-not-published``, ``execution-outdated``
    """
    run = session.scalar(
        select(DagRun)
        .join(WorkflowRow, WorkflowRow.id == DagRun.dag_id)
        .where(DagRun.dag_id == execution_id.workflow_id, DagRun.run_id == execution_id.run_id)
        .with_for_update(of=DagRun)
    )
    if run is None:
        raise unknown_execution(execution_id)
    dag = _check_run(run, execution_id, session=session)
    cancellation = get_cancellation(
        workflow_id=execution_id.workflow_id, run_id=execution_id.run_id, session=session
    )
    is_cancelled = cancellation is not None and (
        run.queued_at is None or run.queued_at <= cancellation.cancelled_at
    )
    instances = {
        (ti.task_id, ti.map_index): ti
        for ti in session.scalars(
            select(TaskInstance).where(TaskInstance.dag_id == run.dag_id, TaskInstance.run_id == run.run_id)
        )
    }
    cancelled_at = cancellation.cancelled_at if cancellation is not None and is_cancelled else None
    failed = _failed(instances, dag, cancelled_at=cancelled_at, named=nodes is not None)
    if nodes is not None:
        failed = _only(failed, nodes, dag=dag, execution_id=execution_id)
    if not failed:
        raise ConflictError(
            f'No step of execution "{execution_id}" has failed, so there is nothing to retry. Run it again '
            "instead.",
            code="nothing-failed",
        )
    failed |= _not_begun(failed, instances, dag)
    again = [instances[place] for place in places_following(failed, dag, instances) if place in instances]
    _clear(again, session=session)
    if cancellation is not None:
        session.delete(cancellation)
    hold_again(run.dag_id, run.run_id, session)
    session.flush()
    return sorted({node_of_task(ti.task_id) for ti in again})


def _check_run(run: DagRun, execution_id: ExecutionId, *, session: Session) -> SerializedDAG:
    if run.state not in (DagRunState.SUCCESS, DagRunState.FAILED):
        raise ConflictError(
            f'Execution "{execution_id}" has not ended yet ({run.state}). Wait for its end, or cancel it.',
            code="execution-running",
        )
    if session.scalar(select(DagModel.is_stale).where(DagModel.dag_id == run.dag_id)) is not False:
        # Airflow's scheduler leaves runs of such a Dag alone, so this one would stay queued for ever.
        raise ConflictError(
            f'Workflow "{run.dag_id}" is not published, so its executions cannot go on. Publish it first.',
            code="workflow-not-published",
        )
    dag: SerializedDAG | None = DBDagBag().get_dag_for_run(run, session=session)
    if dag is None:
        raise ConflictError(
            f'Airflow does not know any more what execution "{execution_id}" has run. Run it again on the '
            "latest revision.",
            code="execution-outdated",
        )
    return dag


def _failed(
    instances: Mapping[Place, TaskInstance],
    dag: SerializedDAG,
    *,
    cancelled_at: datetime | None,
    named: bool,
) -> set[Place]:
    """
    Return the task instances that have failed, or that a cancellation has ended.

    :param named: failed items count also where their loop has gone on without them
    """
    found = set()
    for place, ti in instances.items():
        if not dag.has_task(ti.task_id):
            continue
        cut_off = cancelled_at is not None and (ti.end_date is None or ti.end_date >= cancelled_at)
        if ti.state != "failed" and not (cut_off and ti.state != "success"):
            continue
        loop = loop_of_task(ti.task_id, dag)
        collected = instances.get((loop, -1)) if loop is not None else None
        tolerated = collected is not None and collected.state == "success"
        if named or not tolerated:
            found.add(place)
    return found


def _only(
    failed: set[Place], nodes: Collection[str], *, dag: SerializedDAG, execution_id: ExecutionId
) -> set[Place]:
    for node in nodes:
        if not dag.has_task(node):
            raise NotFoundError(
                f'There is no step "{node[:100]}" in execution "{str(execution_id)[:300]}".',
                code="step-not-found",
            )
    # Who retries a loop means what has failed in it.
    return {
        place for place in failed if node_of_task(place[0]) in nodes or loop_of_task(place[0], dag) in nodes
    }


def _not_begun(failed: set[Place], instances: Mapping[Place, TaskInstance], dag: SerializedDAG) -> set[Place]:
    """Return the items' tasks that a loop has not begun, because another item had failed before."""
    loops = {loop_of_task(task_id, dag) for task_id, _ in failed} - {None}
    return {
        place
        for place, ti in instances.items()
        if ti.state == "skipped"
        and place[1] >= 0
        and is_first_of_loop(ti.task_id, dag)
        and loop_of_task(ti.task_id, dag) in loops
        and (items := instances.get((items_task_of(str(loop_of_task(ti.task_id, dag))), -1))) is not None
        and items.state == "success"
    }


def _clear(instances: list[TaskInstance], *, session: Session) -> None:
    from airflow.models.taskinstance import clear_task_instances

    # As Airflow's own "clear": the run is queued again, on the version that it has begun with.
    clear_task_instances(instances, session, dag_run_state=DagRunState.QUEUED, run_on_latest_version=False)
    for instance in instances:
        # Airflow would keep it, and a cancellation before they begin would seem to have found them ended.
        instance.end_date = None
