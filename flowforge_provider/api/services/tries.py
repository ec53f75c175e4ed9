"""Tries and the timeline of an execution as the API shows them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flowforge_provider.api.datamodels.execution_parts import (
    StepTry,
    Timeline,
    TimelineBar,
    TimelineMoment,
)
from flowforge_provider.api.services.steps import died
from flowforge_provider.nodes.firing import WHICH_TRIGGER
from flowforge_provider.runs.masking import mask
from flowforge_provider.runs.reports import tell_error, tell_retry_reason
from flowforge_provider.runs.states import step_state
from flowforge_provider.runs.tries import MAX_TRIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from flowforge_provider.api.datamodels.executions import Step
    from flowforge_provider.nodes.payload.messages import Language
    from flowforge_provider.runs.ids import ExecutionId
    from flowforge_provider.runs.reading import RunRecord
    from flowforge_provider.runs.states import StepState
    from flowforge_provider.runs.tries import TryRecord

__all__ = ["add_attempts", "airflow_run_url", "build_timeline", "tell_step"]

_FAILED = frozenset({"failed", "up_for_retry"})


def airflow_run_url(base_url: str, execution_id: ExecutionId) -> str:
    """Return the page of a run in Airflow's own interface."""
    return f"{base_url}/dags/{quote(execution_id.workflow_id)}/runs/{quote(execution_id.run_id, safe='')}"


def add_attempts(
    steps: Iterable[Step],
    tries: Sequence[TryRecord],
    *,
    run: RunRecord,
    airflow_base_url: str,
    map_index: int = -1,
    item: int | None = None,
    with_data: bool = False,
) -> list[Step]:
    """
    Return steps with their tries.

    :param map_index: of the task that is meant, of a step in a loop
    :param item: the item whose errors are meant
    :param with_data: with the input of each try and the output of the newest
    """
    of_task: dict[str, list[TryRecord]] = defaultdict(list)
    for one in tries:
        if one.map_index == map_index and one.number > 0:
            of_task[one.task_id].append(one)
    url = airflow_run_url(airflow_base_url, run.id)
    shown = []
    for step in steps:
        attempts = [
            _attempt(one, step=step, cancelled_at=run.cancelled_at, run_url=url, item=item)
            for one in sorted(of_task.get(step.node_id, ()), key=lambda one: one.number)
        ]
        if not with_data:
            attempts = [one.model_copy(update={"input": None}) for one in attempts]
        elif attempts and attempts[-1].started_at is not None:
            newest = {"input": step.input, "output": step.output}
            attempts[-1] = attempts[-1].model_copy(update=newest)
        shown.append(step.model_copy(update={"attempts": attempts}))
    return shown


def tell_step(step: Step, *, language: Language) -> Step:
    """Return a step whose errors, and reasons for other tries, are told in a language."""
    if language == "en":
        return step
    attempts = [
        one.model_copy(
            update={
                "error": tell_error(one.error, language=language),
                "retry_reason": tell_retry_reason(one.retry_reason, language=language),
            }
        )
        for one in step.attempts
    ]
    return step.model_copy(update={"error": tell_error(step.error, language=language), "attempts": attempts})


def build_timeline(run: RunRecord, tries: Sequence[TryRecord], *, steps: Iterable[Step]) -> Timeline:
    """
    Return when what of an execution waited and ran.

    :param steps: give the names
    """
    names = {step.node_id: step.name for step in steps}
    bars = []
    for one in tries:
        if one.task_id == WHICH_TRIGGER:
            continue
        # The task before the body of a loop, and those of ports, stand for their node.
        node_id = one.task_id.partition("-")[0]
        bars.append(
            TimelineBar(
                node_id=node_id,
                name=names.get(node_id, one.name),
                try_number=one.number,
                map_index=one.map_index,
                state=_state(one, run.cancelled_at),
                scheduled_at=one.scheduled_at,
                queued_at=one.queued_at,
                started_at=one.started_at,
                ended_at=one.ended_at,
            )
        )
    return Timeline(bars=bars, moments=_moments(run), truncated=len(tries) >= MAX_TRIES)


def _moments(run: RunRecord) -> list[TimelineMoment]:
    known: list[tuple[datetime | None, Any, str | None]] = [
        (run.created_at, "created", None),
        (run.started_at, "started", None),
        (run.cancelled_at, "cancelled", run.cancelled_by),
        (run.ended_at, "ended", None),
        (run.handled_at, "handled", run.handled_by),
    ]
    found = [TimelineMoment(at=at, kind=kind, by=by) for at, kind, by in known if at is not None]
    return sorted(found, key=lambda moment: moment.at)


def _attempt(
    one: TryRecord, *, step: Step, cancelled_at: datetime | None, run_url: str, item: int | None
) -> StepTry:
    state = _state(one, cancelled_at)
    kept = (one.item_errors or {}).get(item) if item is not None else one.error
    error = mask(kept)
    given = error.pop("input", None) if isinstance(error, dict) else None
    reported = step.error if isinstance(step.error, dict) else {}
    if error is None and reported.get("try_number") == one.number:
        error = step.error
    if error is None and item is None and state in _FAILED:
        error = died(step.node_id, one.number)
    number = f"?try_number={one.number}"
    place = f"/mapped/{one.map_index}" if one.map_index >= 0 else ""
    return StepTry(
        try_number=one.number,
        state=state,
        scheduled_at=one.scheduled_at,
        queued_at=one.queued_at,
        started_at=one.started_at,
        ended_at=one.ended_at,
        duration_s=_seconds(one.started_at, one.ended_at),
        input=given,
        output=None,
        error=error,
        hostname=one.hostname,
        queue=one.queue,
        retry_reason=one.retry_reason,
        log_available=one.hostname is not None,
        airflow_url=f"{run_url}/tasks/{quote(one.task_id, safe='')}{place}{number}",
    )


def _state(one: TryRecord, cancelled_at: datetime | None) -> StepState:
    ended_by_cancel = cancelled_at is not None and (one.ended_at is None or one.ended_at >= cancelled_at)
    return step_state(one.state, ended_by_cancel=ended_by_cancel)


def _seconds(started_at: datetime | None, ended_at: datetime | None) -> float | None:
    if started_at is None or ended_at is None:
        return None
    return max(0.0, (ended_at - started_at).total_seconds())
