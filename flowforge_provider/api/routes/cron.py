"""Show when a schedule fires."""

from fastapi import APIRouter

from flowforge_provider.api.datamodels.expressions import CronPreviewBody, CronPreviewResponse
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.security import Reader
from flowforge_provider.api.services.schedules import preview_schedule

router = APIRouter(tags=["expressions"], route_class=JsonRoute)


@router.post("/cron/preview", summary="Show when a schedule fires", operation_id="preview_cron")
def preview(body: CronPreviewBody, user: Reader) -> CronPreviewResponse:  # noqa: ARG001
    """
    Return the next moments in the schedule's own time zone, and what its expressions say.

    A faulty schedule is answered with 200 and `ok: false`, because it is what the request asks about.
    """
    return preview_schedule(body)
