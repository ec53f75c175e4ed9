"""Schedules of workflows: switched, and shown."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flowforge_provider import publishing
from flowforge_provider.api.datamodels.expressions import (
    CronPreviewBody,
    CronPreviewResponse,
    CronReading,
    ExpressionFault,
)
from flowforge_provider.api.datamodels.workflows import ScheduleResponse
from flowforge_provider.api.services.run_times import read_next_runs
from flowforge_provider.graph.issues import Issue
from flowforge_provider.nodes.builtin.cron import CronTrigger
from flowforge_provider.nodes.cron_reading import read_cron
from flowforge_provider.nodes.schedule import check_cron, check_timezone
from flowforge_provider.nodes.schedules import Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

__all__ = ["preview_schedule", "switch"]


def preview_schedule(body: CronPreviewBody) -> CronPreviewResponse:
    """Return when a schedule fires next and what it says, or all that is wrong with it."""
    expressions = [body.expression, *body.further_expressions]
    issues = list(_faults(body))
    faulty = {issue.field for issue in issues}
    readings = [
        CronReading(expression=text, en=read_cron(text, "en"), ru=read_cron(text, "ru"))
        for index, text in enumerate(expressions)
        if _field(index) not in faulty
    ]
    if issues:
        fault = ExpressionFault(code=issues[0].code, message=issues[0].message)
        return CronPreviewResponse(ok=False, next_runs=[], readings=readings, error=fault, issues=issues)
    schedule = Schedule(
        node="", crons=tuple(expressions), timezone=body.timezone, start=body.start_at, end=body.end_at
    )
    moment = body.after or datetime.now(tz=timezone.utc)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    zone = ZoneInfo(body.timezone)
    moments: list[datetime] = []
    while len(moments) < body.count and (found := schedule.following(moment)) is not None:
        moments.append(found.astimezone(zone))
        moment = found
    return CronPreviewResponse(ok=True, next_runs=moments, readings=readings)


def _field(index: int) -> str:
    return f"further_expressions.{index - 1}" if index else "expression"


def _faults(body: CronPreviewBody) -> Iterator[Issue]:
    for index, text in enumerate([body.expression, *body.further_expressions]):
        if message := check_cron(text):
            yield Issue(code="bad-cron", message=message, field=_field(index))
    if message := check_timezone(body.timezone):
        yield Issue(code="bad-timezone", message=message, field="timezone")
        return
    parameters = {"timezone": body.timezone, "start_at": body.start_at, "end_at": body.end_at}
    for problem in CronTrigger.check(parameters, upstream=()):
        yield Issue(code=problem.code, message=problem.message, field=problem.field)


def switch(workflow_id: str, *, is_active: bool, user: str, session: Session) -> ScheduleResponse:
    """
    Switch the schedules of a workflow, and return how they are then.

    :param session: reads what the switch, in a transaction of its own, has written
    :raises NotFoundError: there is no such workflow
    :raises ConflictError: there is no schedule to switch
    """
    result = publishing.switch_schedule(workflow_id=workflow_id, is_active=is_active, user=user)
    next_runs = read_next_runs(workflow_ids=[workflow_id], session=session)
    return ScheduleResponse(
        workflow_id=workflow_id,
        schedule_active=result.is_active,
        seq=result.seq,
        next_run_at=next_runs.get(workflow_id),
        reason=result.reason,
    )
