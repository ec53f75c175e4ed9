"""What the front door has received."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from flowforge_provider.api.datamodels.webhooks import DeliveryCollectionResponse, DeliveryResponse
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.paging import PageDep
from flowforge_provider.api.security import Reader, authorize
from flowforge_provider.api.services import deliveries as service
from flowforge_provider.api.services.workflows import readable_ids
from flowforge_provider.store import deliveries as store

router = APIRouter(tags=["webhooks"], route_class=JsonRoute)


@router.get("/deliveries", summary="List deliveries", operation_id="list_deliveries")
def list_deliveries(
    *,
    user: Reader,
    session: SessionDep,
    page: PageDep,
    workflow_id: Annotated[
        str | None, Query(max_length=200, description="Only this workflow's; also as workflowId.")
    ] = None,
    workflow_id_alias: Annotated[
        str | None, Query(alias="workflowId", max_length=200, include_in_schema=False)
    ] = None,
    state: Annotated[store.DeliveryState | None, Query(description="Only deliveries in this state.")] = None,
) -> DeliveryCollectionResponse:
    """Return one page of the deliveries that the user may see, newest first, without their bodies."""
    rows, total = store.list_deliveries(
        workflow_id=workflow_id or workflow_id_alias,
        workflow_ids=readable_ids(user=user, session=session),
        state=state,
        limit=page.limit,
        offset=page.offset,
        session=session,
    )
    return DeliveryCollectionResponse(
        deliveries=[service.summarize(row) for row in rows], total_entries=total
    )


@router.get(
    "/deliveries/{delivery_id}",
    summary="Read a delivery",
    operation_id="get_delivery",
    responses={404: {"description": "There is no such delivery."}},
)
def get_delivery(
    delivery_id: Annotated[str, Path(min_length=1, max_length=100, description="Id of the delivery.")],
    user: Reader,
    session: SessionDep,
) -> DeliveryResponse:
    """Return a delivery as it was received; values that look like secrets are masked."""
    row = store.get_delivery(delivery_id, session)
    authorize(user=user, action="read", workflow_id=row.workflow_id)
    return service.detail(row)
