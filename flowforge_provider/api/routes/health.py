"""Whether FlowForge works on this api-server; for load balancers and monitoring."""

from typing import Literal

from fastapi import APIRouter, Response

from flowforge_provider import __version__
from flowforge_provider.api.datamodels.session import HealthResponse
from flowforge_provider.api.security import PUBLIC
from flowforge_provider.api.services.health import check_installation

router = APIRouter(tags=["session"])

_OUTCOMES: dict[bool | None, Literal["ok", "missing", "unknown"]] = {
    True: "ok",
    False: "missing",
    None: "unknown",
}


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
    database, migrations, bundle = (
        report.is_ok(code) for code in ("database-unavailable", "not-migrated", "bundle-not-configured")
    )
    healthy = bool(database and migrations and bundle)
    if not healthy:
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    return HealthResponse(
        status="healthy" if healthy else "unhealthy",
        database="ok" if database else "error",
        migrations=_OUTCOMES[migrations],
        bundle=_OUTCOMES[bundle],
        version=__version__,
    )
