"""Mend executions: cancel many, retry what has failed, run again."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from flowforge_provider.api.datamodels.executions import ExecutionResponse
from flowforge_provider.api.datamodels.repair import (
    CancelManyBody,
    CancelManyResponse,
    RerunBody,
    RerunPlanResponse,
    RetryBody,
    Revision,
)
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.execution_params import ExecutionIdPath
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.openapi import Responses
from flowforge_provider.api.security import Reader, Runner, RunnerOfSome, authorize
from flowforge_provider.api.services import repair
from flowforge_provider.api.services.executions import read_execution
from flowforge_provider.api.services.urls import airflow_base_url, api_path
from flowforge_provider.nodes.payload.messages import choose_language
from flowforge_provider.runs.ids import parse_execution_id

router = APIRouter(tags=["executions"], route_class=JsonRoute)

_NOT_FOUND: Responses = {404: {"description": "There is no such execution."}}


@router.post("/executions/cancel", summary="Cancel many executions", operation_id="cancel_executions")
def cancel_executions(body: CancelManyBody, user: RunnerOfSome, session: SessionDep) -> CancelManyResponse:
    """
    Cancel executions by their ids, or unfinished ones by a filter; oldest first.

    Always answers 200: each result says whether its execution is cancelled now, and why not.
    """
    if body.filter is None:
        return repair.cancel_many(body.ids or [], user=user)
    authorize(user=user, action="run", workflow_id=body.filter.workflow_id)
    ids, more = repair.find_unfinished(body.filter, session=session)
    # Each is cancelled in a transaction of its own; on SQLite this one's read must not be in its way.
    session.rollback()
    return repair.cancel_many(ids, more=more, user=user)


@router.post(
    "/executions/{execution_id}/retry",
    summary="Retry the failed steps of an execution",
    operation_id="retry_execution",
    responses={
        404: {"description": "There is no such execution or step."},
        409: {"description": "It has not ended, nothing in it has failed, or it cannot run any more."},
    },
)
def retry_execution(
    *,
    execution_id: ExecutionIdPath,
    request: Request,
    user: Runner,  # noqa: ARG001 - names the permission
    session: SessionDep,
    body: RetryBody | None = None,
) -> ExecutionResponse:
    """
    Let the failed steps, and what follows them, run again in the same execution.

    What has succeeded stays as it is. Tries go on counting; idempotency keys are those of the tries before.
    Of a loop, the items run again that have failed, or were not begun because of that.
    """
    parsed = parse_execution_id(execution_id)
    repair.retry_execution(parsed, nodes=body.nodes if body is not None else None)
    return read_execution(parsed, airflow_base_url=airflow_base_url(request), session=session)


@router.get(
    "/executions/{execution_id}/rerun",
    summary="Ask what running an execution again would do",
    operation_id="get_rerun_plan",
    responses=_NOT_FOUND,
)
def get_rerun_plan(
    *,
    execution_id: ExecutionIdPath,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
    from_step: Annotated[
        str | None, Query(max_length=63, description="Node to begin at; everything runs without it.")
    ] = None,
    revision: Annotated[Revision, Query(description="The revision to run.")] = "original",
) -> RerunPlanResponse:
    """Tell which steps would keep their outputs, which would run, and everything that is in the way."""
    return repair.read_rerun_plan(
        parse_execution_id(execution_id), latest=revision == "latest", from_node=from_step, session=session
    )


@router.post(
    "/executions/{execution_id}/rerun",
    status_code=201,
    summary="Run an execution again",
    operation_id="rerun_execution",
    responses={
        404: {"description": "There is no such execution."},
        409: {"description": "It cannot be run again so; all that is in the way is in the issues."},
        413: {"description": "The input is too large."},
        422: {"description": "The input cannot be kept."},
    },
)
def rerun_execution(
    *,
    execution_id: ExecutionIdPath,
    body: RerunBody,
    request: Request,
    response: Response,
    user: Runner,
    session: SessionDep,
    accept_language: Annotated[
        str, Header(max_length=500, description="Language of the issues about single fields: en, ru.")
    ] = "",
) -> ExecutionResponse:
    """
    Start a new execution with the same trigger, wholly or from one of its steps on.

    With `from_step`, the steps that do not follow it keep their outputs of the earlier execution. Editing the
    input of a step also needs the rights to edit and to publish, since it makes the step do something else.
    """
    new = repair.rerun_execution(
        parse_execution_id(execution_id), body, user=user, language=choose_language(accept_language)
    )
    response.headers["Location"] = api_path(request, f"/executions/{new}")
    return read_execution(new, airflow_base_url=airflow_base_url(request), session=session)
