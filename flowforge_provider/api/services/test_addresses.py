"""The test address of a webhook as the API shows it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from flowforge_provider.api.datamodels.test_addresses import (
    CaptureOutcome,
    TestListenerResponse,
    TestRefusal,
)
from flowforge_provider.api.services import deliveries
from flowforge_provider.api.services.urls import webhook_base_url
from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.store.listeners import find_listener
from flowforge_provider.store.tables import DeliveryRow
from flowforge_provider.store.workflows import get_workflow

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy.orm import Session
    from starlette.requests import Request

__all__ = ["check_webhook", "describe"]


def check_webhook(workflow_id: str, node_id: str, *, session: Session) -> None:
    """
    Make sure that a workflow's draft has a webhook node of this id.

    :raises NotFoundError: there is no such workflow, or no such node; code ``webhook-node-not-found``
    """
    draft = get_workflow(workflow_id, session).draft
    if _find_node(draft, node_id).get("type") != "webhook":
        raise NotFoundError(
            f'The draft of workflow "{workflow_id}" has no webhook "{node_id}". Save it first.',
            code="webhook-node-not-found",
        )


def describe(workflow_id: str, node_id: str, *, request: Request, session: Session) -> TestListenerResponse:
    """Return the addresses of a webhook of the draft, and what was caught at the test address."""
    row = find_listener(workflow_id=workflow_id, node_id=node_id, session=session)
    parameters = _find_node(get_workflow(workflow_id, session).draft, node_id).get("parameters")
    path = parameters.get("path") if isinstance(parameters, dict) else None
    place = "/".join(part for part in (workflow_id, path) if isinstance(part, str) and part)
    base = webhook_base_url(request)
    caught = session.get(DeliveryRow, row.delivery_id) if row is not None and row.delivery_id else None
    return TestListenerResponse(
        workflow_id=workflow_id,
        node_id=node_id,
        url=f"{base}/{place}",
        test_url=f"{base}-test/{place}",
        listening=row is not None and row.delivery_id is None and row.until > datetime.now(tz=timezone.utc),
        until=row.until if row is not None else None,
        delivery=deliveries.detail(caught, request=request, session=session) if caught is not None else None,
        outcome=CaptureOutcome.model_validate(row.outcome) if row is not None and row.outcome else None,
        refusals=[TestRefusal.model_validate(each) for each in row.refusals] if row is not None else [],
    )


def _find_node(draft: dict[str, Any], node_id: str) -> dict[str, Any]:
    nodes = draft.get("nodes")
    found = (node for node in nodes or () if isinstance(node, dict) and node.get("id") == node_id)
    return next(found, {})
