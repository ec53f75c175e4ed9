"""Dead letters: list what failed for good by cause, start it again, or mark it as dealt with."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from sqlalchemy.orm import Session

from flowforge_provider.api.datamodels.dead_letters import (
    DeadLetterCollectionResponse,
    DeadLetterEntriesResponse,
    DeadLetterGroupResponse,
    DiscardBody,
    DiscardResponse,
    RedriveBody,
    RedriveResponse,
)
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.language import LanguageDep
from flowforge_provider.api.openapi import Responses
from flowforge_provider.api.paging import DEFAULT_LIMIT
from flowforge_provider.api.query_params import CursorQuery, LimitQuery, WorkflowIdAlias
from flowforge_provider.api.security import OperatorOfSome, Reader, authorize, user_name
from flowforge_provider.api.services import dead_letters as service
from flowforge_provider.api.services.dead_letter_titles import tell_groups
from flowforge_provider.api.services.workflows import readable_ids
from flowforge_provider.queue import dead_letters as store
from flowforge_provider.queue import redriving
from flowforge_provider.store.queue_tables import RedriveRow
from flowforge_provider.store.tables import WorkflowRow
from flowforge_provider.store.transactions import run_in_transaction

router = APIRouter(tags=["queue"], route_class=JsonRoute)

GroupIdPath = Annotated[str, Path(min_length=1, max_length=32, description="Id of the group.")]
_NOT_FOUND: Responses = {404: {"description": "There is no such group."}}


@router.get("/dead-letters", summary="List dead letters by cause", operation_id="list_dead_letters")
def list_dead_letters(
    *,
    user: Reader,
    session: SessionDep,
    language: LanguageDep,
    workflow_id: Annotated[
        str | None, Query(max_length=200, description="Only this workflow's; also as workflowId.")
    ] = None,
    workflow_id_alias: WorkflowIdAlias = None,
    state: Annotated[
        Literal["open", "all"], Query(description="open: only groups with some that nobody has dealt with.")
    ] = "open",
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> DeadLetterCollectionResponse:
    """
    Return one page of the groups: executions of a workflow that failed at the same step for the same cause,
    and deliveries that were accepted and never became an execution. What failed last comes first.
    """
    page = store.list_groups(
        workflow_id=workflow_id or workflow_id_alias,
        workflow_ids=readable_ids(user=user, session=session),
        only_open=state == "open",
        limit=limit,
        cursor=cursor,
        session=session,
    )
    return service.groups(page, language=language, session=session)


@router.get(
    "/dead-letters/{group_id}",
    summary="Read one group of dead letters",
    operation_id="get_dead_letters",
    responses=_NOT_FOUND,
)
def get_dead_letters(
    group_id: GroupIdPath, user: Reader, session: SessionDep, language: LanguageDep
) -> DeadLetterGroupResponse:
    """Return a group with its counts, its newest message and its newest re-drive."""
    row = store.get_group(group_id, session)
    authorize(user=user, action="read", workflow_id=row.workflow_id)
    workflow = session.get(WorkflowRow, row.workflow_id)
    redrive = store.newest_redrives([row.id], session).get(row.id)
    told = tell_groups([row], language=language, session=session)[row.id]
    return DeadLetterGroupResponse(
        **service.group_fields(row, name=workflow.name if workflow else None, told=told, redrive=redrive)
    )


@router.get(
    "/dead-letters/{group_id}/entries",
    summary="List the dead letters of a group",
    operation_id="list_dead_letter_entries",
    responses=_NOT_FOUND,
)
def list_dead_letter_entries(
    *,
    group_id: GroupIdPath,
    user: Reader,
    session: SessionDep,
    language: LanguageDep,
    state: Annotated[
        Literal["open", "all"], Query(description="open: only those that nobody has dealt with.")
    ] = "all",
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> DeadLetterEntriesResponse:
    """Return one page of a group, newest first."""
    group = store.get_group(group_id, session)
    authorize(user=user, action="read", workflow_id=group.workflow_id)
    page = store.list_entries(
        group.id, only_open=state == "open", limit=limit, cursor=cursor, session=session
    )
    return service.entries(page, code=group.code, language=language)


@router.post(
    "/dead-letters/{group_id}/redrive",
    status_code=202,
    summary="Start dead letters again",
    operation_id="redrive_dead_letters",
    responses={**_NOT_FOUND, 409: {"description": "None of them is open."}},
)
def redrive_dead_letters(group_id: GroupIdPath, body: RedriveBody, user: OperatorOfSome) -> RedriveResponse:
    """
    Start all open dead letters of a group again, or some of them, at most so many a minute.

    It goes on across restarts; `redrive` of the group tells how far it has come. One that cannot be started
    stays open, with the reason in `error`.
    """

    def work(session: Session) -> RedriveResponse:
        group = store.get_group(group_id, session)
        authorize(user=user, action="operate", workflow_id=group.workflow_id)
        row = redriving.begin_redrive(
            group_id,
            ids=body.ids,
            revision=body.revision,
            per_minute=body.per_minute,
            user=user_name(user),
            session=session,
        )
        return RedriveResponse(**service.redrive_fields(row))

    return run_in_transaction(work)


@router.post(
    "/dead-letters/redrives/{redrive_id}/stop",
    summary="Stop starting dead letters again",
    operation_id="stop_redrive",
    responses={404: {"description": "There is no such re-drive."}},
)
def stop_redrive(
    redrive_id: Annotated[str, Path(min_length=1, max_length=32, description="Id of the re-drive.")],
    user: OperatorOfSome,
) -> RedriveResponse:
    """Start no more of them; what was started goes on, the rest stays open. Stopping twice is no error."""

    def work(session: Session) -> RedriveResponse:
        known = session.get(RedriveRow, redrive_id)
        if known is not None:
            authorize(user=user, action="operate", workflow_id=known.workflow_id)
        return RedriveResponse(**service.redrive_fields(redriving.stop_redrive(redrive_id, session)))

    return run_in_transaction(work)


@router.post(
    "/dead-letters/{group_id}/discard",
    summary="Mark dead letters as dealt with",
    operation_id="discard_dead_letters",
    responses=_NOT_FOUND,
)
def discard_dead_letters(group_id: GroupIdPath, body: DiscardBody, user: OperatorOfSome) -> DiscardResponse:
    """Mark all open dead letters of a group, or some of them, as dealt with. Their executions stay failed."""

    def work(session: Session) -> DiscardResponse:
        group = store.get_group(group_id, session)
        authorize(user=user, action="operate", workflow_id=group.workflow_id)
        settled = store.discard(
            group_id, ids=body.ids, comment=body.comment, user=user_name(user), session=session
        )
        return DiscardResponse(settled=settled)

    return run_in_transaction(work)
