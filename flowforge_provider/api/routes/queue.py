"""The queue: what waits and why, pause and resume, let through, drain, priorities."""

from typing import Annotated

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import APIRouter, Query

from flowforge_provider.api.datamodels.queue import (
    DrainBody,
    ExecutionPriorityResponse,
    LetThroughResponse,
    PauseBody,
    PauseStateResponse,
    PriorityBody,
    ProcessBody,
    QueueStateResponse,
    QueueStatsResponse,
)
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.execution_params import ExecutionIdPath
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.paging import DEFAULT_LIMIT
from flowforge_provider.api.query_params import CursorQuery, LimitQuery, WorkflowIdAlias
from flowforge_provider.api.security import Operator, OperatorOfSome, Reader, authorize, user_name
from flowforge_provider.api.services import queue as service
from flowforge_provider.api.services.workflows import allowed_ids, readable_ids
from flowforge_provider.queue import pauses
from flowforge_provider.queue.priorities import set_priority
from flowforge_provider.queue.processing import find_next, let_through
from flowforge_provider.queue.stats import recount
from flowforge_provider.queue.waiting import list_waiting
from flowforge_provider.runs.ids import parse_execution_id
from flowforge_provider.store.queue_tables import LetThroughRow
from flowforge_provider.store.transactions import run_in_transaction

router = APIRouter(tags=["queue"], route_class=JsonRoute)


@router.get("/queue/stats", summary="Read the queue in numbers", operation_id="get_queue_stats")
def get_queue_stats(user: Reader, session: SessionDep) -> QueueStatsResponse:
    """
    Return how much waits, runs and has ended, in total and by workflow, and what Airflow's parts are doing.

    Counted at most every two seconds however many ask; with Celery the broker is asked every five seconds.
    """
    return service.queue_stats(readable=readable_ids(user=user, session=session), session=session)


@router.get(
    "/queue/state",
    summary="List what waits, and why",
    operation_id="list_queue",
)
def list_queue(
    *,
    user: Reader,
    session: SessionDep,
    workflow_id: Annotated[
        str | None, Query(max_length=200, description="Only this workflow's; also as workflowId.")
    ] = None,
    workflow_id_alias: WorkflowIdAlias = None,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> QueueStateResponse:
    """
    Return one page of the executions that wait, with the reasons, then of deliveries that are none yet.

    An execution waits when it has not begun, or when it has begun and none of its steps runs.
    """
    page = list_waiting(
        workflow_id=workflow_id or workflow_id_alias,
        workflow_ids=readable_ids(user=user, session=session),
        limit=limit,
        cursor=cursor,
        session=session,
    )
    return service.queue_state(page)


@router.get("/queue/pause", summary="Read what is paused", operation_id="get_queue_pause")
def get_queue_pause(user: Reader, session: SessionDep) -> PauseStateResponse:
    """Return the pauses in force: who paused, since when, why; and how far a drain has come."""
    return service.pause_state(readable=readable_ids(user=user, session=session), session=session)


@router.post(
    "/queue/pause",
    summary="Pause or resume",
    operation_id="pause_queue",
    responses={
        404: {"description": "There is no such workflow."},
        409: {"description": "It is not paused, so there is nothing to resume."},
    },
)
def pause_queue(body: PauseBody, user: OperatorOfSome, session: SessionDep) -> PauseStateResponse:
    """
    Pause all workflows or one: nothing new starts, running steps finish. Resume goes on where it stopped.

    Webhooks are accepted all the same, and wait. Resuming everything leaves those workflows paused that were
    paused alone; resuming one of them while everything is paused takes effect afterwards.
    """
    authorize(user=user, action="operate", workflow_id=body.workflow_id)
    name = user_name(user)
    if body.workflow_id is None and body.paused:
        run_in_transaction(
            lambda transaction: pauses.pause_all(reason=body.reason, user=name, session=transaction)
        )
    elif body.workflow_id is None:
        run_in_transaction(pauses.resume_all)
    elif body.paused:
        workflow_id = body.workflow_id
        run_in_transaction(
            lambda transaction: pauses.pause_workflow(
                workflow_id, reason=body.reason, user=name, session=transaction
            )
        )
    else:
        workflow_id = body.workflow_id
        run_in_transaction(lambda transaction: pauses.resume_workflow(workflow_id, session=transaction))
    return _changed(user, session)


@router.post("/queue/drain", summary="Pause before maintenance", operation_id="drain_queue")
def drain_queue(body: DrainBody, user: Operator, session: SessionDep) -> PauseStateResponse:
    """
    Pause all workflows to wait until nothing runs; `drain` tells what still does, and when it is done.

    It ends by resuming.
    """
    name = user_name(user)
    run_in_transaction(
        lambda transaction: pauses.pause_all(
            reason=body.reason, user=name, draining=True, session=transaction
        )
    )
    return _changed(user, session)


@router.post(
    "/queue/process",
    status_code=202,
    summary="Let one execution through",
    operation_id="process_queue",
    responses={
        404: {"description": "There is no such execution."},
        409: {"description": "It is not paused, has ended, or nothing waits."},
    },
)
def process_queue(body: ProcessBody, user: OperatorOfSome, session: SessionDep) -> LetThroughResponse:
    """
    While paused, let an execution go on to its end, and no other: the named one, else the next by priority,
    then by age. Executions that its steps start and wait for come with it.
    """
    if body.execution_id is not None:
        execution_id = parse_execution_id(body.execution_id)
    else:
        execution_id = find_next(
            workflow_id=body.workflow_id,
            # Of a named workflow, so that who may not operate it is told so.
            workflow_ids=None
            if body.workflow_id
            else allowed_ids(user=user, action="operate", session=session),
            session=session,
        )
    authorize(user=user, action="operate", workflow_id=execution_id.workflow_id)
    # What was read so far must not keep a transaction open while others are waited for.
    session.rollback()
    let_through(execution_id, user=user_name(user))
    recount()
    row = session.get(LetThroughRow, tuple(execution_id))
    if row is None:
        raise ApiError(409, "queue-not-paused", "The pause has just ended, so it starts by itself.")
    return LetThroughResponse(**service.let_through_of(row).model_dump())


@router.post(
    "/executions/{execution_id}/priority",
    summary="Give an execution a priority",
    operation_id="set_execution_priority",
    responses={
        404: {"description": "There is no such execution."},
        409: {"description": "It has ended."},
    },
)
def set_execution_priority(
    execution_id: ExecutionIdPath, body: PriorityBody, user: Operator
) -> ExecutionPriorityResponse:
    """
    Let an unfinished execution go before others, or after them.

    Its steps that have not begun get a worker in that order; when executions of its workflow wait for each
    other, it goes before those of a lower priority.
    """
    parsed = parse_execution_id(execution_id)
    name = user_name(user)
    run_in_transaction(
        lambda transaction: set_priority(parsed, body.priority, user=name, session=transaction)
    )
    return ExecutionPriorityResponse(execution_id=str(parsed), priority=body.priority)


def _changed(user: BaseUser, session: SessionDep) -> PauseStateResponse:
    recount()
    session.rollback()
    return service.pause_state(readable=readable_ids(user=user, session=session), session=session)
