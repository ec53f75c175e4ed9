"""A received delivery as plain data, and what its run sees of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from flowforge_provider.runs.ids import ExecutionId, webhook_run_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from flowforge_provider.inbox.files import KeptFile
    from flowforge_provider.inbox.flow import Flow, GroupKind
    from flowforge_provider.store.tables import DeliveryRow

__all__ = ["DEDUP_WINDOW", "Accepted", "Delivery", "from_row"]

DEDUP_WINDOW = timedelta(hours=24)


@dataclass(frozen=True)
class Delivery:
    """
    One verified delivery.

    :param kind: node type of the trigger
    :param method: empty for what did not come over HTTP
    :param path: what follows the workflow's id in the address
    :param headers: lower-case name -> value, without secrets
    :param query: name -> value, or list of values where the name is repeated
    :param body: any JSON
    :param client: address of the sender
    :param size: bytes of the body, not compressed
    :param files: to be stored with it; empty when it was read from the database
    :param raw: the body as it came, where it is to be stored beside what it holds; as for files
    :param dedup_key: a second delivery of this key to the same trigger is the first one again
    :param dedup_window: time after which the key is a new one again
    :param state: pending, held or skipped, as ``DeliveryRow`` tells
    :param reason: why it is held or skipped
    :param flow: what its trigger asks for; it is applied when the delivery is written
    :param group_id: its group, which is called like the group's first delivery
    :param grouping: what kind of group
    :param concurrency_key: at most so many unfinished runs of this key as its trigger says
    :param run_after: its run is not to start before
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
    raw: bytes | None = field(default=None, repr=False, compare=False)
    dedup_window: timedelta = field(default=DEDUP_WINDOW, compare=False)
    flow: Flow | None = field(default=None, compare=False)
    state: str = "pending"
    reason: str | None = None
    group_id: str | None = None
    grouping: GroupKind | None = None
    concurrency_key: str | None = None
    run_after: datetime | None = None

    @property
    def run_id(self) -> str:
        """The one run that this delivery becomes, alone or with its group."""
        return webhook_run_id(self.group_id or self.id)

    @property
    def has_run(self) -> bool:
        """Whether there is, or will be, a run with this delivery or the others of its group."""
        return self.state != "skipped" or self.group_id is not None

    def trigger(self) -> dict[str, Any]:
        """Return ``trigger`` as expressions see it."""
        return {
            "type": self.kind,
            "id": self.node_id,
            "node": self.node_id,
            "received_at": self.received_at.isoformat(),
            "scheduled_at": None,
            "delivery_id": self.id,
            "method": self.method or None,
            "path": self.path,
            "body": self.body,
            "headers": dict(self.headers),
            "query": dict(self.query),
        }


@dataclass(frozen=True)
class Accepted:
    """
    A delivery that is in the database.

    :param run_id: the run that it is, or becomes; None when there will be none
    :param skipped: why it has no run of its own; None when it has
    :param duplicate: it was there already, under the same dedup key
    """

    delivery_id: str
    workflow_id: str
    run_id: str | None
    skipped: str | None = None
    duplicate: bool = False

    @property
    def execution_id(self) -> str | None:
        """The execution that the delivery is, or becomes; None when it is skipped."""
        return str(ExecutionId(self.workflow_id, self.run_id)) if self.run_id is not None else None

    def to_json(self) -> dict[str, Any]:
        """Return what its sender is told."""
        return {
            "delivery_id": self.delivery_id,
            **({"execution_id": self.execution_id} if self.run_id is not None else {}),
            **({"skipped": True, "reason": self.skipped} if self.skipped is not None else {}),
            **({"duplicate": True} if self.duplicate else {}),
        }


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
        state=row.state,
        reason=row.reason,
        group_id=row.group_id,
        grouping=cast("GroupKind | None", row.grouping),
        concurrency_key=row.concurrency_key,
        run_after=row.run_after,
    )
