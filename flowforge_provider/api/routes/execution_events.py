"""Live updates of executions by server-sent events."""

import json
from datetime import datetime, timezone
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from sse_starlette import EventSourceResponse

from flowforge_provider.api.datamodels.execution_parts import ExecutionLink
from flowforge_provider.api.datamodels.executions import ExecutionResponse, ExecutionSummary, LogResponse
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
from flowforge_provider.api.live.sources import ExecutionSource, ListSource, LogSource
from flowforge_provider.api.live.stream import open_stream
from flowforge_provider.api.live.topics import Event, Shared
from flowforge_provider.api.live.viewer import Viewer
from flowforge_provider.api.openapi import Responses
from flowforge_provider.api.security import Reader
from flowforge_provider.api.services.executions import check_execution, find_map_index
from flowforge_provider.api.services.log_lines import select_lines
from flowforge_provider.api.services.logs import check_step
from flowforge_provider.api.services.urls import airflow_base_url
from flowforge_provider.runs.ids import ExecutionId, parse_execution_id
from flowforge_provider.runs.listing import RunFilter

router = APIRouter(tags=["executions"], route_class=JsonRoute)

_MAX_EVENT_CHARS = 524_288
MaxSecondsQuery = Annotated[
    float, Query(ge=0, le=3600, description="Seconds after which the stream ends; clients open it again.")
]


def _stream(example: str) -> Responses:
    # OpenAPI 3.1 has no schema for the events of a stream; what one of them holds is told by the example.
    content = {"text/event-stream": {"schema": {"title": "Events"}, "example": example}}
    return {
        200: {"description": "Events, until the stream ends.", "content": content},
        503: {"description": "As many live views are open as this process bears; poll instead."},
    }


@router.get(
    "/executions/events",
    summary="Watch executions",
    operation_id="watch_executions",
    responses=_stream(
        'event: execution\nid: 5f0c1a2b-7\ndata: {"id": "orders.manual__1", "state": "failed"}'
    ),
    response_class=EventSourceResponse,
)
async def watch_executions(
    *,
    request: Request,
    user: Reader,
    language: LanguageDep,
    wanted: Annotated[RunFilter, Depends(execution_filter)],
    max_s: MaxSecondsQuery = 3600,
) -> EventSourceResponse:
    """
    Tell as server-sent events which executions begin, change, end or are marked; the filters are the list's.

    `execution` has a line of the list as its data, `gone` the id of one that no longer fits the filters.
    After `open`, and after `reset`, which says that something was missed, read the list. `close` says why a
    stream ends.
    """

    async def tell(event: Event, viewer: Viewer) -> tuple[str, str] | None:
        one: ExecutionSummary = event.content.model
        if wanted.workflow_id not in (None, one.workflow_id):
            return None
        if not await viewer.readable([one.workflow_id]):
            return None
        if _fits(one, wanted):
            return "execution", event.content.text()
        return "gone", f'{{"id": {_quoted(one.id)}}}'

    return await open_stream(
        ("list", language),
        lambda: ListSource(language),
        tell,
        request=request,
        viewer=Viewer(request, user),
        max_s=max_s,
        replays=False,
    )


@router.get(
    "/executions/{execution_id}/events",
    summary="Watch an execution",
    operation_id="watch_execution",
    responses={
        **_stream('event: execution\nid: 5f0c1a2b-1\ndata: {"id": "orders.manual__1", "state": "running"}'),
        404: {"description": "There is no such execution."},
    },
    response_class=EventSourceResponse,
)
async def watch_execution(
    *,
    execution_id: ExecutionIdPath,
    request: Request,
    user: Reader,
    language: LanguageDep,
    max_s: MaxSecondsQuery = 3600,
) -> EventSourceResponse:
    """
    Tell an execution as server-sent events, now and whenever anything of it changes.

    `execution` has the same data as reading it; where that is very large, `changed` comes instead: read it.
    `gone`: it was deleted.
    """
    parsed = parse_execution_id(execution_id)
    await to_thread.run_sync(check_execution, parsed)
    base_url = airflow_base_url(request)

    async def tell(event: Event, viewer: Viewer) -> tuple[str, str] | None:
        if not await viewer.readable([parsed.workflow_id]):
            return None
        if event.name == "gone":
            return "gone", f'{{"id": {_quoted(str(parsed))}}}'
        text = await _for_viewer(event.content, viewer)
        if len(text) > _MAX_EVENT_CHARS:
            return "changed", f'{{"id": {_quoted(str(parsed))}}}'
        return "execution", text

    return await open_stream(
        ("execution", parsed, base_url, language),
        lambda: ExecutionSource(parsed, airflow_base_url=base_url, language=language),
        tell,
        request=request,
        viewer=Viewer(request, user),
        max_s=max_s,
        replays=True,
    )


@router.get(
    "/executions/{execution_id}/steps/{node_id}/logs/events",
    summary="Follow a step's log",
    operation_id="follow_step_log",
    responses={
        **_stream('event: lines\nid: 5f0c1a2b-1\ndata: {"lines": [], "try_number": 1, "done": false}'),
        404: {"description": "There is no such execution, step or try."},
    },
    response_class=EventSourceResponse,
)
async def follow_step_log(
    *,
    execution_id: ExecutionIdPath,
    node_id: NodeIdPath,
    request: Request,
    user: Reader,
    try_number: TryQuery = None,
    item: ItemQuery = None,
    level: LevelQuery = [],  # noqa: B006 - FastAPI copies it
    search: LogSearchQuery = None,
    max_s: MaxSecondsQuery = 3600,
) -> EventSourceResponse:
    """
    Tell the log of one try from its beginning, and then what is written to it, as server-sent events.

    `lines` has the same data as reading the log; `end` says that nothing more will come.
    """
    parsed = parse_execution_id(execution_id)
    map_index, number = await to_thread.run_sync(_find_try, parsed, node_id, item, try_number)

    async def tell(event: Event, viewer: Viewer) -> tuple[str, str] | None:
        if not await viewer.readable([parsed.workflow_id]):
            return None
        if event.name == "end":
            return "end", json.dumps(event.content)
        page: LogResponse = event.content
        lines = select_lines(page.lines, levels=level, search=search)
        shown = page.model_copy(update={"lines": lines, "next_token": None})
        return ("lines", shown.model_dump_json()) if lines else None

    return await open_stream(
        ("log", parsed, node_id, map_index, number),
        lambda: LogSource(parsed, node_id, map_index=map_index, try_number=number),
        tell,
        request=request,
        viewer=Viewer(request, user),
        max_s=max_s,
        replays=True,
    )


def _find_try(
    execution_id: ExecutionId, node_id: str, item: int | None, try_number: int | None
) -> tuple[int, int | None]:
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        map_index = find_map_index(execution_id, node_id, item, session=session)
        number = check_step(
            execution_id, node_id, map_index=map_index, try_number=try_number, session=session
        )
        return map_index, number


async def _for_viewer(shared: Shared, viewer: Viewer) -> str:
    """Return an execution as JSON, without what it tells of workflows that the viewer may not see."""
    whole: ExecutionResponse = shared.model
    links = [*whole.children, *([whole.parent] if whole.parent else [])]
    hidden = {link.workflow_id for link in links}
    hidden -= await viewer.readable(hidden)

    def shown(link: ExecutionLink) -> ExecutionLink:
        if link.workflow_id not in hidden:
            return link
        return link.model_copy(update={"workflow_name": None, "state": None})

    def hide(execution: ExecutionResponse) -> ExecutionResponse:
        children = [shown(link) for link in execution.children]
        parent = shown(execution.parent) if execution.parent else None
        return execution.model_copy(update={"children": children, "parent": parent})

    return shared.text(frozenset(hidden), hide)


def _fits(one: ExecutionSummary, wanted: RunFilter) -> bool:
    made = one.created_at or datetime.now(tz=timezone.utc)
    return (
        (not wanted.states or one.state in wanted.states)
        and (not wanted.triggers or one.trigger_type in wanted.triggers)
        and (wanted.handled is None or wanted.handled == (one.handled is not None))
        and (wanted.created_from is None or made >= wanted.created_from)
        and (wanted.created_to is None or made < wanted.created_to)
        and (not wanted.search or _is_found(one, wanted.search))
    )


def _is_found(one: ExecutionSummary, search: str) -> bool:
    text = search.strip().casefold()
    comment = one.handled.comment if one.handled is not None else ""
    return any(text in value.casefold() for value in (one.workflow_name, one.id, comment))


def _quoted(text: str) -> str:
    return json.dumps(text)
