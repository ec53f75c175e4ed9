"""Executions that somebody has looked after, and two executions beside each other."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from flowforge_provider.api.datamodels.comparisons import ExecutionComparison
from flowforge_provider.api.datamodels.execution_parts import (
    HandledBody,
    HandledManyBody,
    HandledManyResponse,
)
from flowforge_provider.api.datamodels.executions import ExecutionResponse
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.execution_params import ExecutionIdPath
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.language import LanguageDep
from flowforge_provider.api.openapi import Responses
from flowforge_provider.api.security import Reader, Runner, RunnerOfSome, authorize, may_see, user_name
from flowforge_provider.api.services.comparisons import compare_executions
from flowforge_provider.api.services.executions import read_execution
from flowforge_provider.api.services.handled import set_handled, set_many_handled
from flowforge_provider.api.services.urls import airflow_base_url
from flowforge_provider.runs.ids import parse_execution_id
from flowforge_provider.store.transactions import run_in_transaction

router = APIRouter(tags=["executions"], route_class=JsonRoute)

_NOT_FOUND: Responses = {404: {"description": "There is no such execution."}}


@router.post(
    "/executions/handled",
    summary="Mark executions as looked after",
    operation_id="handle_executions",
)
def handle_executions(body: HandledManyBody, user: RunnerOfSome) -> HandledManyResponse:
    """
    Mark up to 200 executions as looked after, or take their marks away.

    Each one counts for itself: what cannot be marked is named in `refused`, with the reason.
    """
    return run_in_transaction(
        lambda session: set_many_handled(
            body.ids, handled=body.handled, comment=body.comment, user=user, session=session
        )
    )


@router.post(
    "/executions/{execution_id}/handled",
    summary="Mark an execution as looked after",
    operation_id="handle_execution",
    responses=_NOT_FOUND,
)
def handle_execution(
    *,
    execution_id: ExecutionIdPath,
    body: HandledBody,
    request: Request,
    user: Runner,
    session: SessionDep,
    language: LanguageDep,
) -> ExecutionResponse:
    """Tell others that somebody has looked after an execution, with a comment; a new comment replaces it."""
    parsed = parse_execution_id(execution_id)
    run_in_transaction(
        lambda own: set_handled(parsed, handled=True, comment=body.comment, user=user_name(user), session=own)
    )
    return read_execution(
        parsed,
        airflow_base_url=airflow_base_url(request),
        may_see=may_see(user),
        language=language,
        session=session,
    )


@router.delete(
    "/executions/{execution_id}/handled",
    status_code=204,
    summary="Take the mark from an execution",
    operation_id="unhandle_execution",
    responses=_NOT_FOUND,
)
def unhandle_execution(execution_id: ExecutionIdPath, user: Runner) -> None:
    """Let an execution count as not looked after. One without a mark stays as it is."""
    parsed = parse_execution_id(execution_id)
    name = user_name(user)
    run_in_transaction(
        lambda session: set_handled(parsed, handled=False, comment="", user=name, session=session)
    )


@router.get(
    "/executions/{execution_id}/compare",
    summary="Compare two executions",
    operation_id="compare_executions",
    responses=_NOT_FOUND,
)
def compare_two_executions(
    *,
    execution_id: ExecutionIdPath,
    other: Annotated[
        str, Query(alias="with", min_length=1, max_length=600, description="Id of the other execution.")
    ],
    user: Reader,
    session: SessionDep,
    language: LanguageDep,
) -> ExecutionComparison:
    """
    Return how two executions differ: step by step, and their graphs.

    They may be of different workflows; steps are told by their node's id.
    """
    left, right = parse_execution_id(execution_id), parse_execution_id(other)
    authorize(user=user, action="read", workflow_id=right.workflow_id)
    return compare_executions(left, right, language=language, session=session)
