"""What the executions of a workflow have come to, day by day."""

from datetime import date, datetime, timezone
from typing import Annotated

from fastapi import APIRouter, Query

from flowforge_provider.api.datamodels.statistics import StatisticsResponse
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.path_params import WorkflowIdPath
from flowforge_provider.api.security import Reader
from flowforge_provider.api.services.statistics import describe_statistics
from flowforge_provider.runs.statistics import choose_days

router = APIRouter(tags=["executions"], route_class=JsonRoute)

# Days outside of these are beyond what time zones and databases can tell.
_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)


@router.get(
    "/workflows/{workflow_id}/statistics",
    summary="Read a workflow's statistics",
    operation_id="get_statistics",
    responses={
        404: {"description": "There is no such workflow."},
        422: {"description": "There is no such time zone, or these are no days or too many."},
    },
)
def get_statistics(
    *,
    workflow_id: WorkflowIdPath,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
    first: Annotated[
        date | None,
        Query(
            alias="from",
            ge=_EARLIEST,
            le=_LATEST,
            description="The earliest day; 29 days before the latest one.",
            examples=["2026-01-05"],
        ),
    ] = None,
    last: Annotated[
        date | None,
        Query(
            alias="to",
            ge=_EARLIEST,
            le=_LATEST,
            description="The latest day, which counts, too; today.",
            examples=["2026-01-05"],
        ),
    ] = None,
    tz: Annotated[
        str,
        Query(
            max_length=100, description="Where the days begin: an IANA time zone.", examples=["Europe/Moscow"]
        ),
    ] = "UTC",
) -> StatisticsResponse:
    """
    Return how many executions of each state there were on each day, how long they took, and which steps
    take long or fail.

    An execution belongs to the day that it was made on. What was counted is kept for some seconds.
    """
    days = choose_days(first=first, last=last, timezone_name=tz, now=datetime.now(tz=timezone.utc))
    return describe_statistics(workflow_id, days, session)
