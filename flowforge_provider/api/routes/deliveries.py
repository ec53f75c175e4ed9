"""What the front door has received: list, read, send again, remove."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import APIRouter, Depends, Path, Query, Request
from sqlalchemy.orm import Session

from flowforge_provider.api.datamodels.deliveries import (
    DeliveryCollectionResponse,
    DeliveryCurlResponse,
    DeliveryResponse,
    RedeliverBody,
    RedeliverResponse,
)
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.openapi import Responses
from flowforge_provider.api.paging import DEFAULT_LIMIT
from flowforge_provider.api.query_params import CursorQuery, LimitQuery, WorkflowIdAlias, as_utc
from flowforge_provider.api.security import DeleterOfSome, Reader, RunnerOfSome
from flowforge_provider.api.services import deliveries as service
from flowforge_provider.api.services.delivery_curl import curl_command
from flowforge_provider.api.services.urls import webhook_base_url
from flowforge_provider.api.services.workflows import readable_ids
from flowforge_provider.inbox.redelivery import redeliver
from flowforge_provider.store import deliveries as store
from flowforge_provider.store.transactions import run_in_transaction

router = APIRouter(tags=["webhooks"], route_class=JsonRoute)

DeliveryIdPath = Annotated[str, Path(min_length=1, max_length=100, description="Id of the delivery.")]
_NOT_FOUND: Responses = {404: {"description": "There is no such delivery."}}


def _filter(
    *,
    workflow_id: Annotated[
        str | None, Query(max_length=200, description="Only this workflow's; also as workflowId.")
    ] = None,
    workflow_id_alias: WorkflowIdAlias = None,
    node_id: Annotated[str | None, Query(max_length=63, description="Only of this trigger node.")] = None,
    kind: Annotated[
        str | None, Query(max_length=20, description="Only of this kind of trigger: webhook, email, form.")
    ] = None,
    state: Annotated[
        list[store.DeliveryState], Query(description="Only in this state; may be repeated.")
    ] = [],  # noqa: B006 - FastAPI copies it
    reason: Annotated[
        str | None, Query(max_length=50, description="Only those skipped for this reason.")
    ] = None,
    received_from: Annotated[
        datetime | None, Query(alias="from", description="Received at this moment or later.")
    ] = None,
    received_to: Annotated[
        datetime | None, Query(alias="to", description="Received before this moment.")
    ] = None,
    search: Annotated[
        str | None,
        Query(
            max_length=300,
            description="The beginning of a delivery's id, or an execution id, group id or idempotency key.",
        ),
    ] = None,
) -> store.DeliveryFilter:
    return store.DeliveryFilter(
        workflow_id=workflow_id or workflow_id_alias,
        node_id=node_id,
        kind=kind,
        states=state,
        reason=reason,
        received_from=received_from,
        received_to=received_to,
        search=search,
    )


@router.get(
    "/deliveries",
    summary="List deliveries",
    operation_id="list_deliveries",
)
def list_deliveries(
    *,
    user: Reader,
    session: SessionDep,
    wanted: Annotated[store.DeliveryFilter, Depends(_filter)],
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> DeliveryCollectionResponse:
    """
    Return one page of the deliveries that the user may see, newest first, without their bodies.

    Pages are read from where the last one ended, so that the last of a million costs as much as the first.
    """
    wanted = _readable(wanted, user=user, session=session)
    page = store.list_deliveries(wanted, limit=limit, cursor=cursor, session=session)
    if cursor is None and page.next_cursor is None:
        total = len(page.rows)
    else:
        total = store.count_deliveries(wanted, session=session)
    return DeliveryCollectionResponse(
        deliveries=[service.summarize(row) for row in page.rows],
        total_entries=min(total, store.COUNT_LIMIT),
        total_is_exact=total <= store.COUNT_LIMIT,
        next_cursor=page.next_cursor,
    )


@router.post(
    "/deliveries/redeliver",
    summary="Send several deliveries again",
    operation_id="redeliver_deliveries",
)
def redeliver_deliveries(body: RedeliverBody, user: RunnerOfSome) -> RedeliverResponse:
    """
    Make a new execution of each of several deliveries, at most 200 at a time.

    Each one counts for itself: what cannot be sent again is named in `refused`, with the reason. With a
    filter, send `next_cursor` back until it is null; deliveries that came in meanwhile are not among them.
    """

    def work(session: Session) -> RedeliverResponse:
        if body.ids is not None:
            return service.redeliver_ids(body.ids, user=user, session=session)
        assert body.filter is not None  # noqa: S101 - the model has seen to it
        wanted = _readable(store.DeliveryFilter(**body.filter.model_dump()), user=user, session=session)
        page = store.list_deliveries(wanted, limit=body.limit, cursor=body.cursor, session=session)
        answer = service.redeliver_many(page.rows, user=user, session=session)
        answer.next_cursor = page.next_cursor
        return answer

    return run_in_transaction(work)


@router.get(
    "/deliveries/{delivery_id}",
    summary="Read a delivery",
    operation_id="get_delivery",
    responses=_NOT_FOUND,
)
def get_delivery(
    delivery_id: DeliveryIdPath, request: Request, user: Reader, session: SessionDep
) -> DeliveryResponse:
    """
    Return a delivery as it was received; values that look like secrets are masked.

    A body that is larger than 128 KiB as JSON is cut off, and `truncated` says so.
    """
    row = store.get_delivery(delivery_id, session)
    service.check_right(row, action="read", user=user)
    return service.detail(row, request=request, session=session)


@router.get(
    "/deliveries/{delivery_id}/curl",
    summary="Read a delivery as a curl command",
    operation_id="get_delivery_curl",
    responses={**_NOT_FOUND, 409: {"description": "It did not come in by HTTP."}},
)
def get_delivery_curl(
    delivery_id: DeliveryIdPath, request: Request, user: Reader, session: SessionDep
) -> DeliveryCurlResponse:
    """Return a command that sends the same once more. Secrets are placeholders; `notes` tell what to mend."""
    row = store.get_delivery(delivery_id, session)
    service.check_right(row, action="read", user=user)
    command, notes = curl_command(
        row, base_url=webhook_base_url(request), files=store.list_files(row.id, session)
    )
    return DeliveryCurlResponse(command=command, notes=notes)


@router.post(
    "/deliveries/{delivery_id}/redeliver",
    status_code=202,
    summary="Send a delivery again",
    operation_id="redeliver_delivery",
    responses={
        **_NOT_FOUND,
        409: {"description": "It waits for its first run, or the live publication has no such trigger."},
    },
)
def redeliver_delivery(
    delivery_id: DeliveryIdPath, request: Request, user: RunnerOfSome, session: SessionDep
) -> DeliveryResponse:
    """
    Make a new delivery of the same method, headers, body and files, which becomes a new execution of the live
    publication. It is neither compared with earlier ones nor filtered, spread or gathered.
    """

    def work(session: Session) -> str:
        row = store.get_delivery(delivery_id, session)
        service.check_right(row, action="run", user=user)
        return redeliver(row, session)

    new_id = run_in_transaction(work)
    return service.detail(store.get_delivery(new_id, session), request=request, session=session)


@router.delete(
    "/deliveries/{delivery_id}",
    status_code=204,
    summary="Remove a delivery",
    operation_id="delete_delivery",
    responses={**_NOT_FOUND, 409: {"description": "It waits for its run."}},
)
def delete_delivery(delivery_id: DeliveryIdPath, user: DeleterOfSome) -> None:
    """Remove a delivery with its files. Its execution stays. What waits for its run cannot be removed."""

    def work(session: Session) -> None:
        row = store.get_delivery(delivery_id, session)
        service.check_right(row, action="delete", user=user)
        store.delete_delivery(row, session)

    run_in_transaction(work)


def _readable(wanted: store.DeliveryFilter, *, user: BaseUser, session: Session) -> store.DeliveryFilter:
    """Narrow a filter to what the user may see; a moment without a zone is UTC."""
    return replace(
        wanted,
        workflow_ids=readable_ids(user=user, session=session),
        received_from=as_utc(wanted.received_from),
        received_to=as_utc(wanted.received_to),
    )
