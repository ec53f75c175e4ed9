"""Models of the front door."""

from pydantic import ConfigDict, Field

from flowforge_provider.api.datamodels.base import Reply

_DELIVERY_ID = "0198c0de7b7c7a6e8f0a1b2c3d4e5f60"
_EXECUTION_ID = f"orders.webhook__{_DELIVERY_ID}"


class WebhookAcceptedResponse(Reply):
    """A delivery that is stored; it becomes exactly one execution, or already has, or is skipped."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"delivery_id": _DELIVERY_ID, "execution_id": _EXECUTION_ID}]}
    )

    delivery_id: str = Field(description="Id of the delivery.", examples=["0198c0de7b7c7a6e8f0a1b2c3d4e5f60"])
    execution_id: str | None = Field(
        default=None,
        description="The execution that the delivery becomes, alone or with its group; can be read at once. "
        "Absent when it is skipped.",
        examples=["orders.webhook__0198c0de7b7c7a6e8f0a1b2c3d4e5f60"],
    )
<<<<<<< HEAD
    skipped: bool | None = Field(default=None, description="True when it starts no run; reason says why.")
    reason: str | None = Field(default=None, description="Why it is skipped: filter, debounced.")
    duplicate: bool | None = Field(
        default=None, description="True when it was stored before; the ids are those of the first one."
    )


class DeliverySummary(Reply):
    """One received webhook, without its body."""

    id: str = Field(description="Id of the delivery.")
    workflow_id: str = Field(description="The workflow that it was sent to.")
    node_id: str = Field(description="The trigger node that took it in.")
    kind: str = Field(description="What received it: webhook.")
    state: Literal["pending", "dispatched", "failed"] = Field(
        description="pending: stored, has no run yet. dispatched: its run exists. failed: given up."
    )
    method: str = Field(description="HTTP method.")
    received_at: datetime = Field(description="When it was received, UTC.")
    dispatched_at: datetime | None = Field(description="When its run was created, UTC.")
    execution_id: str | None = Field(description="The execution that it became, or becomes.")
    idempotency_key: str | None = Field(description="Key by which a repeated delivery is recognised.")
    attempts: int = Field(description="How often creating its run was tried.")
    error: str | None = Field(description="Why the last attempt failed.")


class DeliveryResponse(DeliverySummary):
    """One received webhook as it was received; values that look like secrets are masked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_SUMMARY_EXAMPLE,
                    "headers": {"content-type": "application/json", "x-flowforge-token": "***"},
                    "query": {"shop": "1"},
                    "body": {"id": 7, "quantity": 2},
                }
            ]
        }
    )

    headers: dict[str, Any] = Field(description="Headers, with lower-case names.")
    query: dict[str, Any] = Field(description="Query parameters; a list where a name is repeated.")
    body: Any = Field(description="The JSON body.")


class DeliveryCollectionResponse(Reply):
    """A page of deliveries, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"deliveries": [_SUMMARY_EXAMPLE], "total_entries": 1}]}
    )

    deliveries: list[DeliverySummary] = Field(description="The page.")
    total_entries: int = Field(description="Number of all deliveries that match.")
=======
>>>>>>> df426b7 (List deliveries by filters and send them again)
