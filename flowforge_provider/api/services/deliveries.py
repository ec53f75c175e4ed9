"""Deliveries as the API shows them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from flowforge_provider.api.datamodels.deliveries import (
    DeliveryFile,
    DeliveryLink,
    DeliveryResponse,
    DeliverySummary,
    RedeliveredItem,
    RedeliverResponse,
    RefusedItem,
)
from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.security import authorize, is_allowed
from flowforge_provider.api.services.urls import api_path
from flowforge_provider.exceptions import ConflictError, NotFoundError
from flowforge_provider.inbox.redelivery import redeliver
from flowforge_provider.runs.ids import ExecutionId, webhook_run_id
from flowforge_provider.runs.masking import mask
from flowforge_provider.store import deliveries as store
from flowforge_provider.store.tables import DeliveryRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from sqlalchemy.orm import Session
    from starlette.requests import Request

    from flowforge_provider.api.security import Action
    from flowforge_provider.store.tables import FileRow

__all__ = ["MAX_BODY_CHARS", "check_right", "detail", "redeliver_ids", "redeliver_many", "summarize"]

#: Larger bodies are shown as the beginning of their text: people read them in a browser.
MAX_BODY_CHARS = 131_072


def summarize(row: DeliveryRow) -> DeliverySummary:
    """Return a line of the list of deliveries."""
    return DeliverySummary(**_fields(row))


def detail(row: DeliveryRow, *, request: Request, session: Session) -> DeliveryResponse:
    """Return a delivery as it was received, without secrets."""
    body, truncated = _shown(mask(row.body))
    headers, _ = _shown(mask(row.headers))
    query, _ = _shown(mask(row.query))
    chain = store.find_chain(row, session)
    return DeliveryResponse(
        **_fields(row),
        headers=headers if isinstance(headers, dict) else {},
        query=query if isinstance(query, dict) else {},
        body=body,
        truncated=truncated,
        files=[_file(file, request=request) for file in store.list_files(row.id, session)],
        chain=[DeliveryLink(id=delivery_id, received_at=moment) for delivery_id, moment in chain],
    )


def redeliver_ids(ids: Sequence[str], *, user: BaseUser, session: Session) -> RedeliverResponse:
    """Send the deliveries of these ids again; one that is not there is refused like the others."""
    rows = {row.id: row for row in session.scalars(select(DeliveryRow).where(DeliveryRow.id.in_(ids)))}
    wanted = list(dict.fromkeys(ids))
    answer = redeliver_many((rows[one] for one in wanted if one in rows), user=user, session=session)
    answer.refused.extend(
        RefusedItem(id=one, code="delivery-not-found", message="There is no such delivery.")
        for one in wanted
        if one not in rows
    )
    return answer


def redeliver_many(rows: Iterable[DeliveryRow], *, user: BaseUser, session: Session) -> RedeliverResponse:
    """
    Send deliveries again, each for itself: what one of them is refused for does not hold up the others.

    :param user: needs the right to run each one's workflow
    """
    redelivered: list[RedeliveredItem] = []
    refused: list[RefusedItem] = []
    reasons: dict[str, str | None] = {}
    for row in rows:
        workflow_id = row.workflow_id
        if workflow_id not in reasons:
            reasons[workflow_id] = _why_not(user=user, workflow_id=workflow_id)
        reason = reasons[workflow_id]
        if reason is not None:
            refused.append(RefusedItem(id=row.id, code="forbidden", message=reason))
            continue
        try:
            new_id = redeliver(row, session)
        except (ConflictError, NotFoundError) as exc:
            refused.append(RefusedItem(id=row.id, code=exc.error_code, message=exc.message))
            continue
        execution_id = str(ExecutionId(workflow_id, webhook_run_id(new_id)))
        redelivered.append(RedeliveredItem(id=row.id, delivery_id=new_id, execution_id=execution_id))
    return RedeliverResponse(redelivered=redelivered, refused=refused, next_cursor=None)


def check_right(row: DeliveryRow, *, action: Action, user: BaseUser) -> None:
    """
    Refuse what a user may not do to a delivery, without naming a workflow that the user may not see.

    :raises ApiError: 403 ``forbidden``
    """
    if is_allowed(user=user, action=action, workflow_id=row.workflow_id):
        return
    if action != "read" and is_allowed(user=user, action="read", workflow_id=row.workflow_id):
        authorize(user=user, action=action, workflow_id=row.workflow_id)
    raise ApiError(
        403,
        "forbidden",
        f"You may not {action} the workflow of this delivery. Ask an Airflow administrator for the "
        "permission.",
    )


def _why_not(*, user: BaseUser, workflow_id: str) -> str | None:
    """Return why a user may not run a workflow, which is named to those alone who may see it."""
    if is_allowed(user=user, action="run", workflow_id=workflow_id):
        return None
    if is_allowed(user=user, action="read", workflow_id=workflow_id):
        return f'You may not run workflow "{workflow_id}".'
    return "You may not run the workflow of this delivery."


def _shown(value: Any) -> tuple[Any, bool]:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= MAX_BODY_CHARS:
        return value, False
    return text[:MAX_BODY_CHARS], True


def _file(file: FileRow, *, request: Request) -> DeliveryFile:
    return DeliveryFile(
        file_id=file.id,
        filename=file.filename,
        content_type=file.content_type,
        size=file.size,
        url=api_path(request, f"/files/{file.id}"),
    )


def _fields(row: DeliveryRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "workflow_id": row.workflow_id,
        "node_id": row.node_id,
        "kind": row.kind,
        "state": row.state,
        "reason": row.reason,
        "method": row.method,
        "path": row.path,
        "client": row.client,
        "size": row.size,
        "received_at": row.received_at,
        "dispatched_at": row.dispatched_at,
        "execution_id": str(ExecutionId(row.workflow_id, row.run_id)) if row.run_id else None,
        "group_id": row.group_id,
        "redelivery_of": row.redelivery_of,
        "idempotency_key": row.dedup_key,
        "attempts": row.attempts,
        "error": row.error,
    }
