"""Models of what mends executions: cancel many, retry, run again."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from flowforge_provider.api.datamodels.base import Body, Reply
from flowforge_provider.graph.issues import Issue

MOST_AT_ONCE = 200

_RUN_ID = "manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60"
_EXECUTION_ID = f"orders.{_RUN_ID}"

Revision = Literal["original", "latest"]


class CancelFilter(Body):
    """Which unfinished executions to cancel; all conditions hold together."""

    workflow_id: str = Field(
        min_length=1, max_length=200, description="Only this workflow's.", examples=["orders"]
    )
    state: Literal["queued", "running"] | None = Field(
        default=None, description="Only those in this state; queued and running ones when it is left out."
    )
    created_before: datetime | None = Field(default=None, description="Only those created before, UTC.")
    created_after: datetime | None = Field(
        default=None, description="Only those created at this moment or later, UTC."
    )


class CancelManyBody(Body):
    """The executions to cancel: by their ids, or by a filter."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"ids": [_EXECUTION_ID]},
                {"filter": {"workflow_id": "orders", "state": "queued"}},
            ]
        }
    )

    ids: list[str] | None = Field(
        default=None, min_length=1, max_length=MOST_AT_ONCE, description="Ids of executions."
    )
    filter: CancelFilter | None = Field(default=None, description="Instead of ids.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "CancelManyBody":
        if (self.ids is None) == (self.filter is None):
            raise ValueError("should have either ids or a filter")
        return self


class CancelResult(Reply):
    """What became of one of them."""

    id: str = Field(description="The execution.")
    cancelled: bool = Field(description="Whether it is cancelled now.")
    code: str | None = Field(description="Why not; has a heading in docs/errors.md.")
    message: str | None = Field(description="Why not, in words.")


class CancelManyResponse(Reply):
    """What became of each execution."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "results": [{"id": _EXECUTION_ID, "cancelled": True, "code": None, "message": None}],
                    "cancelled": 1,
                    "refused": 0,
                    "more": False,
                }
            ]
        }
    )

    results: list[CancelResult] = Field(description="One for each execution, in the order of the ids.")
    cancelled: int = Field(description="How many are cancelled now.")
    refused: int = Field(description="How many are not.")
    more: bool = Field(
        description=f"The filter matches more than {MOST_AT_ONCE}, the most of one call. Send it again."
    )


class RetryBody(Body):
    """What to retry."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"nodes": ["get_product"]}]})

    nodes: list[str] | None = Field(
        default=None,
        min_length=1,
        max_length=500,
        description="Only these failed steps, with what follows them; all failed ones when it is left out.",
    )


class RerunBody(Body):
    """How to run an execution again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"revision": "latest"},
                {
                    "revision": "original",
                    "from_step": "get_product",
                    "input": {"url": "https://shop.example.com/products/8"},
                },
            ]
        }
    )

    revision: Revision = Field(
        default="original",
        description="original: the revision that the earlier execution ran; latest: the live one.",
    )
    from_step: str | None = Field(
        default=None,
        min_length=1,
        max_length=63,
        description=(
            "Node to begin at: all steps that do not follow it keep their outputs of the earlier execution. "
            "Everything runs again when it is left out. A step in a loop: name the loop."
        ),
        examples=["get_product"],
    )
    input: Any = Field(
        default=None,
        description=(
            "For a step: parameters (name -> value) that take the place of what its expressions give; those "
            "left out are filled in as usual, and so is each *** that stands where the earlier input has "
            "one. Expressions in it are not evaluated. For a trigger: the payload. Without from_step: "
            "the payload of the whole execution. Left out: nothing is changed."
        ),
        examples=[{"url": "https://shop.example.com/products/8"}],
    )


class RerunPlanResponse(Reply):
    """What running an execution again would do."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "possible": True,
                    "revision": 3,
                    "latest_revision": 4,
                    "from_step": "get_product",
                    "reused": ["start", "check"],
                    "runs": ["get_product", "total"],
                    "input": {"method": "GET", "url": "https://shop.example.com/products/7"},
                    "input_kind": "parameters",
                    "issues": [],
                }
            ]
        }
    )

    possible: bool = Field(description="Whether it can be done; the issues say why not.")
    revision: int | None = Field(description="The revision that would run.")
    latest_revision: int | None = Field(description="The live revision; null when there is none.")
    from_step: str | None = Field(description="Where it would begin; null: everything runs.")
    reused: list[str] = Field(description="Nodes that keep their outputs of the earlier execution.")
    runs: list[str] = Field(description="Nodes that may run.")
    input: Any = Field(
        description="What can be edited: the step's input in the earlier execution, masked, or the payload."
    )
    input_kind: Literal["parameters", "payload"] = Field(description="What `input` is.")
    issues: list[Issue] = Field(description="Everything that is in the way, at once; warnings are not.")


class RerunOf(Reply):
    """Which execution was run again."""

    execution_id: str = Field(description="The earlier execution.")
    from_step: str | None = Field(description="The step that this one began at; null: it repeats all of it.")
    created_at: datetime = Field(description="When it was run again, UTC.")
    created_by: str = Field(description="Who ran it again.")
