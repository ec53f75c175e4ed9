"""Deliveries as the API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.api.datamodels.webhooks import DeliveryResponse, DeliverySummary
from flowforge_provider.runs.ids import ExecutionId
from flowforge_provider.runs.masking import mask

if TYPE_CHECKING:
    from flowforge_provider.store.tables import DeliveryRow

__all__ = ["detail", "summarize"]


def summarize(row: DeliveryRow) -> DeliverySummary:
    """Return a line of the list of deliveries."""
    return DeliverySummary(**_fields(row))


def detail(row: DeliveryRow) -> DeliveryResponse:
    """Return a delivery as it was received, without secrets."""
    return DeliveryResponse(
        **_fields(row), headers=mask(row.headers), query=mask(row.query), body=mask(row.body)
    )


def _fields(row: DeliveryRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "workflow_id": row.workflow_id,
        "node_id": row.node_id,
        "kind": row.kind,
        "state": row.state,
        "method": row.method,
        "received_at": row.received_at,
        "dispatched_at": row.dispatched_at,
        "execution_id": str(ExecutionId(row.workflow_id, row.run_id)) if row.run_id else None,
        "idempotency_key": row.dedup_key,
        "attempts": row.attempts,
        "error": row.error,
    }
