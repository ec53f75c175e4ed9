"""Send a delivery again: what was received once becomes one more execution, of the live publication."""

from __future__ import annotations

import secrets
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from flowforge_provider.exceptions import ConflictError, NotFoundError
from flowforge_provider.inbox.delivery import from_row
from flowforge_provider.inbox.doors import Door
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.hiding import hide_delivery, open_delivery
from flowforge_provider.runs.ids import new_delivery_id, webhook_run_id
from flowforge_provider.runs.published import read_published
from flowforge_provider.store.deliveries import SETTLED_STATES
from flowforge_provider.store.tables import DeliveryRow, FileRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from flowforge_provider.runs.published import PublishedTrigger, PublishedWorkflow

__all__ = ["redeliver"]


def redeliver(row: DeliveryRow, session: Session) -> str:
    """
    Write a new delivery of the same method, address, headers, body and files, which any dispatcher takes up.

    It is not compared with earlier ones, nor filtered, spread or gathered: somebody asked for this one run.
    What limits how many runs of a key there are at once still counts.

    :return: id of the new delivery
    :raises ConflictError: it waits for its first run, or the live publication has no such trigger; codes
        ``delivery-waits``, ``workflow-not-published``, ``delivery-trigger-gone``, ``decision-failed``
    """
    if row.state not in SETTLED_STATES:
        raise ConflictError(
            f'Delivery "{row.id}" has not become a run yet, and will by itself.', code="delivery-waits"
        )
    published, trigger = _find_trigger(row, session)
    received = open_delivery(from_row(row))
    new_id = new_delivery_id()
    file_ids = _copy_files(row.id, new_id, session)
    repeated = DeliveryRow(
        id=new_id,
        workflow_id=row.workflow_id,
        node_id=row.node_id,
        kind=row.kind,
        state="pending",
        method=row.method,
        path=row.path,
        client=row.client,
        size=row.size,
        headers=dict(received.headers),
        query=dict(received.query),
        body=_with_files(received.body, file_ids),
        raw=row.raw,
        received_at=datetime.now(tz=timezone.utc),
        run_id=webhook_run_id(new_id),
        redelivery_of=row.id,
    )
    if trigger.type == "webhook":
        _limit(repeated, Door.of(published, trigger))
    hidden = hide_delivery(from_row(repeated), published.redact)
    if hidden.body != repeated.body:
        repeated.raw = None
    repeated.headers, repeated.query, repeated.body = dict(hidden.headers), dict(hidden.query), hidden.body
    session.add(repeated)
    session.flush()
    return new_id


def _find_trigger(row: DeliveryRow, session: Session) -> tuple[PublishedWorkflow, PublishedTrigger]:
    gone = (
        f'Delivery "{row.id}" came in by the trigger "{row.node_id}" ({row.kind}) of workflow '
        f'"{row.workflow_id}", which is not there any more'
    )
    try:
        published = read_published(row.workflow_id, session)
    except NotFoundError:
        raise ConflictError(f"{gone}: the workflow was deleted.", code="delivery-trigger-gone") from None
    for trigger in published.triggers:
        if trigger.node_id == row.node_id and trigger.type == row.kind:
            return published, trigger
    raise ConflictError(
        f"{gone}: revision {published.revision}, which is live, has no such trigger.",
        code="delivery-trigger-gone",
    )


def _limit(row: DeliveryRow, door: Door) -> None:
    """Give a delivery the shape and the turn that its trigger has for single ones."""
    if door.parameters.grouping == "batch":
        # A workflow that takes lists gets a list of one.
        row.grouping, row.group_id = "batch", row.id
    try:
        row.concurrency_key = door.decider.concurrency_key(from_row(row))
    except RefusedError as exc:
        raise ConflictError(exc.message, code=exc.error_code) from exc
    if row.concurrency_key is not None:
        row.state, row.reason = "held", "concurrency"


def _copy_files(delivery_id: str, new_delivery: str, session: Session) -> dict[str, str]:
    """Return old id -> new id. Copies, because files are removed with their delivery."""
    now = datetime.now(tz=timezone.utc)
    new_ids = {}
    for file in session.scalars(select(FileRow).where(FileRow.delivery_id == delivery_id)):
        # Random, as all ids of files: whoever knows one can have the file read by a step.
        new_ids[file.id] = secrets.token_hex(16)
        session.add(
            FileRow(
                id=new_ids[file.id],
                workflow_id=file.workflow_id,
                delivery_id=new_delivery,
                filename=file.filename,
                content_type=file.content_type,
                size=file.size,
                content=file.content,
                created_at=now,
            )
        )
    return new_ids


def _with_files(body: Any, new_ids: Mapping[str, str]) -> Any:
    if not new_ids:
        return body
    if isinstance(body, list):
        return [_with_files(item, new_ids) for item in body]
    if isinstance(body, dict):
        return {
            key: new_ids.get(value, value)
            if key == "file_id" and isinstance(value, str)
            else _with_files(value, new_ids)
            for key, value in body.items()
        }
    return body
