"""Models of testing one step of a draft."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from flowforge_provider.api.datamodels.base import Body, Reply
from flowforge_provider.api.datamodels.execution_parts import Failure

_TEST_ID = "test__0198c0de7b7c7a6e8f0a1b2c3d4e5f60"
_TEST_EXAMPLE: JsonDict = {
    "id": _TEST_ID,
    "workflow_id": "orders",
    "node_id": "total",
    "state": "success",
    "created_at": "2026-01-05T09:00:00Z",
    "started_at": "2026-01-05T09:00:01Z",
    "ended_at": "2026-01-05T09:00:02Z",
    "duration_s": 1.0,
    "input": {"input": None, "operations": []},
    "output": {"total": 20},
    "error": None,
    "failure": None,
    "ports": ["success"],
    "child_execution_id": None,
    "airflow_url": f"https://airflow.example.com/dags/flowforge.step-test/runs/{_TEST_ID}",
}


class StepTestData(Body):
    """Data that is given for a test; it goes before pinned data and that of an execution."""

    trigger: dict[str, Any] | None = Field(
        default=None,
        description="What started the run: type, body, headers, query. `trigger` in expressions.",
    )
    steps: dict[str, Any] = Field(
        default_factory=dict, max_length=500, description="Node -> its output, `steps.<id>` in expressions."
    )
    item: Any = Field(default=None, description="For a step in a loop: the item.")
    item_index: int = Field(
        default=0, ge=0, le=1_000_000, description="For a step in a loop: place of the item, from 0."
    )


class StepTestBody(Body):
    """What to test the step with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {},
                {"execution_id": "orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60"},
                {"data": {"trigger": {"body": {"quantity": 2}}, "steps": {"get_product": {"price": 10}}}},
            ]
        }
    )

    parameters: dict[str, Any] | None = Field(
        default=None, description="Parameters of the node; those of the saved draft when left out."
    )
    data: StepTestData | None = Field(default=None, description="Given data.")
    use_pins: bool = Field(default=True, description="Take what is pinned to the nodes of the draft.")
    execution_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=600,
        description="An execution of this workflow whose outputs stand in where nothing is given or pinned.",
    )
    delivery_id: str | None = Field(
        default=None, min_length=1, max_length=100, description="A delivery that stands for the trigger."
    )
    item_index: int = Field(
        default=0, ge=0, le=10_000_000, description="Which item of the execution's loop, from 0."
    )


class StepTestResponse(Reply):
    """A test and what came of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TEST_EXAMPLE]})

    id: str = Field(description="Id of the test; it is kept for a day.")
    workflow_id: str = Field(description="The workflow.")
    node_id: str = Field(description="The node.")
    state: Literal["queued", "running", "success", "failed"] = Field(description="Its state.")
    created_at: datetime | None = Field(description="When it was asked for, UTC.")
    started_at: datetime | None = Field(description="When a worker began it, UTC.")
    ended_at: datetime | None = Field(description="When it ended, UTC.")
    duration_s: float | None = Field(description="Seconds that the step took; null until it has ended.")
    input: Any = Field(description="The parameters with their expressions filled in; secrets are masked.")
    output: Any = Field(description="The output; secrets are masked.")
    error: Any = Field(description="Why it failed: type, code, message, detail.")
    failure: Failure | None = Field(description="For a failed test: why, in plain words.")
    ports: list[str] = Field(description="The ports through which the step goes on; none when it failed.")
    child_execution_id: str | None = Field(
        description="The execution of another workflow that the step has started."
    )
    airflow_url: str = Field(description="Its page in Airflow's own interface.")


class StepTestStarted(StepTestResponse):
    """A test that was just started."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_TEST_EXAMPLE,
                    "state": "queued",
                    "started_at": None,
                    "ended_at": None,
                    "duration_s": None,
                    "input": None,
                    "output": None,
                    "ports": [],
                    "sources": {"trigger": "example"},
                }
            ]
        }
    )

    sources: dict[str, Literal["given", "pinned", "execution", "delivery", "example"]] = Field(
        description="Where its data comes from: trigger, item, or a node -> source."
    )


class StepTestPlanResponse(Reply):
    """Whether a step can be tested now, and with what data."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "testable": True,
                    "reason": None,
                    "data": {"trigger": {"type": "manual", "body": {}}, "steps": {}},
                    "sources": {"trigger": "example"},
                    "missing": [],
                }
            ]
        }
    )

    testable: bool = Field(description="Whether such a step can be tested by itself.")
    reason: str | None = Field(description="Why not.")
    data: dict[str, Any] = Field(
        description="Data that it would see, masked: trigger, steps, and item, item_index in a loop."
    )
    sources: dict[str, Literal["given", "pinned", "execution", "delivery", "example"]] = Field(
        description="Where each part comes from."
    )
    missing: list[str] = Field(description="Steps before it without data.")
