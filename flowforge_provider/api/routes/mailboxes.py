"""Mailboxes that workflows watch."""

from datetime import datetime, timezone

from fastapi import APIRouter

from flowforge_provider.api.datamodels.mailboxes import (
    MailboxCollectionResponse,
    MailboxResponse,
    MailboxState,
)
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.path_params import WorkflowIdPath
from flowforge_provider.api.security import Reader
from flowforge_provider.store.mailboxes import list_mailboxes as read_mailboxes
from flowforge_provider.store.tables import MailboxRow
from flowforge_provider.store.workflows import get_workflow

router = APIRouter(tags=["workflows"], route_class=JsonRoute)


@router.get(
    "/workflows/{workflow_id}/mailboxes",
    summary="List the mailboxes of a workflow",
    operation_id="list_mailboxes",
    responses={404: {"description": "There is no such workflow."}},
)
def list_mailboxes(
    workflow_id: WorkflowIdPath,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
) -> MailboxCollectionResponse:
    """Return the mailboxes that the live publication watches, and how they fare."""
    get_workflow(workflow_id, session)
    now = datetime.now(tz=timezone.utc)
    rows = read_mailboxes(workflow_id=workflow_id, session=session)
    return MailboxCollectionResponse(
        mailboxes=[
            MailboxResponse(
                node_id=row.node_id,
                connection_id=row.connection_id,
                folder=row.folder,
                state=_state(row, now),
                error=row.error,
                pushes=row.pushes,
                since=row.since,
                checked_at=row.checked_at,
            )
            for row in rows
        ],
        total_entries=len(rows),
    )


def _state(row: MailboxRow, now: datetime) -> MailboxState:
    if row.owned_until is None or row.owned_until < now:
        return "waiting"
    if row.error is not None:
        return "failed"
    return "starting" if row.checked_at is None else "watching"
