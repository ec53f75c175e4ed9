"""Models of the form that starts a workflow by hand."""

from typing import Any

from pydantic import ConfigDict, Field

from flowforge_provider.api.datamodels.base import Reply
from flowforge_provider.nodes.payload.fields import FieldType

_INPUT_EXAMPLE: dict[str, Any] = {
    "name": "email",
    "label": "Your email",
    "type": "email",
    "required": True,
    "may_be_empty": False,
    "help": "",
    "choices": [],
    "default": None,
    "minimum": None,
    "maximum": None,
    "max_length": 254,
}


class PayloadChoice(Reply):
    """One of several values."""

    value: Any = Field(description="JSON.")
    label: str = Field(description="What people see.")


class PayloadInput(Reply):
    """One field of a form."""

    name: str = Field(description="Key of the value in the payload.")
    label: str = Field(description="What people see.")
    type: FieldType = Field(description="What is filled in.")
    required: bool = Field(description="Whether the value has to be there.")
    may_be_empty: bool = Field(description="Whether an empty text is a value.")
    help: str = Field(description="A line below the field.")
    choices: list[PayloadChoice] = Field(description="What can be chosen.")
    default: Any = Field(description="JSON that the field starts with; null without one.")
    minimum: float | None = Field(description="Smallest number.")
    maximum: float | None = Field(description="Largest number.")
    max_length: int | None = Field(description="Longest text.")


class PayloadFormResponse(Reply):
    """What a start by hand asks for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "node_id": "start",
                    "payload_schema": {
                        "type": "object",
                        "properties": {"email": {"type": "string", "format": "email", "title": "Your email"}},
                        "required": ["email"],
                    },
                    "inputs": [_INPUT_EXAMPLE],
                    "sample": {"email": "ann@example.com"},
                    "timezone": "UTC",
                }
            ]
        }
    )

    node_id: str = Field(description="The trigger node that it belongs to.")
    payload_schema: dict[str, Any] | None = Field(
        description="JSON Schema that the payload is checked by; null where anything is taken."
    )
    inputs: list[PayloadInput] | None = Field(
        description="The form's fields; null where the payload is typed as JSON."
    )
    sample: Any = Field(description="The trigger's sample payload.")
    timezone: str = Field(description="IANA name of the zone in which a date and time without one is meant.")
