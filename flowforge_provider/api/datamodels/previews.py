"""Try a step on sample data before the workflow runs."""

from typing import Any

from pydantic import ConfigDict, Field, JsonValue

from flowforge_provider.api.datamodels.base import Body, Reply

_OPERATIONS: list[JsonValue] = [
    {"operation": "sort", "sort_by": [{"field": "total", "direction": "descending"}]},
    {"operation": "limit", "count": 1},
]


class TransformPreviewBody(Body):
    """The parameters of a transform step, and the data that it is to see."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "parameters": {"input": "{{ trigger.body }}", "operations": _OPERATIONS},
                    "data": {"trigger": {"body": [{"total": 2}, {"total": 5}]}},
                }
            ]
        }
    )

    parameters: dict[str, Any] = Field(
        description="Parameters of the step as the graph holds them; may be incomplete.",
        examples=[{"input": "{{ trigger.body }}", "operations": _OPERATIONS}],
    )
    data: dict[str, Any] = Field(
        default_factory=dict,
        description="What the expressions see: trigger, steps, run, workflow, vars.",
        examples=[{"trigger": {"body": [{"total": 2}, {"total": 5}]}}],
    )
    input: Any = Field(
        default=None, description="Output of the step before, which counts when the parameters set no input."
    )


class TransformSample(Reply):
    """A value, cut to what people look at."""

    count: int | None = Field(description="Number of items when the value is a list.")
    cut: bool = Field(description="Whether the value is not all there is.")
    value: Any = Field(description="The value; of a large one the beginning of its JSON, as a text.")


class TransformFault(Reply):
    """What is wrong, and where."""

    code: str = Field(description="Kebab-case and stable; has a heading in docs/errors.md.")
    message: str = Field(description="What is wrong and what to do.")
    operation: int | None = Field(description="Index of the operation, from 0; null when it is none of them.")
    field: str = Field(description="Path of the field inside the operation, or the parameters; may be empty.")
    item: int | None = Field(description="Place in the list, from 0, of the item that does not fit.")


class TransformPreviewResponse(Reply):
    """What a transform makes of the data; a fault is an answer, not a failure of the request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ok": True,
                    "input": {"count": 2, "cut": False, "value": [{"total": 2}, {"total": 5}]},
                    "steps": [
                        {"count": 2, "cut": False, "value": [{"total": 5}, {"total": 2}]},
                        {"count": 1, "cut": False, "value": [{"total": 5}]},
                    ],
                    "error": None,
                    "notes": [],
                }
            ]
        }
    )

    ok: bool = Field(description="Whether all operations have a result.")
    input: TransformSample | None = Field(description="What the first operation gets.")
    steps: list[TransformSample] = Field(
        description="Result of each operation, as far as they came; the last one is the step's output."
    )
    error: TransformFault | None = Field(default=None, description="What is wrong, when not ok.")
    notes: list[str] = Field(default_factory=list, description="What a preview does otherwise than a run.")
