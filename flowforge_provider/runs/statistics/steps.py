"""Which steps take long and which fail, in the newest executions of some days."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from sqlalchemy import and_, case, func, select

from flowforge_provider.runs.statistics.counting import (
    is_postgres,
    newest_within,
    percentiles,
    seconds_between,
)
from flowforge_provider.runs.statistics.figures import Durations, StepFigures, find_durations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

__all__ = ["count_steps"]

# Each task of a run is a row of its own, and loops have very many of them.
_MOST_TASKS = 40_000
_MOST_RUNS = 2_000
_PROBED_RUNS = 20


def count_steps(within: Sequence[Any], *, runs: int, session: Session) -> tuple[list[StepFigures], int]:
    """
    Return the numbers of each task that has ended, in no order, and how many executions were looked at.

    :param within: which runs
    :param runs: how many they are
    """
    few = min(runs, _PROBED_RUNS)
    probed = [*within, *newest_within(within, few, runs=runs, session=session)]
    tasks = session.scalar(_joined(func.count()).where(*probed)) or 0
    looked_at = min(runs, _MOST_RUNS, max(few, _MOST_TASKS * few // max(tasks, 1)))
    task: Any = TaskInstance
    tasks_ended = [
        *within,
        *newest_within(within, looked_at, runs=runs, session=session),
        task.state.in_(("success", "failed")),
    ]
    durations = _durations(tasks_ended, session)
    numbers = [func.sum(case((fact, 1), else_=0)) for fact in (task.state == "failed", task.try_number > 1)]
    query = _joined(task.task_id, func.count(), *numbers).where(*tasks_ended).group_by(task.task_id)
    rows = session.execute(query)
    found = [
        StepFigures(task_id, ended, failed, retried, durations.get(task_id))
        for task_id, ended, failed, retried in rows
    ]
    return found, looked_at


def _durations(ended: Sequence[Any], session: Session) -> dict[str, Durations | None]:
    task: Any = TaskInstance
    seconds = seconds_between(task.start_date, task.end_date, session)
    timed = (*ended, task.state == "success", task.start_date.is_not(None), task.end_date.is_not(None))
    if is_postgres(session):
        query = _joined(task.task_id, percentiles(seconds)).where(*timed).group_by(task.task_id)
        return {task_id: Durations(*values) for task_id, values in session.execute(query)}
    of_tasks: defaultdict[str, list[float]] = defaultdict(list)
    for task_id, value in session.execute(_joined(task.task_id, seconds).where(*timed)):
        of_tasks[task_id].append(value)
    return {task_id: find_durations(values) for task_id, values in of_tasks.items()}


def _joined(*columns: Any) -> Any:
    task: Any = TaskInstance
    same_run = and_(DagRun.dag_id == task.dag_id, DagRun.run_id == task.run_id)
    return select(*columns).select_from(DagRun).join(task, same_run)
