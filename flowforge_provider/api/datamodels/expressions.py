"""Try expressions and schedules before they are saved."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from flowforge_provider.api.datamodels.base import Body, Reply
from flowforge_provider.graph.issues import Issue


class ExpressionPreviewBody(Body):
    """A value with expressions, and the data that they are to see."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "template": "{{ trigger.body.quantity * steps.product.body.price }}",
                    "data": {
                        "trigger": {"body": {"quantity": 2}},
                        "steps": {"product": {"body": {"price": 9.5}}},
                    },
                }
            ]
        }
    )

    template: Any = Field(
        description="Text, or any JSON value whose texts may hold {{ expressions }}.",
        examples=["{{ trigger.body.quantity * steps.product.body.price }}"],
    )
    data: dict[str, Any] = Field(
        default_factory=dict,
        description="What the expressions see: trigger, steps, run, workflow, vars.",
        examples=[
            {"trigger": {"body": {"quantity": 2}}, "steps": {"product": {"body": {"price": 9.5}}}},
        ],
    )


class ExpressionFault(Reply):
    """Why there is no value."""

    code: str = Field(description="Kebab-case and stable; has a heading in docs/errors.md.")
    message: str = Field(description="What is wrong and what to do.")


class ExpressionPreviewResponse(Reply):
    """What a template comes to; a fault is an answer, not a failure of the request."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ok": True, "value": 19.0, "type": "number", "error": None}]}
    )

    ok: bool = Field(description="Whether there is a value.")
    value: Any = Field(default=None, description="The value, when ok.")
    type: Literal["null", "boolean", "integer", "number", "string", "array", "object"] | None = Field(
        default=None, description="JSON type of the value, when ok."
    )
    error: ExpressionFault | None = Field(default=None, description="What is wrong, when not ok.")


class CronPreviewBody(Body):
    """A schedule."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"expression": "0 9 * * 1-5", "timezone": "Europe/Moscow", "count": 2}]
        }
    )

    expression: str = Field(
        max_length=200, description="Five fields, or a preset such as @daily.", examples=["0 9 * * 1-5"]
    )
    timezone: str = Field(
        default="UTC",
        max_length=100,
        description="IANA time zone in whose wall clock the expression is read.",
        examples=["Europe/Moscow"],
    )
    further_expressions: list[Annotated[str, Field(max_length=200)]] = Field(
        default_factory=list,
        max_length=19,
        description="More expressions; a moment of any of them counts.",
        examples=[["0 12 * * 6"]],
    )
    start_at: str = Field(
        default="", max_length=40, description="ISO 8601; no moment is before it.", examples=["2026-03-01"]
    )
    end_at: str = Field(
        default="", max_length=40, description="ISO 8601; no moment is after it.", examples=["2026-12-31"]
    )
    count: int = Field(default=10, ge=1, le=100, description="How many moments to return.")
    after: datetime | None = Field(
        default=None,
        description="Return moments later than this (UTC when it names no zone); now when absent.",
    )


class CronReading(Reply):
    """What an expression says, in words."""

    expression: str = Field(description="The expression.")
    en: str = Field(description="In English; empty when it cannot be told.")
    ru: str = Field(description="In Russian; empty when it cannot be told.")


class CronPreviewResponse(Reply):
    """When a schedule fires; a fault is an answer, not a failure of the request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ok": True,
                    "next_runs": ["2026-01-05T09:00:00+03:00", "2026-01-06T09:00:00+03:00"],
                    "readings": [
                        {
                            "expression": "0 9 * * 1-5",
                            "en": "At 09:00, Monday through Friday",
                            "ru": "В 09:00, с понедельника по пятницу",
                        }
                    ],
                    "error": None,
                    "issues": [],
                }
            ]
        }
    )

    ok: bool = Field(description="Whether the schedule can fire.")
    next_runs: list[datetime] = Field(
        description="The next moments, with the offset of the time zone; empty when not ok."
    )
    readings: list[CronReading] = Field(
        default_factory=list, description="What each expression without a mistake says."
    )
    error: ExpressionFault | None = Field(default=None, description="The first thing that is wrong.")
    issues: list[Issue] = Field(default_factory=list, description="Everything that is wrong, by field.")
