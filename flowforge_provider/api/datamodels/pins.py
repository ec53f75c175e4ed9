"""Models of sample data that is pinned to nodes of a draft."""

from typing import Any

from pydantic import ConfigDict, Field, model_validator

from flowforge_provider.api.datamodels.base import Body


class PinBody(Body):
    """What to pin: given data, or the output that the step had in an execution."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"output": {"status": 200, "body": {"price": 5}}},
                {"execution_id": "orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60"},
            ]
        }
    )

    output: Any = Field(default=None, description="Any JSON, at most 131072 bytes.")
    execution_id: str | None = Field(
        default=None, max_length=600, description="An execution of this workflow in which the step has run."
    )
    item: int | None = Field(
        default=None, ge=0, le=10_000_000, description="For a step in a loop: place of the item, from 0."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "PinBody":
        if ("output" in self.model_fields_set) == (self.execution_id is not None):
            raise ValueError("should have either an output or an execution")
        return self
