"""Show when a schedule fires."""

from datetime import datetime, timezone

from fastapi import APIRouter

from flowforge_provider.api.datamodels.expressions import (
    CronPreviewBody,
    CronPreviewResponse,
    ExpressionFault,
)
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.security import Reader
from flowforge_provider.graph.issues import Issue
from flowforge_provider.nodes.schedule import check_cron, check_timezone, next_runs

router = APIRouter(tags=["expressions"], route_class=JsonRoute)


@router.post("/cron/preview", summary="Show when a schedule fires", operation_id="preview_cron")
def preview(body: CronPreviewBody, user: Reader) -> CronPreviewResponse:  # noqa: ARG001
    """
    Return the next moments, in the schedule's own time zone.

    A faulty schedule is answered with 200 and `ok: false`, because it is what the request asks about.
    """
    issues = []
    if message := check_cron(body.expression):
        issues.append(Issue(code="bad-cron", message=message, field="expression"))
    if message := check_timezone(body.timezone):
        issues.append(Issue(code="bad-timezone", message=message, field="timezone"))
    if issues:
        fault = ExpressionFault(code=issues[0].code, message=issues[0].message)
        return CronPreviewResponse(ok=False, next_runs=[], error=fault, issues=issues)
    after = body.after or datetime.now(tz=timezone.utc)
    if after.tzinfo is None:
        after = after.replace(tzinfo=timezone.utc)
    moments = next_runs(body.expression, timezone_name=body.timezone, count=body.count, after=after)
    return CronPreviewResponse(ok=True, next_runs=moments)
