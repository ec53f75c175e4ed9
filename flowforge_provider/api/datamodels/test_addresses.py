"""Models of the test address of webhooks."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from flowforge_provider.api.datamodels.base import Reply
from flowforge_provider.api.datamodels.deliveries import DETAIL_EXAMPLE, DeliveryResponse

_DELIVERY_ID = "0198c0de7b7c7a6e8f0a1b2c3d4e5f60"


class CapturedResponse(Reply):
    """What the sender of a test delivery is told."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "captured": True,
                    "delivery_id": _DELIVERY_ID,
                    "message": "The test address has caught this call. It starts no run.",
                }
            ]
        }
    )

    captured: Literal[True] = Field(description="The call was caught.")
    delivery_id: str = Field(description="Id of the captured delivery.")
    message: str = Field(description="The same in words.")


class OutcomeIssue(Reply):
    """One thing that the real address would object to."""

    message: str = Field(description="What is wrong.")
    field: str | None = Field(default=None, description="Where.")


class CaptureOutcome(Reply):
    """What would have become of the call at the real address."""

    verdict: Literal["run", "skipped", "refused"] = Field(
        description="run: an execution. skipped: the filter does not let it pass. refused: an error."
    )
    reason: str | None = Field(default=None, description="Why it would be skipped.")
    status: int | None = Field(default=None, description="HTTP status of the refusal.")
    code: str | None = Field(default=None, description="Code of the refusal.")
    message: str | None = Field(default=None, description="The refusal in words.")
    issues: list[OutcomeIssue] = Field(default=[], description="All that is wrong with it.")
    dedup_key: str | None = Field(
        default=None, description="Key by which a repeated delivery would be recognised."
    )


class TestRefusal(Reply):
    """A call that the test address did not let in."""

    received_at: datetime = Field(description="When it came, UTC.")
    method: str = Field(description="HTTP method.")
    path: str = Field(description="What followed the workflow's id in the address.")
    client: str | None = Field(default=None, description="Address of the sender.")
    status: int = Field(description="What the sender was answered.")
    code: str = Field(description="Why; see the list of errors.")
    message: str = Field(description="Why, in words.")
    headers: dict[str, Any] = Field(default={}, description="Its headers, without secrets.")


class TestListenerResponse(Reply):
    """The test address of a webhook, and what it has caught."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "workflow_id": "orders",
                    "node_id": "hook",
                    "url": "https://airflow.example.com/flowforge/api/webhooks/orders",
                    "test_url": "https://airflow.example.com/flowforge/api/webhooks-test/orders",
                    "listening": False,
                    "until": "2026-01-05T09:05:00Z",
                    "delivery": {**DETAIL_EXAMPLE, "state": "captured", "execution_id": None},
                    "outcome": {"verdict": "run", "dedup_key": None, "issues": []},
                    "refusals": [],
                }
            ]
        }
    )

    workflow_id: str = Field(description="The workflow.")
    node_id: str = Field(description="The webhook node.")
    url: str = Field(description="Where the published webhook receives.")
    test_url: str = Field(description="Where one call is caught while somebody listens.")
    listening: bool = Field(description="The next call is caught.")
    until: datetime | None = Field(
        description="How long somebody listens, or did, UTC; null: nobody has yet."
    )
    delivery: DeliveryResponse | None = Field(description="What was caught last.")
    outcome: CaptureOutcome | None = Field(description="What would have become of it at the real address.")
    refusals: list[TestRefusal] = Field(description="The last calls that did not get in, oldest first.")
