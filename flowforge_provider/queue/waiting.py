"""Each thing that waits, with the reasons why; page by page."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.trigger import Trigger
from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import lazyload

from flowforge_provider.queue.airflow_state import count_occupied, read_component, read_pools
from flowforge_provider.queue.pauses import EVERYTHING, read_pauses
from flowforge_provider.queue.reasons import Reason
from flowforge_provider.runs.ids import ExecutionId, delivery_of_run, webhook_run_id
from flowforge_provider.settings import BUNDLE_NAME
from flowforge_provider.store.cursors import unknown_cursor
from flowforge_provider.store.deliveries import WITHOUT_CONTENT
from flowforge_provider.store.queue_tables import HeldRunRow, LetThroughRow, RunPriorityRow
from flowforge_provider.store.tables import DeliveryGroupRow, DeliveryRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

__all__ = ["Waiting", "WaitingPage", "list_waiting"]

_CURSOR = re.compile(r"^(?:r(\d{1,18})|d([0-9A-Za-z_-]{0,32}))$")
_OPEN_STEPS = (
    "scheduled", "queued", "running", "restarting", "deferred", "awaiting_input", "up_for_retry",
    "up_for_reschedule",
)  # fmt: skip
_RUNNING_STEPS = ("running", "restarting")
_STEPS_SHOWN = 5


@dataclass(frozen=True)
class Waiting:
    """
    An execution, or a delivery that is none yet.

    :param begun: it waits between its steps
    :param since: since when, as far as that is known
    """

    execution_id: ExecutionId
    delivery_id: str | None
    workflow_name: str
    begun: bool
    since: datetime | None
    run_after: datetime | None
    priority: int
    reasons: Sequence[Reason]


@dataclass(frozen=True)
class WaitingPage:
    """
    Part of what waits.

    :param next_cursor: where the next page begins; None at the end
    """

    items: Sequence[Waiting]
    next_cursor: str | None


def list_waiting(
    *,
    workflow_id: str | None = None,
    workflow_ids: Collection[str] | None = None,
    limit: int = 50,
    cursor: str | None = None,
    session: Session,
) -> WaitingPage:
    """
    Return one page of what waits: executions in the order in which they were made, then deliveries.

    An execution waits when it has not begun, or none of its steps runs.

    :param workflow_ids: only these workflows', for callers that may not see all
    :param cursor: ``next_cursor`` of the page before
    :raises StoreError: the cursor is not one that this function has given; code ``invalid-cursor``
    """
    after_run, after_delivery = _read_cursor(cursor)
    situation = _Situation(session)
    items: list[Waiting] = []
    if after_delivery is None:
        rows = session.execute(
            _runs(workflow_id, workflow_ids).where(DagRun.id > after_run).order_by(DagRun.id).limit(limit + 1)
        ).all()
        items = _describe_runs(rows[:limit], situation)
        if len(rows) > limit:
            return WaitingPage(items, f"r{rows[limit - 1].id}")
    room = limit - len(items)
    deliveries = _deliveries(
        workflow_id, workflow_ids, after=after_delivery or "", limit=room + 1, session=session
    )
    items += _describe_deliveries(deliveries[:room], situation)
    more = len(deliveries) > room
    if not more:
        return WaitingPage(items, None)
    return WaitingPage(items, f"d{deliveries[room - 1][0].id if room else after_delivery or ''}")


class _Situation:
    """What holds for everything that waits, read once a request."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.now = datetime.now(tz=timezone.utc)
        self.pauses = read_pauses(session)
        self.let = {
            (workflow_id, run_id)
            for workflow_id, run_id in session.execute(
                select(LetThroughRow.workflow_id, LetThroughRow.run_id)
            )
        }
        self.scheduler = read_component("SchedulerJob", session=session)
        self.triggerer = read_component("TriggererJob", session=session)
        self.pools = read_pools(session)
        self.occupied = count_occupied(session)
        self.parallelism = _parallelism()
        self.running = dict(
            session.execute(
                select(DagRun.dag_id, func.count()).where(DagRun._state == "running").group_by(DagRun.dag_id)
            ).all()
        )

    def pause_of(self, workflow_id: str, run_id: str | None, *, is_paused: bool) -> Reason | None:
        """Return the pause that holds up an execution; None when there is none, or it was let through."""
        if run_id is not None and (workflow_id, run_id) in self.let:
            return None
        for scope in (EVERYTHING, workflow_id):
            row = self.pauses.get(scope)
            if row is not None and (row.paused_by is not None or scope == EVERYTHING):
                detail = {"who": row.paused_by, "reason": row.reason, "since": row.paused_at.isoformat()}
                return Reason("paused" if scope == EVERYTHING else "paused-workflow", detail=detail)
        if is_paused or workflow_id in self.pauses:
            return Reason("paused-in-airflow")
        return None


def _runs(workflow_id: str | None, workflow_ids: Collection[str] | None) -> Any:
    busy = exists().where(
        TaskInstance.dag_id == DagRun.dag_id,
        TaskInstance.run_id == DagRun.run_id,
        TaskInstance.state.in_(_RUNNING_STEPS),
    )
    query = (
        select(
            DagRun.id,
            DagRun.dag_id,
            DagRun.run_id,
            func.coalesce(HeldRunRow.state, DagRun._state).label("state"),
            DagRun.run_after,
            HeldRunRow.run_after.label("held_run_after"),
            DagRun.queued_at,
            DagRun.last_scheduling_decision,
            WorkflowRow.name,
            WorkflowRow.published_seq,
            WorkflowRow.published_priority,
            DagModel.is_paused,
            DagModel.max_active_runs,
            DagModel.max_active_tasks,
            RunPriorityRow.priority,
        )
        .join(WorkflowRow, WorkflowRow.id == DagRun.dag_id)
        .join(DagModel, and_(DagModel.dag_id == DagRun.dag_id, DagModel.bundle_name == BUNDLE_NAME))
        .join(HeldRunRow, HeldRunRow.run_pk == DagRun.id, isouter=True)
        .join(
            RunPriorityRow,
            and_(RunPriorityRow.workflow_id == DagRun.dag_id, RunPriorityRow.run_id == DagRun.run_id),
            isouter=True,
        )
        .where(DagRun._state.in_(("queued", "running")), ~busy)
    )
    if workflow_id is not None:
        query = query.where(DagRun.dag_id == workflow_id)
    if workflow_ids is not None:
        query = query.where(DagRun.dag_id.in_(workflow_ids))
    return query


def _describe_runs(rows: Sequence[Any], situation: _Situation) -> list[Waiting]:
    begun = [row for row in rows if str(row.state) == "running"]
    steps = _open_steps([(row.dag_id, row.run_id) for row in begun], situation)
    limited = _rate_limited(rows, situation)
    return [
        _describe_run(row, steps.get((row.dag_id, row.run_id), []), situation, is_limited=row.id in limited)
        for row in rows
    ]


def _rate_limited(rows: Sequence[Any], situation: _Situation) -> set[int]:
    """Return the runs that are not due yet because of a rate limit: no other delivery is given a moment."""
    later = {
        delivery_id: row.id
        for row in rows
        if (row.held_run_after or row.run_after) > situation.now
        and (delivery_id := delivery_of_run(row.run_id)) is not None
    }
    if not later:
        return set()
    found = situation.session.scalars(
        select(DeliveryRow.id).where(DeliveryRow.id.in_(list(later)), DeliveryRow.run_after.is_not(None))
    )
    return {later[delivery_id] for delivery_id in found}


def _describe_run(row: Any, steps: Sequence[Any], situation: _Situation, *, is_limited: bool) -> Waiting:
    is_begun = str(row.state) == "running"
    run_after = row.held_run_after or row.run_after
    reasons: list[Reason] = []
    pause = situation.pause_of(row.dag_id, row.run_id, is_paused=row.is_paused)
    if pause is not None:
        reasons.append(pause)
    if row.held_run_after is not None:
        reasons.append(Reason("held"))
    if situation.scheduler.is_down:
        reasons.append(Reason("scheduler-down"))
    if is_begun:
        reasons += _step_reasons(row, steps, situation)
        since = max((step.moment for step in steps if step.moment is not None), default=None)
        since = since or row.last_scheduling_decision or row.queued_at
    else:
        if run_after > situation.now:
            reasons.append(Reason("rate-limit" if is_limited else "not-before", until=run_after))
        running = situation.running.get(row.dag_id, 0)
        if row.max_active_runs and running >= row.max_active_runs:
            reasons.append(
                Reason("concurrency-limit", detail={"running": running, "limit": row.max_active_runs})
            )
        since = max(filter(None, (run_after, row.queued_at)), default=None)
    if not reasons:
        reasons.append(Reason("next-turn"))
    return Waiting(
        execution_id=ExecutionId(row.dag_id, row.run_id),
        delivery_id=None,
        workflow_name=row.name,
        begun=is_begun,
        since=since,
        run_after=run_after,
        priority=row.priority if row.priority is not None else row.published_priority or 0,
        reasons=reasons,
    )


@dataclass(frozen=True)
class _Step:
    task_id: str
    name: str
    state: str
    pool: str
    until: datetime | None
    moment: datetime | None
    is_question: bool


def _open_steps(runs: Sequence[tuple[str, str]], situation: _Situation) -> dict[tuple[str, str], list[_Step]]:
    found: dict[tuple[str, str], list[_Step]] = defaultdict(list)
    if not runs:
        return found
    wanted = set(runs)
    # So many columns are more than the types of SQLAlchemy know.
    task: Any = TaskInstance
    rows = situation.session.execute(
        select(
            task.dag_id,
            task.run_id,
            task.task_id,
            task.task_display_name,
            task.state,
            task.pool,
            task.end_date,
            task.scheduled_dttm,
            task.queued_dttm,
            task.trigger_timeout,
            task.start_date,
            task.operator,
            Trigger.classpath,
        )
        .join(Trigger, Trigger.id == task.trigger_id, isouter=True)
        .where(
            task.dag_id.in_({dag_id for dag_id, _ in runs}),
            task.run_id.in_({run_id for _, run_id in runs}),
            task.state.in_(_OPEN_STEPS),
        )
        .order_by(task.task_id, task.map_index)
    )
    retries = []
    for row in rows:
        key = (row.dag_id, row.run_id)
        if key not in wanted or len(found[key]) >= _STEPS_SHOWN:
            continue
        state = str(getattr(row.state, "value", row.state))
        question = state == "awaiting_input" or "hitl" in (row.classpath or "").lower()
        moment = row.queued_dttm if state == "queued" else row.scheduled_dttm
        if state in ("up_for_retry", "deferred", "awaiting_input"):
            moment = row.end_date if state == "up_for_retry" else row.start_date
        if state == "up_for_retry":
            retries.append((key, len(found[key])))
        found[key].append(
            _Step(
                task_id=row.task_id,
                name=row.task_display_name or row.task_id,
                state=state,
                pool=row.pool,
                until=row.trigger_timeout if state == "deferred" else None,
                moment=moment,
                is_question=question,
            )
        )
    _add_retry_times(found, retries, situation)
    return found


def _add_retry_times(
    found: dict[tuple[str, str], list[_Step]],
    retries: Sequence[tuple[tuple[str, str], int]],
    situation: _Situation,
) -> None:
    """Tell when failed steps are tried again, as Airflow itself will compute it."""
    from dataclasses import replace

    from airflow.models.dagbag import DBDagBag

    bag = DBDagBag()
    for (dag_id, run_id), place in retries:
        step = found[(dag_id, run_id)][place]
        instance = situation.session.scalar(
            select(TaskInstance)
            .where(
                TaskInstance.dag_id == dag_id,
                TaskInstance.run_id == run_id,
                TaskInstance.task_id == step.task_id,
                TaskInstance.state == "up_for_retry",
            )
            .limit(1)
        )
        if instance is None or instance.end_date is None:
            continue
        try:
            dag = bag.get_dag_for_run(instance.dag_run, session=situation.session)
            if dag is None:
                continue
            instance.task = dag.get_task(step.task_id)
            until = instance.next_retry_datetime()
        except Exception:  # noqa: S112 - the moment is a courtesy
            continue
        found[(dag_id, run_id)][place] = replace(step, until=until)


def _step_reasons(row: Any, steps: Sequence[_Step], situation: _Situation) -> list[Reason]:
    reasons = []
    for step in steps:
        named = {"step": step.task_id, "name": step.name}
        if step.is_question:
            reasons.append(Reason("approval", until=step.until, detail=named))
        elif step.state in ("deferred", "up_for_reschedule"):
            reasons.append(Reason("deferred", until=step.until, detail=named))
            if situation.triggerer.is_down and step.state == "deferred":
                reasons.append(Reason("triggerer-down", detail=named))
        elif step.state == "up_for_retry":
            reasons.append(Reason("retry-delay", until=step.until, detail=named))
        elif step.state == "queued":
            reasons.append(Reason("no-worker", detail=named))
        elif step.state == "scheduled":
            reasons += _slot_reasons(step, situation)
    active = sum(step.state in ("queued", *_RUNNING_STEPS) for step in steps)
    if row.max_active_tasks and active >= row.max_active_tasks:
        reasons.append(Reason("step-limit", detail={"limit": row.max_active_tasks}))
    return reasons


def _slot_reasons(step: _Step, situation: _Situation) -> list[Reason]:
    pool = situation.pools.get(step.pool)
    named = {"step": step.task_id, "name": step.name}
    if pool is None:
        return [Reason("pool-missing", detail={"pool": step.pool, **named})]
    if pool.is_full:
        return [Reason("pool-full", detail={"pool": step.pool, "slots": pool.total, **named})]
    if situation.parallelism and situation.occupied >= situation.parallelism:
        return [Reason("no-slot", detail={"slots": situation.parallelism, **named})]
    return []


def _deliveries(
    workflow_id: str | None,
    workflow_ids: Collection[str] | None,
    *,
    after: str,
    limit: int,
    session: Session,
) -> Sequence[Any]:
    query = (
        select(DeliveryRow, WorkflowRow, DagModel.is_paused, DeliveryGroupRow.due_at)
        .join(WorkflowRow, WorkflowRow.id == DeliveryRow.workflow_id)
        .join(
            DagModel,
            and_(DagModel.dag_id == DeliveryRow.workflow_id, DagModel.bundle_name == BUNDLE_NAME),
            isouter=True,
        )
        .join(DeliveryGroupRow, DeliveryGroupRow.id == DeliveryRow.group_id, isouter=True)
        .where(DeliveryRow.state.in_(("pending", "held")), DeliveryRow.id > after)
        .options(*WITHOUT_CONTENT, lazyload(WorkflowRow.tag_rows))
        .order_by(DeliveryRow.id)
        .limit(limit)
    )
    if workflow_id is not None:
        query = query.where(DeliveryRow.workflow_id == workflow_id)
    if workflow_ids is not None:
        query = query.where(DeliveryRow.workflow_id.in_(workflow_ids))
    return session.execute(query).all()


def _describe_deliveries(rows: Sequence[Any], situation: _Situation) -> list[Waiting]:
    return [_describe_delivery(row[0], row[1], row[2], row[3], situation) for row in rows]


def _describe_delivery(
    delivery: DeliveryRow,
    workflow: WorkflowRow,
    is_paused: bool | None,
    due_at: datetime | None,
    situation: _Situation,
) -> Waiting:
    reasons = []
    if workflow.published_seq is None:
        reasons.append(Reason("offline"))
    if delivery.state == "held" and delivery.reason == "concurrency":
        reasons.append(Reason("concurrency-key", detail={"key": delivery.concurrency_key}))
    elif delivery.state == "held":
        kind = "debounce" if delivery.grouping == "debounce" else "batch"
        reasons.append(Reason("debounce" if kind == "debounce" else "batch", until=due_at))
    elif delivery.error:
        detail = {"error": delivery.error[:500], "attempts": delivery.attempts}
        reasons.append(Reason("delivery-failing", until=delivery.claimed_until, detail=detail))
    else:
        reasons.append(Reason("dispatcher-backlog"))
    if delivery.run_after is not None and delivery.run_after > situation.now:
        # The only moment that a delivery is ever given.
        reasons.append(Reason("rate-limit", until=delivery.run_after))
    pause = situation.pause_of(workflow.id, None, is_paused=bool(is_paused))
    if pause is not None:
        reasons.append(pause)
    return Waiting(
        execution_id=ExecutionId(workflow.id, delivery.run_id or webhook_run_id(delivery.id)),
        delivery_id=delivery.id,
        workflow_name=workflow.name,
        begun=False,
        since=delivery.received_at,
        run_after=delivery.run_after,
        priority=workflow.published_priority or 0,
        reasons=reasons,
    )


def _parallelism() -> int:
    from airflow.configuration import conf

    return conf.getint("core", "parallelism", fallback=32)


def _read_cursor(cursor: str | None) -> tuple[int, str | None]:
    if cursor is None:
        return 0, None
    found = _CURSOR.match(cursor)
    if found is None:
        raise unknown_cursor()
    return (int(found[1]), None) if found[1] else (0, found[2] or "")
