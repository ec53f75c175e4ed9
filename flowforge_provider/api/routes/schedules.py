"""Switch the schedules of workflows on and off."""

from fastapi import APIRouter

from flowforge_provider.api.datamodels.workflows import ScheduleResponse
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.openapi import Responses
from flowforge_provider.api.path_params import WorkflowIdPath
from flowforge_provider.api.security import Publisher, user_name
from flowforge_provider.api.services.schedules import switch

router = APIRouter(tags=["workflows"], route_class=JsonRoute)

_SWITCHES: Responses = {
    404: {"description": "There is no such workflow."},
    409: {"description": "It is not published, or its published revision has no schedule."},
}


@router.post(
    "/cron/activate/{workflow_id}",
    summary="Switch a schedule on",
    operation_id="activate_schedule",
    responses=_SWITCHES,
)
def activate(workflow_id: WorkflowIdPath, user: Publisher, session: SessionDep) -> ScheduleResponse:
    """
    Let the schedules of a published workflow fire from now on.

    What passed while they were off is not made up for. The same revision is published again. On what is
    on already, nothing happens.
    """
    return switch(workflow_id, is_active=True, user=user_name(user), session=session)


@router.post(
    "/cron/deactivate/{workflow_id}",
    summary="Switch a schedule off",
    operation_id="deactivate_schedule",
    responses=_SWITCHES,
)
def deactivate(workflow_id: WorkflowIdPath, user: Publisher, session: SessionDep) -> ScheduleResponse:
    """
    Keep the schedules of a published workflow from firing; its webhooks and starts by hand go on.

    It stays so over restarts and later publications. On what is off already, nothing happens.
    """
    return switch(workflow_id, is_active=False, user=user_name(user), session=session)
