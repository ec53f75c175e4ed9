"""
Make many runs of one Dag with few statements.

Airflow's ``create_dagrun`` asks and inserts for each run anew: about 11 ms of Python each. Here the parts of
it that are the same for all runs are done once: the queries, and the task instances of the first run, of
which the others get copies. The rows are the same, which a test compares field by field.

Everything here that is internal to Airflow is in this module. Where it does not fit the Airflow that is
installed, :func:`prepare_runs` returns None before anything is written, and the caller makes the runs one by
one.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.tasklog import LogTemplate
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import func, select

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from airflow.serialization.definitions.dag import SerializedDAG
    from sqlalchemy.orm import Session

__all__ = ["NewRun", "PreparedRuns", "insert_runs", "prepare_runs"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NewRun:
    """
    What differs between the runs.

    :param conf: the run's configuration
    :param run_after: not before this moment
    :param user: who starts it
    """

    run_id: str
    conf: dict[str, Any]
    run_after: datetime
    user: str | None = None


@dataclass(frozen=True)
class PreparedRuns:
    """
    Rows that are still to be written.

    :param task_counts: operator -> number of task instances, for Airflow's metrics
    """

    runs: Sequence[DagRun]
    task_instances: Sequence[dict[str, Any]]
    task_counts: dict[str, int]


def prepare_runs(
    new_runs: Sequence[NewRun],
    *,
    dag: SerializedDAG,
    dag_version_id: UUID,
    bundle_version: str | None,
    session: Session,
) -> PreparedRuns | None:
    """
    Return the rows of runs that ``create_dagrun`` would make; None when they can only be made one by one.

    :param new_runs: at least one
    :param dag_version_id: latest version of the Dag
    :param bundle_version: what the runs are pinned to
    :param session: only reads
    """
    from airflow.settings import task_instance_mutation_hook

    if not getattr(task_instance_mutation_hook, "is_noop", False) or dag.deadline:
        # An installation's own hook may look at each run; deadlines are counted for each run.
        return None
    try:
        return _prepare(
            new_runs, dag=dag, dag_version_id=dag_version_id, bundle_version=bundle_version, session=session
        )
    except (AttributeError, ImportError, KeyError, TypeError):
        log.warning("This Airflow makes runs in another way; they are made one by one", exc_info=True)
        return None


def insert_runs(prepared: PreparedRuns, *, session: Session) -> None:
    """
    Write prepared runs.

    :raises IntegrityError: another transaction has just made one of them
    """
    session.bulk_save_objects(prepared.runs)
    session.bulk_insert_mappings(TaskInstance.__mapper__, prepared.task_instances)
    _count(prepared)


def _prepare(
    new_runs: Sequence[NewRun],
    *,
    dag: SerializedDAG,
    dag_version_id: UUID,
    bundle_version: str | None,
    session: Session,
) -> PreparedRuns:
    template_id = session.scalar(select(func.max(LogTemplate.id))) or 0
    runs = []
    for each in new_runs:
        dag.params.deep_merge(each.conf).validate()
        run = DagRun(
            dag_id=dag.dag_id,
            run_id=each.run_id,
            run_after=each.run_after,
            conf=each.conf,
            state=DagRunState.QUEUED,
            run_type=DagRunType.MANUAL,
            triggered_by=DagRunTriggeredByType.REST_API,
            triggering_user_name=each.user,
            bundle_version=None if dag.disable_bundle_versioning else bundle_version,
        )
        run.log_template_id = int(template_id)
        run.created_dag_version_id = dag_version_id
        run.consumed_asset_events = []
        runs.append(run)
    counts: dict[str, int] = defaultdict(int)
    first = _task_instances(runs[0], dag=dag, dag_version_id=dag_version_id, counts=counts, session=session)
    rows = list(first)
    for run in runs[1:]:
        rows.extend({**row, "run_id": run.run_id, "context_carrier": _carrier(run)} for row in first)
    return PreparedRuns(runs, rows, {name: count * len(runs) for name, count in counts.items()})


def _carrier(run: DagRun) -> dict[str, str]:
    from airflow._shared.observability.traces import new_task_run_carrier

    carrier: dict[str, str] = new_task_run_carrier(run.context_carrier)  # type: ignore[no-untyped-call]
    return carrier


def _task_instances(
    run: DagRun, *, dag: SerializedDAG, dag_version_id: UUID, counts: dict[str, int], session: Session
) -> list[dict[str, Any]]:
    from airflow.settings import task_instance_mutation_hook

    creator = run._get_task_creator(counts, task_instance_mutation_hook, True, dag_version_id)
    return list(run._create_tasks(dag.task_dict.values(), creator, session=session))


def _count(prepared: PreparedRuns) -> None:
    try:
        from airflow._shared.observability.metrics import stats

        for name, count in prepared.task_counts.items():
            tags = {**prepared.runs[0].stats_tags, "task_type": name}
            stats.incr("task_instance_created", count, tags=tags)
    except Exception:
        log.debug("New task instances could not be counted", exc_info=True)
