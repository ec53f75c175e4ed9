"""The form that starts a workflow by hand."""

from typing import Annotated

from fastapi import APIRouter, Query

from flowforge_provider.api.datamodels.payload_form import PayloadFormResponse
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.path_params import WorkflowIdPath
from flowforge_provider.api.security import Reader
from flowforge_provider.api.services.payloads import read_payload_form

router = APIRouter(tags=["executions"], route_class=JsonRoute)


@router.get(
    "/workflows/{workflow_id}/payload-form",
    summary="Read what a start by hand asks for",
    operation_id="get_payload_form",
    responses={
        404: {"description": "There is no such workflow, or it has no such trigger."},
        409: {"description": "It is not published."},
    },
)
def get_payload_form(
    workflow_id: WorkflowIdPath,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
    trigger: Annotated[
        str | None, Query(max_length=63, description="The trigger node; the one for starts by hand.")
    ] = None,
) -> PayloadFormResponse:
    """
    Return the form of the live publication's trigger, made from its list of fields or its JSON Schema.

    `POST /executions` checks the payload by the same schema.
    """
    return read_payload_form(workflow_id, trigger=trigger, session=session)
