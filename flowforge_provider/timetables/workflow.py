"""The timetable of a workflow whose schedules are more than expressions in one time zone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow._shared.timezones.timezone import coerce_datetime, utcnow
from airflow.timetables.base import DagRunInfo, DataInterval, Timetable

from flowforge_provider.nodes.schedules import Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from airflow.timetables.base import TimeRestriction
    from pendulum import DateTime

__all__ = ["WorkflowTimetable"]

_JUST = timedelta(microseconds=1)


class WorkflowTimetable(Timetable):
    """
    Start a run at each moment that one of several schedules names; at a moment of several, one run.

    The moment is the run's logical date, which Airflow keeps unique, so a schedule whose runs begin a little
    later (jitter) fires once for it, whatever is restarted. Without ``catch_up``, a schedule makes up for the
    newest missed moment only, as Airflow's own cron timetables do.

    :param workflow: id of the workflow
    :param schedules: mappings {node, crons, timezone, jitter_s, catch_up, start, end}
    """

    def __init__(self, *, workflow: str, schedules: Sequence[Mapping[str, Any]]) -> None:
        self.workflow = workflow
        self.schedules = tuple(map(Schedule.read, schedules))
        self.description = self.summary

    def serialize(self) -> dict[str, Any]:
        """Return what ``deserialize`` takes."""
        schedules = [schedule.written() for schedule in self.schedules]
        return {"workflow": self.workflow, "schedules": schedules}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> WorkflowTimetable:
        """Return the timetable of a serialized Dag."""
        return cls(**data)

    @property
    def summary(self) -> str:
        """Return what Airflow's pages show."""
        return "; ".join(f"{', '.join(item.crons)} ({item.timezone})" for item in self.schedules)

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        """Return the interval of a run that somebody starts."""
        return DataInterval.exact(run_after)

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Return the next run; None when no schedule has another moment."""
        last = last_automated_data_interval.end if last_automated_data_interval else None
        now = utcnow()
        # A run that begins late does not keep those of other schedules waiting, which could miss theirs.
        found = [
            (self._due(moment), moment)
            for schedule in self.schedules
            if (moment := self._next(schedule, last=last, restriction=restriction, now=now)) is not None
        ]
        if not found:
            return None
        due, moment = min(found)
        interval = DataInterval.exact(coerce_datetime(moment))
        return DagRunInfo(run_after=coerce_datetime(due), data_interval=interval)

    def _next(
        self, schedule: Schedule, *, last: datetime | None, restriction: TimeRestriction, now: datetime
    ) -> datetime | None:
        earliest = restriction.earliest
        if last is not None and (earliest is None or earliest <= last):
            moment = self._after(schedule, last, earliest=earliest)
        else:
            # Moments before the workflow was switched on are not made up for.
            since = earliest or (schedule.first if schedule.catch_up else None) or self._undue(schedule, now)
            moment = schedule.following(since - _JUST)
        if moment is not None and not schedule.catch_up:
            newest = schedule.preceding(self._undue(schedule, now) - _JUST)
            moment = max(moment, newest or moment)
        if moment is None or (restriction.latest is not None and moment > restriction.latest):
            return None
        return moment

    def _after(self, schedule: Schedule, last: datetime, *, earliest: datetime | None) -> datetime | None:
        """Return a schedule's first moment whose run begins after that of the last moment."""
        passed = (self._due(last), last)
        since = passed[0] - timedelta(seconds=schedule.jitter_s)
        moment = schedule.following((since if earliest is None else max(since, earliest)) - _JUST)
        while moment is not None and (self._due(moment), moment) <= passed:
            moment = schedule.following(moment)
        return moment

    def _due(self, moment: datetime) -> datetime:
        """Return when the run of a moment begins: when the first of the schedules that name it is due."""
        dues = [
            schedule.due(moment, workflow=self.workflow)
            for schedule in self.schedules
            if schedule.names(moment)
        ]
        return min(dues, default=moment)

    def _undue(self, schedule: Schedule, now: datetime) -> datetime:
        """Return the moment whose run begins later than now, or a moment just after now."""
        newest = schedule.preceding(now)
        if newest is not None and schedule.due(newest, workflow=self.workflow) > now:
            return newest
        return now + _JUST
