"""The queue as the API shows it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Literal, cast

from sqlalchemy.exc import DBAPIError

from flowforge_provider.api.datamodels.queue import (
    BrokerQueue,
    BrokerState,
    CeleryWorker,
    ComponentState,
    DrainState,
    ExecutorState,
    LetThrough,
    PauseStateResponse,
    QueueCounts,
    QueueItem,
    QueuePause,
    QueueStateResponse,
    QueueStatsResponse,
    WaitReason,
    WorkflowQueue,
)
from flowforge_provider.queue import airflow_state
from flowforge_provider.queue.broker import executor_name, read_broker
from flowforge_provider.queue.letting import list_let_through
from flowforge_provider.queue.pauses import EVERYTHING, read_pauses
from flowforge_provider.queue.stats import Counts, count_queue, count_running_tests, list_running
from flowforge_provider.runs.ids import ExecutionId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from flowforge_provider.queue.broker import Broker
    from flowforge_provider.queue.stats import Counted
    from flowforge_provider.queue.waiting import Waiting, WaitingPage
    from flowforge_provider.store.queue_tables import LetThroughRow, QueuePauseRow

__all__ = ["find_pause", "let_through_of", "pause_state", "queue_state", "queue_stats"]

_Status = Literal["healthy", "unhealthy", "absent"]


def find_pause(session: Session) -> QueuePause | None:
    """Return the pause of all workflows; None when there is none, or the tables are not there yet."""
    try:
        row = read_pauses(session).get(EVERYTHING)
    except DBAPIError:
        session.rollback()
        return None
    return _pause(row) if row is not None else None


def pause_state(*, readable: set[str] | None, session: Session) -> PauseStateResponse:
    """
    Return the pauses in force, and how far a drain has come.

    :param readable: workflows that the user may see; None for all
    """
    pauses = read_pauses(session)
    everything = pauses.get(EVERYTHING)
    drain = None
    if everything is not None and everything.draining:
        drain = _drain(everything, count_queue(session), readable=None, session=session)
        if readable is not None:
            drain.running = [each for each in drain.running if each.partition(".")[0] in readable]
    return PauseStateResponse(
        paused=everything is not None,
        pause=_pause(everything) if everything is not None else None,
        workflows=[
            _pause(row)
            for scope, row in sorted(pauses.items())
            if scope != EVERYTHING and (readable is None or scope in readable)
        ],
        drain=drain,
    )


def queue_stats(*, readable: set[str] | None, session: Session) -> QueueStatsResponse:
    """
    Return the queue in numbers.

    :param readable: workflows that the user may see; None for all
    """
    counted = count_queue(session)
    pauses = read_pauses(session)
    everything = pauses.get(EVERYTHING)
    total = Counts()
    workflows = []
    for workflow_id, counts in counted.counts.items():
        if readable is not None and workflow_id not in readable:
            continue
        total.add(counts)
        facts = counted.facts[workflow_id]
        mine = pauses.get(workflow_id)
        workflows.append(
            WorkflowQueue(
                **counts.shown(counted.at),
                workflow_id=workflow_id,
                workflow_name=facts.name,
                paused=facts.is_paused or everything is not None or mine is not None,
                pause=_pause(mine) if mine is not None else None,
                max_active_runs=facts.max_active_runs,
                priority=facts.priority,
            )
        )
    return QueueStatsResponse(
        total=QueueCounts(**total.shown(counted.at)),
        workflows=workflows,
        paused=everything is not None,
        pause=_pause(everything) if everything is not None else None,
        let_through=[
            let_through_of(row)
            for row in list_let_through(session)
            if readable is None or row.workflow_id in readable
        ],
        drain=_drain(everything, counted, readable=readable, session=session),
        scheduler=_component("SchedulerJob", session),
        triggerer=_component("TriggererJob", session),
        executor=_executor(session),
        generated_at=counted.at,
    )


def queue_state(page: WaitingPage) -> QueueStateResponse:
    """Return one page of what waits."""
    now = datetime.now(tz=timezone.utc)
    return QueueStateResponse(
        items=[_item(waiting, now) for waiting in page.items], next_cursor=page.next_cursor
    )


def let_through_of(row: LetThroughRow) -> LetThrough:
    """Return an execution that was let through."""
    return LetThrough(
        execution_id=str(ExecutionId(row.workflow_id, row.run_id)),
        workflow_id=row.workflow_id,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        state="opening" if row.opened_at is None else "open",
    )


def _pause(row: QueuePauseRow) -> QueuePause:
    return QueuePause(
        workflow_id=None if row.scope == EVERYTHING else row.scope,
        reason=row.reason,
        paused_by=row.paused_by,
        paused_at=row.paused_at,
        source="airflow" if row.paused_by is None else "flowforge",
        draining=row.draining,
    )


def _drain(
    row: QueuePauseRow | None, counted: Counted, *, readable: set[str] | None, session: Session
) -> DrainState:
    # Whether anything runs is asked anew, and of all workflows: maintenance concerns them all.
    steps = sum(each.running_steps + each.queued_steps for each in counted.counts.values())
    running = list_running(session, workflow_ids=readable)
    draining = row is not None and row.draining
    tests = count_running_tests(session)
    is_empty = tests == 0 and (not running if readable is None else not list_running(session))
    return DrainState(
        draining=draining,
        drained=draining and is_empty and not list_let_through(session),
        running_steps=0 if is_empty else max(1, steps + tests),
        running=running,
        deferred=sum(each.deferred for each in counted.counts.values()),
    )


def _component(job_type: str, session: Session) -> ComponentState:
    found = airflow_state.read_component(job_type, session=session)
    return ComponentState(status=cast("_Status", found.status), latest_heartbeat=found.latest_heartbeat)


def _executor(session: Session) -> ExecutorState:
    from airflow.configuration import conf

    broker = read_broker()
    return ExecutorState(
        name=executor_name(),
        parallelism=conf.getint("core", "parallelism", fallback=32),
        occupied=airflow_state.count_occupied(session),
        broker=_broker(broker) if broker is not None else None,
    )


def _broker(broker: Broker) -> BrokerState:
    return BrokerState(
        status=cast("Literal['ok', 'unreachable', 'unsupported']", broker.status),
        error=broker.error,
        queues=[BrokerQueue(name=name, depth=depth) for name, depth in _sorted(broker.depths)],
        workers=[CeleryWorker.model_validate(worker) for worker in broker.workers],
        checked_at=broker.checked_at,
    )


def _sorted(depths: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(depths.items())


def _item(waiting: Waiting, now: datetime) -> QueueItem:
    since = waiting.since
    return QueueItem(
        execution_id=str(waiting.execution_id),
        delivery_id=waiting.delivery_id,
        workflow_id=waiting.execution_id.workflow_id,
        workflow_name=waiting.workflow_name,
        begun=waiting.begun,
        since=since,
        wait_s=(now - since).total_seconds() if since is not None and since <= now else None,
        run_after=waiting.run_after,
        priority=waiting.priority,
        reasons=[
            WaitReason(
                code=reason.code,
                text=reason.text,
                text_ru=reason.text_ru,
                until=reason.until,
                detail=dict(reason.detail),
            )
            for reason in waiting.reasons
        ],
    )
