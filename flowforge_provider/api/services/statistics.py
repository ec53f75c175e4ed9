"""Statistics of a workflow as the API shows them."""

from __future__ import annotations

from datetime import datetime, timezone
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from sqlalchemy import exists, select

from flowforge_provider.api.datamodels.statistics import (
    DayStatistics,
    DurationFigures,
    NextRun,
    RunCounts,
    StatisticsResponse,
    StepStatistics,
    TriggerStatistics,
)
from flowforge_provider.exceptions import GraphError, NotFoundError
from flowforge_provider.graph.load import load_graph
from flowforge_provider.nodes.schedules import schedules_of
from flowforge_provider.runs.revisions import graph_of_revision
from flowforge_provider.runs.statistics import RunFigures, StepFigures, read_statistics, timed_share
from flowforge_provider.runs.structure import node_of_task
from flowforge_provider.store.tables import WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from flowforge_provider.graph.models import Graph
    from flowforge_provider.nodes.schedules import Schedule
    from flowforge_provider.runs.statistics import Days, Durations

__all__ = ["describe_statistics"]

_MOST_STEPS = 10
_NEXT_RUNS = 5


def describe_statistics(workflow_id: str, days: Days, session: Session) -> StatisticsResponse:
    """
    Return what the executions of a workflow have come to.

    :raises NotFoundError: there is no such workflow; code ``workflow-not-found``
    """
    workflow = session.get(WorkflowRow, workflow_id)
    if workflow is None:
        raise NotFoundError(f'There is no workflow "{workflow_id[:250]}".', code="workflow-not-found")
    found = read_statistics(workflow_id, days, session)
    live = None
    if workflow.published_revision is not None:
        live = graph_of_revision(workflow_id, workflow.published_revision, session)
    steps = list(_steps(found.steps, names=_names(workflow, live)))
    schedule, next_runs = _schedule(workflow, live, zone=ZoneInfo(days.timezone), session=session)
    total = _counts(found.total)
    return StatisticsResponse(
        workflow_id=workflow_id,
        workflow_name=workflow.name,
        first_day=days.first,
        last_day=days.last,
        timezone=days.timezone,
        counted_at=found.at,
        has_run=bool(total["total"])
        or bool(session.scalar(select(exists().where(DagRun.dag_id == workflow_id)))),
        total=RunCounts(**total),
        timed_share=timed_share(total["success"]),
        days=[
            DayStatistics(
                day=day,
                begins_at=days.bounds[number],
                ends_at=days.bounds[number + 1],
                **_counts(found.on_days.get(number, _NOTHING)),
            )
            for number, day in enumerate(days.dates)
        ],
        triggers=[TriggerStatistics(type=kind, total=number) for kind, number in found.triggers.items()],
        step_executions=found.step_runs,
        slowest_steps=_slowest(steps),
        failing_steps=_failing(steps),
        schedule=schedule,
        next_runs=next_runs,
    )


_NOTHING = RunFigures()


def _counts(figures: RunFigures) -> dict[str, Any]:
    states = figures.states
    judged = states["success"] + states["failed"]
    return {
        "total": states.total(),
        **{state: states[state] for state in ("success", "failed", "running", "queued", "cancelled")},
        "success_rate": states["success"] / judged if judged else None,
        "duration_s": _times(figures.durations),
    }


def _times(durations: Durations | None) -> DurationFigures | None:
    return DurationFigures.model_validate(durations) if durations is not None else None


def _steps(tasks: Iterable[StepFigures], *, names: dict[str, str]) -> Iterator[StepStatistics]:
    """Return the steps; what fails before a loop's body is the loop's failure, and not its time."""
    by_node: dict[str, list[StepFigures]] = {}
    for task in tasks:
        by_node.setdefault(node_of_task(task.task_id), []).append(task)
    for node_id, parts in by_node.items():
        own = next((part for part in parts if part.task_id == node_id), None)
        failed = sum(part.failed for part in parts)
        ended = (own.ended if own else 0) + sum(part.failed for part in parts if part is not own)
        yield StepStatistics(
            node_id=node_id,
            name=names.get(node_id) or node_id,
            ended=ended,
            failed=failed,
            retried=own.retried if own else 0,
            failure_rate=failed / ended if ended else 0.0,
            duration_s=_times(own.durations if own else None),
        )


def _slowest(steps: Sequence[StepStatistics]) -> list[StepStatistics]:
    timed = [(step.duration_s.p50, step.duration_s.p95, step) for step in steps if step.duration_s]
    ordered = sorted(timed, key=lambda one: (-one[0], -one[1], one[2].node_id))
    return [step for _, _, step in ordered[:_MOST_STEPS]]


def _failing(steps: Sequence[StepStatistics]) -> list[StepStatistics]:
    failed = [step for step in steps if step.failed]
    return sorted(failed, key=lambda step: (-step.failed, -step.failure_rate, step.node_id))[:_MOST_STEPS]


def _names(workflow: WorkflowRow, live: Graph | None) -> dict[str, str]:
    try:
        draft: Graph | None = load_graph(workflow.draft)
    except GraphError:
        draft = None
    # What is live has run; the draft knows what was taken out of it before, or shall be.
    return {node.id: node.label for graph in (draft, live) if graph is not None for node in graph.nodes}


def _schedule(
    workflow: WorkflowRow, live: Graph | None, *, zone: ZoneInfo, session: Session
) -> tuple[Literal["none", "off", "paused", "active"], list[NextRun]]:
    schedules = schedules_of(live) if live is not None else []
    if live is None or not schedules:
        return "none", []
    if not workflow.schedule_active:
        return "off", []
    if session.scalar(select(DagModel.is_paused).where(DagModel.dag_id == workflow.id)):
        return "paused", []
    names = {node.id: node.label for node in live.nodes}
    moments = merge(*(_moments(schedule, workflow.id) for schedule in schedules))
    return "active", [
        NextRun(at=at.astimezone(zone), node_id=node_id, name=names.get(node_id) or node_id)
        for at, node_id in islice(moments, _NEXT_RUNS)
    ]


def _moments(schedule: Schedule, workflow_id: str) -> Iterator[tuple[datetime, str]]:
    moment = schedule.following(datetime.now(tz=timezone.utc))
    while moment is not None:
        yield schedule.due(moment, workflow=workflow_id), schedule.node
        moment = schedule.following(moment)
