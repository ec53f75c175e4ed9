"""Whether FlowForge works on this api-server; for load balancers and monitoring."""

from fastapi import APIRouter, Response

from flowforge_provider import __version__
from flowforge_provider.api.datamodels.session import HealthResponse
from flowforge_provider.api.security import PUBLIC
from flowforge_provider.api.services.health import check_installation

router = APIRouter(tags=["session"])


@router.get(
    "/health",
    summary="Read whether FlowForge works",
    operation_id="get_health",
    dependencies=[PUBLIC],
    responses={503: {"model": HealthResponse, "description": "Something is wrong; the fields say what."}},
)
def get_health(response: Response) -> HealthResponse:
    """Check the database, the tables and the bundle's configuration. Needs no user and shows no details."""
    report = check_installation()
    if not report.healthy:
        response.status_code = 503
    return HealthResponse(
        status="healthy" if report.healthy else "unhealthy",
        database=report.database,
        migrations=report.migrations,
        bundle=report.bundle,
        version=__version__,
    )
