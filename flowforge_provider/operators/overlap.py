"""Whether a scheduled run overlaps an earlier one of its workflow."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import Context

_RUNNING = ["running"]
# As many moments as can lie between a run's own and its first task, in one question to Airflow.
_MOST_LATER = 500


def earlier_runs(context: Context) -> int:
    """
    Return how many other runs of the workflow are running, without scheduled ones of later moments.

    Later ones are not counted, so that of two scheduled runs that begin together the earlier one goes on.
    """
    ti, dag_run = context["ti"], context["dag_run"]
    others: int = ti.get_dr_count(dag_id=dag_run.dag_id, states=_RUNNING) - 1
    if others <= 0:
        return 0
    later = _later_moments(context)
    if later:
        others -= ti.get_dr_count(dag_id=dag_run.dag_id, logical_dates=later, states=_RUNNING)
    return max(0, others)


def _later_moments(context: Context) -> list[datetime]:
    from flowforge_provider.operators.firing import schedules_of_dag

    own = context["dag_run"].logical_date
    if own is None:
        return []
    now = datetime.now(tz=timezone.utc)
    moments: set[datetime] = set()
    for schedule in schedules_of_dag(context):
        moment = schedule.following(own)
        while moment is not None and moment <= now and len(moments) < _MOST_LATER:
            moments.add(moment)
            moment = schedule.following(moment)
    return sorted(moments)
