"""Parameters that the routes about executions share."""

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query

from flowforge_provider.api.query_params import WorkflowIdAlias, as_utc
from flowforge_provider.api.services.log_lines import LogLevel
from flowforge_provider.runs.listing import RunFilter, TriggerType
from flowforge_provider.runs.states import ExecutionState

ExecutionIdPath = Annotated[
    str,
    Path(
        min_length=1,
        max_length=600,
        description="Id of the execution: workflow id, a dot, run id.",
        examples=["orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60"],
    ),
]
NodeIdPath = Annotated[
    str, Path(min_length=1, max_length=250, description="Id of the node.", examples=["get_product"])
]
TryQuery = Annotated[int | None, Query(ge=1, le=1000, description="Which try; the newest one.")]
LevelQuery = Annotated[
    list[LogLevel], Query(description="Only lines of this level; may be repeated. All when left out.")
]
LogSearchQuery = Annotated[
    str | None, Query(max_length=300, description="Only lines with this text in them.")
]
ItemQuery = Annotated[
    int | None,
    Query(ge=0, le=10_000_000, description="For a step in a loop: place of the item in the list, from 0."),
]


def execution_filter(
    *,
    workflow_id: Annotated[
        str | None, Query(max_length=200, description="Only this workflow's; also as workflowId.")
    ] = None,
    workflow_id_alias: WorkflowIdAlias = None,
    state: Annotated[
        list[ExecutionState], Query(description="Only executions in this state; may be repeated.")
    ] = [],  # noqa: B006 - FastAPI copies it
    trigger: Annotated[
        list[TriggerType], Query(description="Only what was started this way; may be repeated.")
    ] = [],  # noqa: B006
    created_from: Annotated[
        datetime | None, Query(alias="from", description="Created at this moment or later.")
    ] = None,
    created_to: Annotated[
        datetime | None, Query(alias="to", description="Created before this moment.")
    ] = None,
    search: Annotated[
        str | None,
        Query(
            max_length=300,
            description="Part of the workflow's name, the beginning of an execution or run id, or part of "
            "the comment of whoever has looked after it.",
        ),
    ] = None,
    handled: Annotated[
        bool | None, Query(description="Only those that somebody has marked as looked after, or only others.")
    ] = None,
) -> RunFilter:
    """Return which executions a client asks for."""
    return RunFilter(
        workflow_id=workflow_id or workflow_id_alias,
        states=state,
        triggers=trigger,
        created_from=as_utc(created_from),
        created_to=as_utc(created_to),
        search=search,
        handled=handled,
    )
