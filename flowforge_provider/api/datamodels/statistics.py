"""What the executions of a workflow have come to."""

from datetime import date, datetime
from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from flowforge_provider.api.datamodels.base import Reply
from flowforge_provider.runs.statistics.days import MOST_DAYS

_TIMES: JsonDict = {"p50": 8.1, "p95": 11.4, "p99": 30.2}
_COUNTS: JsonDict = {
    "total": 240,
    "success": 236,
    "failed": 2,
    "running": 1,
    "queued": 0,
    "cancelled": 1,
    "success_rate": 0.9916,
    "duration_s": _TIMES,
}
_STEP: JsonDict = {
    "node_id": "get_product",
    "name": "Get the product",
    "ended": 238,
    "failed": 2,
    "retried": 9,
    "failure_rate": 0.0084,
    "duration_s": {"p50": 0.4, "p95": 2.2, "p99": 9.8},
}


class DurationFigures(Reply):
    """How long something took, in seconds; between two values these go straight."""

    p50: float = Field(description="Half of all took no longer: the median.")
    p95: float = Field(description="95 of a hundred took no longer.")
    p99: float = Field(description="99 of a hundred took no longer.")


class RunCounts(Reply):
    """Numbers of executions."""

    total: int = Field(description="All that were made.")
    success: int = Field(description="Those that succeeded.")
    failed: int = Field(description="Those that failed.")
    running: int = Field(description="Those that have begun and not ended.")
    queued: int = Field(description="Those that wait to begin.")
    cancelled: int = Field(description="Those that somebody has cancelled.")
    success_rate: float | None = Field(
        description="Share of those that succeeded in those that succeeded or failed, 0 to 1; null: none did."
    )
    duration_s: DurationFigures | None = Field(
        description="From start to end, of those that succeeded; null: none did."
    )


class DayStatistics(RunCounts):
    """The executions that were made on one day."""

    day: date = Field(description="The day, in the time zone of the statistics.")
    begins_at: datetime = Field(description="When it begins; `from` of a list of its executions.")
    ends_at: datetime = Field(description="When the next one begins; `to` of such a list.")


class TriggerStatistics(Reply):
    """How many executions were started one way."""

    type: str = Field(description="manual, webhook, email, form, cron, asset, workflow.")
    total: int = Field(description="How many; what was run again counts as what it repeats.")


class StepStatistics(Reply):
    """One step in the newest executions."""

    node_id: str = Field(description="Id of the node.")
    name: str = Field(description="What people call it now; its id when it is gone from the workflow.")
    ended: int = Field(description="How often it has succeeded or failed; in a loop, once for each batch.")
    failed: int = Field(description="How often it has failed for good.")
    retried: int = Field(description="How often it took more than one try.")
    failure_rate: float = Field(description="Share of those that failed in all that ended, from 0 to 1.")
    duration_s: DurationFigures | None = Field(
        description="Of the last tries, where they succeeded; null: none did."
    )


class NextRun(Reply):
    """A moment at which a schedule fires."""

    at: datetime = Field(description="When the execution begins, in the time zone of the statistics.")
    node_id: str = Field(description="The schedule.")
    name: str = Field(description="What people call it.")


class StatisticsResponse(Reply):
    """The executions of a workflow on some days."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "workflow_id": "orders",
                    "workflow_name": "Orders",
                    "first_day": "2026-01-05",
                    "last_day": "2026-01-05",
                    "timezone": "Europe/Moscow",
                    "counted_at": "2026-01-05T09:00:00Z",
                    "has_run": True,
                    "total": _COUNTS,
                    "timed_share": 1.0,
                    "days": [
                        {
                            **_COUNTS,
                            "day": "2026-01-05",
                            "begins_at": "2026-01-04T21:00:00Z",
                            "ends_at": "2026-01-05T21:00:00Z",
                        }
                    ],
                    "triggers": [{"type": "webhook", "total": 200}, {"type": "manual", "total": 40}],
                    "step_executions": 240,
                    "slowest_steps": [_STEP],
                    "failing_steps": [_STEP],
                    "schedule": "active",
                    "next_runs": [
                        {
                            "at": "2026-01-06T09:00:00+03:00",
                            "node_id": "every_morning",
                            "name": "Every morning",
                        }
                    ],
                }
            ]
        }
    )

    workflow_id: str = Field(description="Id of the workflow.")
    workflow_name: str = Field(description="Name of the workflow.")
    first_day: date = Field(description="The earliest day.")
    last_day: date = Field(description=f"The latest day, which counts, too; {MOST_DAYS} days at most.")
    timezone: str = Field(description="Where the days begin at midnight.")
    counted_at: datetime = Field(
        description="When this was counted: some seconds ago, where it took long longer."
    )
    has_run: bool = Field(description="Whether the workflow has any execution, on whatever day.")
    total: RunCounts = Field(description="All days together.")
    timed_share: float = Field(
        description="Share of what succeeded whose durations were looked at; 1 up to 100,000 executions."
    )
    days: list[DayStatistics] = Field(description="Each day, the earliest first; also those without any.")
    triggers: list[TriggerStatistics] = Field(description="The most frequent first.")
    step_executions: int = Field(description="How many of the newest executions the steps are of.")
    slowest_steps: list[StepStatistics] = Field(
        description="Up to ten that took long: those with the longest median first."
    )
    failing_steps: list[StepStatistics] = Field(description="Up to ten that failed: most often failed first.")
    schedule: Literal["none", "off", "paused", "active"] = Field(
        description="none: what is live has no schedule; off: it is switched off; paused: the workflow is."
    )
    next_runs: list[NextRun] = Field(description="The next five moments of its schedules, while active.")
