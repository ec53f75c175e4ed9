"""A received delivery as plain data, and what its run sees of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowforge_provider.runs.ids import ExecutionId, webhook_run_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from flowforge_provider.inbox.files import KeptFile
    from flowforge_provider.store.tables import DeliveryRow

__all__ = ["Accepted", "Delivery", "from_row"]


@dataclass(frozen=True)
class Delivery:
    """
    One verified delivery.

    :param kind: node type of the trigger
    :param path: what follows the workflow's id in the address
    :param headers: lower-case name -> value, without secrets
    :param query: name -> value, or list of values where the name is repeated
    :param body: any JSON
    :param client: address of the sender
    :param size: bytes of the body as it came in
    :param files: to be stored with it; empty when it was read from the database
    :param dedup_key: a second delivery of this key to the same workflow is the first one again
    """

    id: str
    workflow_id: str
    node_id: str
    kind: str
    method: str
    headers: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    received_at: datetime
    dedup_key: str | None = None
    path: str = ""
    client: str | None = None
    size: int = 0
    files: Sequence[KeptFile] = ()

    @property
    def run_id(self) -> str:
        """The one run that this delivery becomes."""
        return webhook_run_id(self.id)

    def trigger(self) -> dict[str, Any]:
        """Return ``trigger`` as expressions see it."""
        return {
            "type": self.kind,
            "id": self.node_id,
            "node": self.node_id,
            "received_at": self.received_at.isoformat(),
            "scheduled_at": None,
            "delivery_id": self.id,
            "method": self.method,
            "path": self.path,
            "body": self.body,
            "headers": dict(self.headers),
            "query": dict(self.query),
        }


@dataclass(frozen=True)
class Accepted:
    """
    A delivery that is in the database.

    :param duplicate: it was there already, under the same dedup key
    """

    delivery_id: str
    workflow_id: str
    duplicate: bool = False

    @property
    def execution_id(self) -> str:
        """The execution that the delivery is, or becomes."""
        return str(ExecutionId(self.workflow_id, webhook_run_id(self.delivery_id)))


def from_row(row: DeliveryRow) -> Delivery:
    """Return the delivery that a row holds."""
    return Delivery(
        id=row.id,
        workflow_id=row.workflow_id,
        node_id=row.node_id,
        kind=row.kind,
        method=row.method,
        headers=row.headers,
        query=row.query,
        body=row.body,
        received_at=row.received_at,
        dedup_key=row.dedup_key,
        path=row.path,
        client=row.client,
        size=row.size,
    )
