"""Test one step of a draft on a real worker."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from flowforge_provider.api.datamodels.executions import LogResponse
from flowforge_provider.api.datamodels.step_tests import (
    StepTestBody,
    StepTestPlanResponse,
    StepTestResponse,
    StepTestStarted,
)
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.execution_params import NodeIdPath
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.openapi import Responses
from flowforge_provider.api.path_params import WorkflowIdPath
from flowforge_provider.api.security import Editor, Reader, authorize
from flowforge_provider.api.services.logs import read_log
from flowforge_provider.api.services.step_tests import begin_test, plan_test, show_test
from flowforge_provider.api.services.urls import airflow_base_url, api_path
from flowforge_provider.nodes.payload.messages import choose_language
from flowforge_provider.runs.ids import ExecutionId
from flowforge_provider.settings import STEP_TEST_DAG_ID
from flowforge_provider.step_tests.reading import cancel_test, read_test
from flowforge_provider.step_tests.registration import TASK_ID

router = APIRouter(tags=["workflows"], route_class=JsonRoute)

TestIdPath = Annotated[
    str,
    Path(
        min_length=1,
        max_length=100,
        description="Id of the test.",
        examples=["test__0198c0de7b7c7a6e8f0a1b2c3d4e5f60"],
    ),
]
LanguageHeader = Annotated[
    str, Header(alias="accept-language", max_length=500, description="Language of what is told: en, ru.")
]
_NOT_FOUND: Responses = {404: {"description": "There is no such test of this step; it may be cleaned up."}}


@router.post(
    "/workflows/{workflow_id}/steps/{node_id}/test",
    status_code=202,
    summary="Test a step",
    operation_id="test_step",
    responses={
        404: {"description": "There is no such workflow, node, execution or delivery."},
        409: {"description": "Such a step cannot be tested by itself, or all work is paused."},
        422: {"description": "Its parameters have errors, or there is no sample data for all that it needs."},
        429: {"description": "The user has as many tests under way as one may have."},
    },
)
def start_step_test(
    *,
    workflow_id: WorkflowIdPath,
    node_id: NodeIdPath,
    request: Request,
    response: Response,
    user: Editor,
    session: SessionDep,
    body: StepTestBody | None = None,
    accept_language: LanguageHeader = "",
) -> StepTestStarted:
    """
    Run one node of the draft on a worker, with sample data, and touch nothing that is published.

    What the step does, it really does: a request is sent, a statement is run. Needs the rights to edit, to
    publish and to run the workflow. Poll the address in `Location` for the result. Of the sample data, what
    is given goes before what is pinned, and that before an execution or a delivery.
    """
    # A step does what was drawn, with the connections that it names: who may have that is who may publish.
    for action in ("publish", "run"):
        authorize(user=user, action=action, workflow_id=workflow_id)
    started = begin_test(
        workflow_id,
        node_id,
        body or StepTestBody(),
        user=user,
        base_url=airflow_base_url(request),
        language=choose_language(accept_language),
        session=session,
    )
    path = f"/workflows/{workflow_id}/steps/{node_id}/test/{started.id}"
    response.headers["Location"] = api_path(request, path)
    return started


@router.get(
    "/workflows/{workflow_id}/steps/{node_id}/test",
    summary="Ask whether a step can be tested, and with what",
    operation_id="get_step_test_plan",
    responses={404: {"description": "There is no such workflow, node, execution or delivery."}},
)
def get_step_test_plan(
    *,
    workflow_id: WorkflowIdPath,
    node_id: NodeIdPath,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
    execution_id: Annotated[
        str | None, Query(min_length=1, max_length=600, description="Execution to take outputs from.")
    ] = None,
    delivery_id: Annotated[
        str | None, Query(min_length=1, max_length=100, description="Delivery to take the trigger from.")
    ] = None,
    item_index: Annotated[int, Query(ge=0, le=10_000_000, description="Which item of the loop.")] = 0,
    use_pins: Annotated[bool, Query(description="Take pinned data.")] = True,
    accept_language: LanguageHeader = "",
) -> StepTestPlanResponse:
    """Return the data that a test would see, masked, where each part comes from, and what is missing."""
    body = StepTestBody(
        execution_id=execution_id, delivery_id=delivery_id, item_index=item_index, use_pins=use_pins
    )
    return plan_test(workflow_id, node_id, body, language=choose_language(accept_language), session=session)


@router.get(
    "/workflows/{workflow_id}/steps/{node_id}/test/{test_id}",
    summary="Read the result of a test",
    operation_id="get_step_test",
    responses=_NOT_FOUND,
)
def get_step_test(
    *,
    workflow_id: WorkflowIdPath,
    node_id: NodeIdPath,
    test_id: TestIdPath,
    request: Request,
    response: Response,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
    accept_language: LanguageHeader = "",
) -> StepTestResponse:
    """Return what came of a test. Made to be polled."""
    response.headers["Cache-Control"] = "no-store"
    result = read_test(test_id, workflow_id=workflow_id, node_id=node_id, session=session)
    return show_test(
        result,
        base_url=airflow_base_url(request),
        language=choose_language(accept_language),
        session=session,
    )


@router.get(
    "/workflows/{workflow_id}/steps/{node_id}/test/{test_id}/logs",
    summary="Read the log of a test",
    operation_id="get_step_test_log",
    responses={**_NOT_FOUND, 400: {"description": "The token is not one that this API has given."}},
)
def get_step_test_log(
    *,
    workflow_id: WorkflowIdPath,
    node_id: NodeIdPath,
    test_id: TestIdPath,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
    token: Annotated[
        str | None, Query(max_length=4000, description="next_token of the previous answer, to follow a log.")
    ] = None,
) -> LogResponse:
    """Return the log of a test, or, with a token, only what is new in it."""
    read_test(test_id, workflow_id=workflow_id, node_id=node_id, session=session)
    run = ExecutionId(STEP_TEST_DAG_ID, test_id)
    return read_log(run, TASK_ID, try_number=None, token=token, session=session)


@router.delete(
    "/workflows/{workflow_id}/steps/{node_id}/test/{test_id}",
    summary="Stop a test",
    operation_id="cancel_step_test",
    responses=_NOT_FOUND,
)
def cancel_step_test(
    *,
    workflow_id: WorkflowIdPath,
    node_id: NodeIdPath,
    test_id: TestIdPath,
    request: Request,
    user: Editor,
    session: SessionDep,
    accept_language: LanguageHeader = "",
) -> StepTestResponse:
    """Stop a test that has not ended; one that has stays as it is."""
    authorize(user=user, action="run", workflow_id=workflow_id)
    cancel_test(test_id, workflow_id=workflow_id, node_id=node_id, session=session)
    session.flush()
    result = read_test(test_id, workflow_id=workflow_id, node_id=node_id, session=session)
    return show_test(
        result,
        base_url=airflow_base_url(request),
        language=choose_language(accept_language),
        session=session,
    )
