"""What Airflow's parts are doing: scheduler, triggerer, executor, pools."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from airflow.jobs.job import Job
from airflow.models.pool import Pool
from airflow.models.taskinstance import TaskInstance
from sqlalchemy import func, select

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["Component", "PoolSlots", "count_occupied", "read_component", "read_pools"]

_OCCUPYING = ("running", "queued", "restarting")


@dataclass(frozen=True)
class Component:
    """
    A part of Airflow that reports by heartbeats.

    :param status: healthy, unhealthy, or absent when there has never been one
    """

    status: str
    latest_heartbeat: datetime | None

    @property
    def is_down(self) -> bool:
        """Whether it does not work right now."""
        return self.status != "healthy"


@dataclass(frozen=True)
class PoolSlots:
    """Slots of a pool; its total is -1 where there is no limit."""

    total: int
    is_full: bool


def read_component(job_type: str, *, session: Session) -> Component:
    """
    Return whether a part of Airflow has reported lately.

    :param job_type: SchedulerJob, TriggererJob
    """
    from airflow.configuration import conf

    row = session.execute(
        select(Job.state, Job.latest_heartbeat)
        .where(Job.job_type == job_type)
        .order_by(Job.latest_heartbeat.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return Component("absent", None)
    if job_type == "TriggererJob":
        threshold = conf.getfloat("triggerer", "triggerer_health_check_threshold", fallback=30.0)
    else:
        threshold = conf.getfloat("scheduler", "scheduler_health_check_threshold", fallback=30.0)
    fresh = row.latest_heartbeat is not None and row.latest_heartbeat > datetime.now(
        tz=timezone.utc
    ) - timedelta(seconds=threshold)
    alive = fresh and str(row.state) == "running"
    return Component("healthy" if alive else "unhealthy", row.latest_heartbeat)


def read_pools(session: Session) -> dict[str, PoolSlots]:
    """Return the pools by name, with the slots that steps of all Dags occupy."""
    stats: dict[str, Any] = Pool.slots_stats(session=session)
    return {
        # Airflow reports a pool without limit as infinitely large.
        name: PoolSlots(
            total=-1 if values["total"] == float("inf") else int(values["total"]),
            is_full=values["open"] <= 0,
        )
        for name, values in stats.items()
    }


def count_occupied(session: Session) -> int:
    """Return how many steps of all Dags are handed to a worker or run."""
    return (
        session.scalar(
            select(func.count()).select_from(TaskInstance).where(TaskInstance.state.in_(_OCCUPYING))
        )
        or 0
    )
