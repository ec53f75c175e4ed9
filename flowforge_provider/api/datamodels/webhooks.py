"""Models of the front door."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from flowforge_provider.api.datamodels.base import Reply

_DELIVERY_ID = "0198c0de7b7c7a6e8f0a1b2c3d4e5f60"
_EXECUTION_ID = f"orders.webhook__{_DELIVERY_ID}"


class WebhookAcceptedResponse(Reply):
    """A delivery that is stored; it becomes exactly one execution, or already has, or is skipped."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "delivery_id": _DELIVERY_ID,
                    "execution_id": _EXECUTION_ID,
                    "status_url": f"/flowforge/api/executions/{_EXECUTION_ID}",
                }
            ]
        }
    )

    delivery_id: str = Field(description="Id of the delivery.", examples=["0198c0de7b7c7a6e8f0a1b2c3d4e5f60"])
    execution_id: str | None = Field(
        default=None,
        description="The execution that the delivery becomes, alone or with its group; can be read at once. "
        "Absent when it is skipped.",
        examples=["orders.webhook__0198c0de7b7c7a6e8f0a1b2c3d4e5f60"],
    )
    skipped: bool | None = Field(default=None, description="True when it starts no run; reason says why.")
    reason: str | None = Field(default=None, description="Why it is skipped: filter, debounced.")
    duplicate: bool | None = Field(
        default=None, description="True when it was stored before; the ids are those of the first one."
    )
    status_url: str | None = Field(
        default=None,
        description="Where the execution can be read, by who may sign in; as the header Location.",
    )
    state: Literal["success"] | None = Field(
        default=None, description="Success, where the answer waited for the end of the execution."
    )
    result: dict[str, Any] | None = Field(
        default=None,
        description="What a Respond step has set: status, headers, content, body. Null where there is none.",
    )
