"""Executions: start, watch, cancel."""

import re
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from flowforge_provider.api.datamodels.executions import (
    AnswerBody,
    ExecutionBody,
    ExecutionCollectionResponse,
    ExecutionResponse,
    LogResponse,
    Step,
    StepItemCollectionResponse,
)
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.execution_params import (
    ExecutionIdPath,
    ItemQuery,
    LevelQuery,
    LogSearchQuery,
    NodeIdPath,
    TryQuery,
    execution_filter,
)
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.language import LanguageDep
from flowforge_provider.api.openapi import Responses
from flowforge_provider.api.paging import DEFAULT_LIMIT, PageDep
from flowforge_provider.api.query_params import CursorQuery, LimitQuery
from flowforge_provider.api.security import (
    Answerer,
    Reader,
    Runner,
    RunnerOfSome,
    authorize,
    may_see,
    user_name,
)
from flowforge_provider.api.services import execution_actions as actions
from flowforge_provider.api.services.approvals import answer_approval
from flowforge_provider.api.services.execution_lists import summarize_runs
from flowforge_provider.api.services.executions import (
    etag_of_execution,
    find_map_index,
    list_step_items,
    read_execution,
    read_step,
)
from flowforge_provider.api.services.log_lines import select_lines
from flowforge_provider.api.services.logs import log_as_text, read_log
from flowforge_provider.api.services.urls import airflow_base_url, api_path
from flowforge_provider.api.services.workflows import readable_ids
from flowforge_provider.nodes.payload.messages import choose_language
from flowforge_provider.runs.ids import parse_execution_id
from flowforge_provider.runs.listing import RunFilter, list_runs
from flowforge_provider.runs.states import StepState

router = APIRouter(tags=["executions"], route_class=JsonRoute)

_NOT_FOUND: Responses = {404: {"description": "There is no such execution."}}


@router.get("/executions", summary="List executions", operation_id="list_executions")
def list_executions(
    *,
    user: Reader,
    session: SessionDep,
    language: LanguageDep,
    wanted: Annotated[RunFilter, Depends(execution_filter)],
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
    offset: Annotated[
        int, Query(ge=0, le=10_000, description="Entries to skip; for more of them use cursor.")
    ] = 0,
) -> ExecutionCollectionResponse:
    """
    Return one page of the executions that the user may see, newest first.

    Pages are read on from where the last one ended, so that a million runs cost as much as a thousand. Where
    much has to be looked through, a page may be short: go on while next_cursor is there.
    """
    page = list_runs(
        replace(wanted, workflow_ids=readable_ids(user=user, session=session)),
        limit=limit,
        cursor=cursor,
        offset=offset,
        session=session,
    )
    return ExecutionCollectionResponse(
        executions=summarize_runs(page.records, language=language, session=session),
        total_entries=page.total,
        next_cursor=page.next_cursor,
    )


@router.post(
    "/executions",
    status_code=201,
    summary="Start an execution",
    operation_id="start_execution",
    responses={
        404: {"description": "There is no such workflow, or it has no such trigger."},
        409: {"description": "It is not published, not registered in Airflow yet, or paused."},
        413: {"description": "The payload is too large."},
        422: {"description": "The payload is not what the trigger asks for; each issue names its field."},
    },
)
def start_execution(
    *,
    body: ExecutionBody,
    request: Request,
    response: Response,
    user: RunnerOfSome,
    session: SessionDep,
    accept_language: Annotated[
        str, Header(max_length=500, description="Language of the issues about single fields: en, ru.")
    ] = "",
) -> ExecutionResponse:
    """
    Run the live revision of a workflow with a payload, whatever its trigger is.

    The payload is `trigger.body` in expressions, as the body of a webhook would be. Where the trigger has a
    form, it is checked by the form's JSON Schema.
    """
    authorize(user=user, action="run", workflow_id=body.workflow_id)
    has_payload = "payload" in body.model_fields_set
    execution_id = actions.start_execution(
        workflow_id=body.workflow_id,
        payload=body.payload,
        has_payload=has_payload,
        trigger=body.trigger,
        user=user_name(user),
        language=choose_language(accept_language),
    )
    response.headers["Location"] = api_path(request, f"/executions/{execution_id}")
    return read_execution(execution_id, airflow_base_url=airflow_base_url(request), session=session)


@router.get(
    "/executions/{execution_id}",
    summary="Read an execution with its steps",
    operation_id="get_execution",
    responses={**_NOT_FOUND, 304: {"description": "Nothing has changed since the ETag of If-None-Match."}},
    response_model=ExecutionResponse,
)
def get_execution(
    *,
    execution_id: ExecutionIdPath,
    request: Request,
    response: Response,
    user: Reader,
    session: SessionDep,
    language: LanguageDep,
    if_none_match: Annotated[
        str | None, Header(alias="If-None-Match", description="ETag of the answer that the client has.")
    ] = None,
) -> ExecutionResponse | Response:
    """
    Return an execution: its state, its steps with input, output and error, and the graph that it runs.

    Made to be polled: send the ETag in `If-None-Match`, and an unchanged execution costs a 304.
    """
    parsed = parse_execution_id(execution_id)
    # Before the execution itself is read: what changes in between shows at the next poll.
    etag = etag_of_execution(parsed, session, language=language)
    headers = {"Cache-Control": "no-cache", **({"ETag": etag} if etag else {})}
    if etag is not None and if_none_match is not None and etag in if_none_match:
        return Response(status_code=304, headers=headers)
    found = read_execution(
        parsed,
        airflow_base_url=airflow_base_url(request),
        may_see=may_see(user),
        language=language,
        session=session,
    )
    response.headers.update(headers)
    return found


@router.get(
    "/executions/{execution_id}/steps/{node_id}",
    summary="Read one step with all of its data",
    operation_id="get_step",
    responses={404: {"description": "There is no such execution, step or item."}},
)
def get_step(
    *,
    execution_id: ExecutionIdPath,
    node_id: NodeIdPath,
    request: Request,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
    language: LanguageDep,
    item: ItemQuery = None,
) -> Step:
    """Return one step with its input and output, however large they are; in a loop, those of an item."""
    return read_step(
        parse_execution_id(execution_id),
        node_id,
        item=item,
        airflow_base_url=airflow_base_url(request),
        language=language,
        session=session,
    )


@router.get(
    "/executions/{execution_id}/steps/{node_id}/items",
    summary="List the items of a step in a loop",
    operation_id="list_step_items",
    responses=_NOT_FOUND,
)
def get_step_items(
    *,
    execution_id: ExecutionIdPath,
    node_id: NodeIdPath,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
    page: PageDep,
    state: Annotated[StepState | None, Query(description="Only items in this state.")] = None,
) -> StepItemCollectionResponse:
    """
    Return one page of the items that a step in the body of a loop has, in the order of the list.

    A step that is in no loop, or whose loop has not begun, has none.
    """
    return list_step_items(parse_execution_id(execution_id), node_id, state=state, page=page, session=session)


@router.get(
    "/executions/{execution_id}/steps/{node_id}/logs",
    summary="Read a step's log",
    operation_id="get_step_log",
    responses={
        400: {"description": "The token is not one that this API has given."},
        404: {"description": "There is no such execution, step or try."},
    },
)
def get_step_log(
    *,
    execution_id: ExecutionIdPath,
    node_id: NodeIdPath,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
    try_number: TryQuery = None,
    token: Annotated[
        str | None, Query(max_length=4000, description="next_token of the previous answer, to follow a log.")
    ] = None,
    item: ItemQuery = None,
    level: LevelQuery = [],  # noqa: B006 - FastAPI copies it
    search: LogSearchQuery = None,
) -> LogResponse:
    """
    Return the log of one try, or, with a token, only what is new in it.

    In a loop, that of the task that takes the item; it may take others, too.
    """
    parsed = parse_execution_id(execution_id)
    map_index = find_map_index(parsed, node_id, item, session=session)
    found = read_log(
        parsed, node_id, map_index=map_index, try_number=try_number, token=token, session=session
    )
    return found.model_copy(update={"lines": select_lines(found.lines, levels=level, search=search)})


@router.get(
    "/executions/{execution_id}/steps/{node_id}/logs/download",
    summary="Download a step's log",
    operation_id="download_step_log",
    responses={
        200: {
            "description": "The whole log as text.",
            "content": {
                "text/plain": {
                    "schema": {"type": "string"},
                    "example": "2026-01-05T09:00:01+00:00 INFO GET https://shop.example.com/7: 200\n",
                }
            },
        },
        404: {"description": "There is no such execution, step or try."},
        501: {"description": "Airflow's log handler cannot read logs."},
    },
    response_class=PlainTextResponse,
)
def download_step_log(
    *,
    execution_id: ExecutionIdPath,
    node_id: NodeIdPath,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
    try_number: TryQuery = None,
    item: ItemQuery = None,
) -> StreamingResponse:
    """Return the whole log of one try as a text file, however long it is."""
    parsed = parse_execution_id(execution_id)
    map_index = find_map_index(parsed, node_id, item, session=session)
    lines = log_as_text(parsed, node_id, map_index=map_index, try_number=try_number, session=session)
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{execution_id}.{node_id}.log")
    return StreamingResponse(
        lines,
        media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.post(
    "/executions/{execution_id}/steps/{node_id}/answer",
    summary="Answer an approval",
    operation_id="answer_step",
    responses={
        403: {"description": "You may not answer here, or others are to answer this question."},
        404: {"description": "There is no such execution, or the step has asked nobody."},
        409: {"description": "It is answered already, has expired, or the run was cancelled."},
        422: {"description": "The form is not filled in right, or there is no such option."},
    },
)
def answer_step(
    *,
    execution_id: ExecutionIdPath,
    node_id: NodeIdPath,
    body: AnswerBody,
    request: Request,
    user: Answerer,
    session: SessionDep,
) -> ExecutionResponse:
    """
    Answer the question that a step asks, and let the execution go on.

    The same as answering on Airflow's page of required actions, or by Airflow's own API.
    """
    parsed = parse_execution_id(execution_id)
    answer_approval(parsed, node_id, body, user=user, session=session)
    return read_execution(parsed, airflow_base_url=airflow_base_url(request), session=session)


@router.post(
    "/executions/{execution_id}/cancel",
    summary="Cancel an execution",
    operation_id="cancel_execution",
    responses={**_NOT_FOUND, 409: {"description": "It has ended already."}},
)
def cancel_execution(
    execution_id: ExecutionIdPath, request: Request, user: Runner, session: SessionDep
) -> ExecutionResponse:
    """Stop a running or queued execution. Cancelling a cancelled one changes nothing."""
    parsed = parse_execution_id(execution_id)
    actions.cancel_execution(parsed, user=user_name(user), session=session)
    return read_execution(parsed, airflow_base_url=airflow_base_url(request), session=session)
