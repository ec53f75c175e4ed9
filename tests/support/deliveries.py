"""Rows of deliveries, for tests of what is done with them later."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from flowforge_provider.runs.ids import new_delivery_id

if TYPE_CHECKING:
    from flowforge_provider.store.tables import DeliveryRow

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=timezone.utc)


def add_delivery(*, minutes: float = 0, **fields: Any) -> str:
    """
    Write a delivery that has become a run, and return its id.

    :param minutes: after noon of a certain day
    """
    from airflow.utils.session import create_session

    row = make_row(minutes=minutes, **fields)
    with create_session() as session:
        session.add(row)
    return row.id


def make_row(*, minutes: float = 0, **fields: Any) -> DeliveryRow:
    """Return such a row without writing it."""
    from flowforge_provider.store.tables import DeliveryRow

    values: dict[str, Any] = {
        "id": new_delivery_id(),
        "workflow_id": "orders",
        "node_id": "hook",
        "kind": "webhook",
        "state": "dispatched",
        "method": "POST",
        "path": "",
        "size": 9,
        "headers": {"content-type": "application/json"},
        "query": {},
        "body": {"id": 7},
        "received_at": NOON + timedelta(minutes=minutes),
    }
    values |= fields
    values.setdefault("run_id", f"webhook__{values['id']}")
    return DeliveryRow(**values)


def add_file(delivery_id: str, *, filename: str = "a.txt", content: bytes = b"hello", **fields: Any) -> str:
    """Write a file of a delivery, and return its id."""
    from airflow.utils.session import create_session

    from flowforge_provider.store.tables import FileRow

    values: dict[str, Any] = {
        "id": new_delivery_id(),
        "workflow_id": "orders",
        "delivery_id": delivery_id,
        "filename": filename,
        "content_type": "text/plain",
        "size": len(content),
        "content": content,
        "created_at": NOON,
    }
    values |= fields
    with create_session() as session:
        session.add(FileRow(**values))
    found: str = values["id"]
    return found
