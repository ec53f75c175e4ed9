"""The queue: what waits and why, and what operators may do about it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from flowforge_provider.api.datamodels.base import Body, Reply
from flowforge_provider.queue.priorities import HIGHEST, LOWEST
from flowforge_provider.queue.reasons import Why

_PAUSE: JsonDict = {
    "workflow_id": None,
    "reason": "The shop's API is down",
    "paused_by": "ann",
    "paused_at": "2026-07-25T10:15:00Z",
    "source": "flowforge",
    "draining": False,
}
_COUNTS: JsonDict = {
    "waiting": 12,
    "scheduled": 3,
    "running": 4,
    "deferred": 1,
    "retrying": 1,
    "running_steps": 3,
    "queued_steps": 0,
    "done_last_hour": 240,
    "failed_last_hour": 2,
    "per_minute": 4.0,
    "oldest_wait_s": 31.5,
}


class QueuePause(Reply):
    """A pause that is in force: nothing new starts, what runs finishes its running steps."""

    workflow_id: str | None = Field(description="Which workflow is paused; null when all are.")
    reason: str = Field(description="Why, in the words of who paused.")
    paused_by: str | None = Field(description="Who paused; null when it was done in Airflow itself.")
    paused_at: datetime = Field(description="Since when; when it was first seen, if done in Airflow itself.")
    source: Literal["flowforge", "airflow"] = Field(description="Where it was paused.")
    draining: bool = Field(description="Paused to wait until nothing runs, before maintenance.")


class QueueCounts(Reply):
    """Numbers of executions and steps."""

    waiting: int = Field(description="Executions and accepted deliveries that are due and have not begun.")
    scheduled: int = Field(description="Executions that are not to begin before a later moment.")
    running: int = Field(description="Executions that have begun and not ended.")
    deferred: int = Field(description="Steps that wait outside of a worker: for time, answers, events.")
    retrying: int = Field(description="Steps that failed and wait for their next try.")
    running_steps: int = Field(description="Steps that a worker runs right now.")
    queued_steps: int = Field(description="Steps that wait for a worker.")
    done_last_hour: int = Field(description="Executions that succeeded within the last hour.")
    failed_last_hour: int = Field(description="Executions that failed within the last hour.")
    per_minute: float = Field(description="Executions that ended a minute, over the last hour.")
    oldest_wait_s: float | None = Field(description="Seconds that the oldest has waited; null: none waits.")


class WorkflowQueue(QueueCounts):
    """The queue of one workflow."""

    workflow_id: str = Field(description="Id of the workflow.")
    workflow_name: str = Field(description="Name of the workflow.")
    paused: bool = Field(description="Whether nothing of it starts, for whatever pause.")
    pause: QueuePause | None = Field(description="The pause of this workflow alone.")
    max_active_runs: int | None = Field(description="Executions that may run at once.")
    priority: int = Field(description="Priority of its executions, 0 is normal.")


class LetThrough(Reply):
    """An execution that may run although its workflow is paused."""

    execution_id: str = Field(description="Id of the execution.")
    workflow_id: str = Field(description="Id of the workflow.")
    asked_by: str = Field(description="Who let it through.")
    asked_at: datetime = Field(description="When.")
    state: Literal["opening", "open"] = Field(
        description="opening: the others are being held; open: Airflow's scheduler may run it."
    )


class DrainState(Reply):
    """How far a drain has come."""

    draining: bool = Field(description="Whether the queue is drained or being drained.")
    drained: bool = Field(description="Nothing runs any more: maintenance may begin.")
    running_steps: int = Field(
        description="Steps that still run or are handed to a worker, those of step tests included."
    )
    running: list[str] = Field(description="Executions with such steps, at most 50 ids.")
    deferred: int = Field(description="Steps that wait outside of workers; a restart does not harm them.")


class ComponentState(Reply):
    """A part of Airflow that has to run."""

    status: Literal["healthy", "unhealthy", "absent"] = Field(description="Whether it has reported lately.")
    latest_heartbeat: datetime | None = Field(description="When it last reported.")


class BrokerQueue(Reply):
    """One queue of the Celery broker."""

    name: str = Field(description="Name of the queue.")
    depth: int = Field(description="Messages that no worker has taken yet.")


class CeleryWorker(Reply):
    """One Celery worker that answered."""

    name: str = Field(description="Name of the worker.")
    active: int = Field(description="Tasks that it runs.")
    reserved: int = Field(description="Tasks that it has taken and not begun.")
    concurrency: int | None = Field(description="Tasks that it can run at once.")
    queues: list[str] = Field(description="Queues that it takes tasks from.")


class BrokerState(Reply):
    """The Celery broker and its workers, at most some seconds old."""

    status: Literal["ok", "unreachable", "unsupported"] = Field(description="Whether the broker answered.")
    error: str | None = Field(description="What went wrong, without secrets.")
    queues: list[BrokerQueue] = Field(description="Queues that the workers or the configuration name.")
    workers: list[CeleryWorker] = Field(description="Workers that answered in time.")
    checked_at: datetime = Field(description="When it was asked.")


class ExecutorState(Reply):
    """What runs the steps."""

    name: str = Field(description="The executor as configured.")
    parallelism: int = Field(description="Steps that one scheduler runs at once.")
    occupied: int = Field(description="Steps that are handed over or run, of all Dags.")
    broker: BrokerState | None = Field(description="With Celery: the broker and the workers.")


class QueueStatsResponse(Reply):
    """The queue in numbers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "total": _COUNTS,
                    "workflows": [
                        {
                            **_COUNTS,
                            "workflow_id": "orders",
                            "workflow_name": "Orders",
                            "paused": True,
                            "pause": None,
                            "max_active_runs": 16,
                            "priority": 0,
                        }
                    ],
                    "paused": True,
                    "pause": _PAUSE,
                    "let_through": [],
                    "drain": {
                        "draining": False,
                        "drained": False,
                        "running_steps": 3,
                        "running": ["orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60"],
                        "deferred": 1,
                    },
                    "scheduler": {"status": "healthy", "latest_heartbeat": "2026-07-25T10:20:00Z"},
                    "triggerer": {"status": "healthy", "latest_heartbeat": "2026-07-25T10:20:00Z"},
                    "executor": {
                        "name": "LocalExecutor",
                        "parallelism": 32,
                        "occupied": 3,
                        "broker": None,
                    },
                    "generated_at": "2026-07-25T10:20:01Z",
                }
            ]
        }
    )

    total: QueueCounts = Field(description="Over all workflows that the user may see.")
    workflows: list[WorkflowQueue] = Field(description="By workflow; published ones and those with runs.")
    paused: bool = Field(description="Whether all workflows are paused.")
    pause: QueuePause | None = Field(description="The pause of all workflows, for a banner.")
    let_through: list[LetThrough] = Field(description="What may run although it is paused.")
    drain: DrainState = Field(description="What still runs.")
    scheduler: ComponentState = Field(description="Airflow's scheduler.")
    triggerer: ComponentState = Field(description="Airflow's triggerer, which wakes deferred steps.")
    executor: ExecutorState = Field(description="What runs the steps.")
    generated_at: datetime = Field(description="When this was counted.")


class WaitReason(Reply):
    """One reason why something waits."""

    code: Why = Field(description="Kebab-case and stable.")
    text: str = Field(description="In English.")
    text_ru: str = Field(description="In Russian.")
    until: datetime | None = Field(description="When this reason ends by itself, if that is known.")
    detail: dict[str, Any] = Field(description="Facts, by code: who, limit, pool, step.")


class QueueItem(Reply):
    """An execution that waits, or an accepted delivery that is no execution yet."""

    execution_id: str = Field(description="Id of the execution; known before it begins.")
    delivery_id: str | None = Field(description="The delivery, while it has not become an execution.")
    workflow_id: str = Field(description="Id of the workflow.")
    workflow_name: str = Field(description="Name of the workflow.")
    begun: bool = Field(description="Whether it has begun and waits between steps.")
    since: datetime | None = Field(description="Since when it waits.")
    wait_s: float | None = Field(description="Seconds that it has waited; null before its time.")
    run_after: datetime | None = Field(description="Not to begin before.")
    priority: int = Field(description="Its priority, 0 is normal.")
    reasons: list[WaitReason] = Field(description="Why it waits; the one that matters most is first.")


class QueueStateResponse(Reply):
    """Part of what waits."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "execution_id": "orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60",
                            "delivery_id": None,
                            "workflow_id": "orders",
                            "workflow_name": "Orders",
                            "begun": False,
                            "since": "2026-07-25T10:15:00Z",
                            "wait_s": 31.5,
                            "run_after": "2026-07-25T10:15:00Z",
                            "priority": 0,
                            "reasons": [
                                {
                                    "code": "paused",
                                    "text": "ann paused all workflows: The shop's API is down",
                                    "text_ru": "ann приостановил(а) все процессы: The shop's API is down",
                                    "until": None,
                                    "detail": {"paused_by": "ann"},
                                }
                            ],
                        }
                    ],
                    "next_cursor": None,
                }
            ]
        }
    )

    items: list[QueueItem] = Field(description="Oldest executions first, then deliveries.")
    next_cursor: str | None = Field(description="Send it back for the next page; null at the end.")


class PauseBody(Body):
    """Pause or resume all workflows or one."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={"examples": [{"paused": True, "reason": "The shop's API is down"}]},
    )

    paused: bool = Field(description="True pauses, false resumes.")
    workflow_id: str | None = Field(
        default=None, alias="workflowId", max_length=200, description="Only this workflow; all when omitted."
    )
    reason: str = Field(default="", max_length=1000, description="Why; shown to everybody.")


class DrainBody(Body):
    """Pause everything before maintenance."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "Upgrade"}]})

    reason: str = Field(default="", max_length=1000, description="Why; shown to everybody.")


class ProcessBody(Body):
    """Let one execution through."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={"examples": [{"executionId": "orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60"}]},
    )

    execution_id: str | None = Field(
        default=None,
        alias="executionId",
        max_length=600,
        description="Which; the next by priority, then the oldest, when omitted.",
    )
    workflow_id: str | None = Field(
        default=None, alias="workflowId", max_length=200, description="The next one of this workflow."
    )


class PauseStateResponse(Reply):
    """The pauses in force."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"paused": True, "pause": _PAUSE, "workflows": [], "drain": None}]}
    )

    paused: bool = Field(description="Whether all workflows are paused.")
    pause: QueuePause | None = Field(description="The pause of all workflows.")
    workflows: list[QueuePause] = Field(description="Pauses of single workflows.")
    drain: DrainState | None = Field(description="How far the drain has come; null when there is none.")


class LetThroughResponse(LetThrough):
    """The execution that was let through."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "execution_id": "orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60",
                    "workflow_id": "orders",
                    "asked_by": "ann",
                    "asked_at": "2026-07-25T10:20:00Z",
                    "state": "open",
                }
            ]
        }
    )


class PriorityBody(Body):
    """A priority."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"priority": 5}]})

    priority: int = Field(ge=LOWEST, le=HIGHEST, description="Higher goes first; 0 is normal.")


class ExecutionPriorityResponse(Reply):
    """The priority of an execution."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"execution_id": "orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60", "priority": 5}]
        }
    )

    execution_id: str = Field(description="Id of the execution.")
    priority: int = Field(description="Higher goes first; 0 is normal.")
