"""Models of deliveries: what the front door has taken in."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from flowforge_provider.api.datamodels.base import Body, Reply
from flowforge_provider.store.deliveries import DeliveryState

_DELIVERY_ID = "0198c0de7b7c7a6e8f0a1b2c3d4e5f60"
_LATER_ID = "0198c0e07b7c7a6e8f0a1b2c3d4e5f61"
_FILE_ID = "0198c0de7b7c7a6e8f0a1b2c3d4e5f6a"
_EXECUTION_ID = f"orders.webhook__{_DELIVERY_ID}"
_STATE_TEXT = (
    "pending: stored, has no run yet. held: waits for the others of its group. dispatched: its run exists. "
    "failed: given up. skipped: taken in, but no run was wanted, as reason says. captured: sent to the test "
    "address."
)
SUMMARY_EXAMPLE: JsonDict = {
    "id": _DELIVERY_ID,
    "workflow_id": "orders",
    "node_id": "webhook",
    "kind": "webhook",
    "state": "dispatched",
    "reason": None,
    "method": "POST",
    "path": "",
    "client": "203.0.113.7",
    "size": 25,
    "received_at": "2026-01-05T09:00:00.120Z",
    "dispatched_at": "2026-01-05T09:00:00.150Z",
    "execution_id": _EXECUTION_ID,
    "group_id": None,
    "redelivery_of": None,
    "idempotency_key": "order-7",
    "attempts": 1,
    "error": None,
}
DETAIL_EXAMPLE: JsonDict = {
    **SUMMARY_EXAMPLE,
    "headers": {"content-type": "application/json", "x-flowforge-token": "***"},
    "query": {"shop": "1"},
    "body": {"id": 7, "quantity": 2},
    "truncated": False,
    "files": [
        {
            "file_id": _FILE_ID,
            "filename": "order.pdf",
            "content_type": "application/pdf",
            "size": 48211,
            "url": f"/flowforge/api/files/{_FILE_ID}",
        }
    ],
    "chain": [
        {"id": _DELIVERY_ID, "received_at": "2026-01-05T09:00:00.120Z"},
        {"id": _LATER_ID, "received_at": "2026-01-05T09:02:11.800Z"},
    ],
}


class DeliverySummary(Reply):
    """One received webhook, email or form, without its body."""

    id: str = Field(description="Id of the delivery.")
    workflow_id: str = Field(description="The workflow that it was sent to.")
    node_id: str = Field(description="The trigger node that took it in.")
    kind: str = Field(description="What received it: the trigger's node type.")
    state: DeliveryState = Field(description=_STATE_TEXT)
    reason: str | None = Field(description="Why it was skipped: filter, debounced.")
    method: str = Field(description="HTTP method.")
    path: str = Field(description="What followed the workflow's id in the address.")
    client: str | None = Field(description="Address of the sender, where the server tells it.")
    size: int = Field(description="Bytes of the body, not compressed.")
    received_at: datetime = Field(description="When it was received, UTC.")
    dispatched_at: datetime | None = Field(description="When its run was created, UTC.")
    execution_id: str | None = Field(description="The execution that it became, or becomes.")
    group_id: str | None = Field(description="Deliveries of one group share an execution.")
    redelivery_of: str | None = Field(description="The delivery that this one repeats.")
    idempotency_key: str | None = Field(description="Key by which a repeated delivery is recognised.")
    attempts: int = Field(description="How often creating its run was tried.")
    error: str | None = Field(description="Why the last attempt failed.")


class DeliveryFile(Reply):
    """A file that came in with a delivery."""

    file_id: str = Field(description="Id of the file, as the body names it.")
    filename: str = Field(description="Its name, without a folder.")
    content_type: str = Field(description="Its media type, as the sender says.")
    size: int = Field(description="Bytes.")
    url: str = Field(description="Where to download it.")


class DeliveryLink(Reply):
    """A delivery of the same content."""

    id: str = Field(description="Id of the delivery.")
    received_at: datetime = Field(description="When it was received or sent again, UTC.")


class DeliveryResponse(DeliverySummary):
    """One delivery as it was received; values that look like secrets are masked."""

    model_config = ConfigDict(json_schema_extra={"examples": [DETAIL_EXAMPLE]})

    headers: dict[str, Any] = Field(description="Headers, with lower-case names.")
    query: dict[str, Any] = Field(description="Query parameters; a list where a name is repeated.")
    body: Any = Field(description="The body as JSON; where it is truncated, the beginning of its JSON text.")
    truncated: bool = Field(description="The body is larger than what is shown.")
    files: list[DeliveryFile] = Field(description="Files that came in with it.")
    chain: list[DeliveryLink] = Field(
        description="This delivery, what it repeats and what repeats it, oldest first; empty for a lone one."
    )


class DeliveryCollectionResponse(Reply):
    """A page of deliveries, newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "deliveries": [SUMMARY_EXAMPLE],
                    "total_entries": 1,
                    "total_is_exact": True,
                    "next_cursor": None,
                }
            ]
        }
    )

    deliveries: list[DeliverySummary] = Field(description="The page.")
    total_entries: int = Field(description="Number of deliveries that match; counted up to 1000.")
    total_is_exact: bool = Field(description="False: there are more than were counted.")
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null at the end.")


class DeliveryCurlResponse(Reply):
    """A delivery as a command."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "command": "curl 'https://airflow.example.com/flowforge/api/webhooks/orders' \\\n"
                    "  --header 'x-flowforge-token: <x-flowforge-token>' \\\n"
                    "  --header 'content-type: application/json' \\\n"
                    "  --data-raw '{\"id\": 7}'",
                    "notes": ["secrets"],
                }
            ]
        }
    )

    command: str = Field(description="For a POSIX shell.")
    notes: list[Literal["secrets", "masked-body", "signature", "files", "parsed-body", "truncated-body"]] = (
        Field(
            description="What to mend before it is run. secrets: fill in the placeholders. masked-body: *** "
            "in the body stands for what looked like a secret. signature: it was made for the moment it "
            "came. files: lie in the current folder. parsed-body: the body is written anew from what was "
            "understood of it. truncated-body: it is larger than what is shown."
        )
    )


class DeliveryFilterBody(Body):
    """Which deliveries are meant; what is missing does not matter."""

    workflow_id: str | None = Field(default=None, max_length=200, description="Only this workflow's.")
    node_id: str | None = Field(default=None, max_length=63, description="Only of this trigger node.")
    kind: str | None = Field(default=None, max_length=20, description="Only of this kind of trigger.")
    states: list[DeliveryState] = Field(default=[], max_length=6, description="Only in one of these states.")
    reason: str | None = Field(default=None, max_length=50, description="Only skipped for this reason.")
    received_from: datetime | None = Field(default=None, description="Received at this moment or later.")
    received_to: datetime | None = Field(default=None, description="Received before this moment.")
    search: str | None = Field(default=None, max_length=300, description="As in the list.")


class RedeliverBody(Body):
    """Which deliveries to send again: by their ids, or all that match a filter, some at a time."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"ids": [_DELIVERY_ID]},
                {"filter": {"workflow_id": "orders", "states": ["failed"]}, "limit": 100},
            ]
        },
    )

    ids: list[str] | None = Field(default=None, min_length=1, max_length=200, description="Their ids.")
    filter: DeliveryFilterBody | None = Field(
        default=None, description="All that match, newest first; give a workflow, or anything else."
    )
    limit: int = Field(default=100, ge=1, le=200, description="With a filter: how many at a time.")
    cursor: str | None = Field(
        default=None, max_length=60, description="With a filter: next_cursor of the answer before."
    )

    @model_validator(mode="after")
    def _check_one_way(self) -> "RedeliverBody":
        if (self.ids is None) == (self.filter is None):
            raise ValueError("Give either ids or filter.")
        return self


class RedeliveredItem(Reply):
    """A delivery that was sent again."""

    id: str = Field(description="The delivery that was sent again.")
    delivery_id: str = Field(description="The new delivery.")
    execution_id: str = Field(description="The execution that it becomes.")


class RefusedItem(Reply):
    """A delivery that was not sent again."""

    id: str = Field(description="The delivery.")
    code: str = Field(description="Why not; see the list of errors.")
    message: str = Field(description="Why not, in words.")


class RedeliverResponse(Reply):
    """What was sent again, and what was not."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "redelivered": [
                        {
                            "id": _DELIVERY_ID,
                            "delivery_id": _LATER_ID,
                            "execution_id": f"orders.webhook__{_LATER_ID}",
                        }
                    ],
                    "refused": [],
                    "next_cursor": None,
                }
            ]
        }
    )

    redelivered: list[RedeliveredItem] = Field(description="What was sent again.")
    refused: list[RefusedItem] = Field(description="What was not, and why.")
    next_cursor: str | None = Field(description="With a filter: where the rest begins; null at the end.")
