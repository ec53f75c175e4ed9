"""What can be placed on the canvas."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from flowforge_provider.api.datamodels.base import Body, Reply
from flowforge_provider.graph.models import Retry
from flowforge_provider.nodes.spec import PortsFrom


class PortResponse(Reply):
    """A named output of a node."""

    id: str = Field(description="Name used by edges.")
    label: str = Field(description="Text beside the port on the canvas.")
    description: str = Field(description="When the port is taken.")
    description_ru: str = Field(description="The same in Russian; English where there is none.")


class NodeTypeResponse(Reply):
    """One node type: everything that palette, forms and help need."""

    type: str = Field(description="Name of the type, for example http.request.")
    version: int = Field(description="Version of its parameters.")
    kind: Literal["trigger", "action", "note"] = Field(
        description="Whether it starts a run, does something in it, or is only drawn."
    )
    title: str = Field(description="Name in the palette.")
    title_ru: str = Field(description="Name in the palette, in Russian; English where there is none.")
    group: str = Field(description="Group in the palette.")
    icon: str = Field(description="Name of a lucide icon.")
    summary: str = Field(description="One sentence for the palette.")
    summary_ru: str = Field(description="The sentence in Russian; English where there is none.")
    subtitle: str = Field(
        description='Second line of a node on the canvas, names of parameters in braces: "{method} {url}".'
    )
    help: str = Field(description="Markdown for the panel.")
    help_ru: str = Field(description="The same in Russian; English where there is none.")
    keywords: list[str] = Field(description="Extra words that the search finds it by.")
    ports: list[PortResponse] = Field(description="Outputs, in the order in which they are drawn.")
    ports_from: PortsFrom | None = Field(
        description="The list among the parameters whose items are ports too, drawn before the others."
    )
    parameters_schema: dict[str, Any] = Field(
        description="JSON Schema of the parameters, with x-* form hints."
    )
    output_schema: dict[str, Any] = Field(description="JSON Schema of the output.")
    output_varies: bool = Field(
        description="Whether a node's parameters say more about its output; ask for its own schema then."
    )
    example: dict[str, Any] = Field(description="Parameters and data that work together.")
    default_retry: Retry = Field(description="Retry settings of a node that has none of its own.")
    default_parameters: dict[str, Any] = Field(description="Parameters of a freshly placed node.")
    testable: bool = Field(description="Whether one such step can be tested by itself.")
    untestable: str = Field(description="Why not; empty where it can.")
    untestable_ru: str = Field(description="The same in Russian; English where there is none.")


class NodeTypeCollectionResponse(Reply):
    """All node types that are installed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "node_types": [
                        {
                            "type": "manual",
                            "version": 1,
                            "kind": "trigger",
                            "title": "Manual",
                            "title_ru": "Вручную",
                            "group": "triggers",
                            "icon": "play",
                            "summary": "Starts when somebody runs it.",
                            "summary_ru": "Запускается кнопкой.",
                            "subtitle": "",
                            "help": "The payload is `trigger.body`.",
                            "help_ru": "Данные запуска — `trigger.body`.",
                            "keywords": ["start"],
                            "ports": [
                                {
                                    "id": "success",
                                    "label": "success",
                                    "description": "The step has succeeded.",
                                    "description_ru": "Шаг выполнен успешно.",
                                }
                            ],
                            "ports_from": None,
                            "parameters_schema": {"type": "object", "properties": {}},
                            "output_schema": {"type": "object"},
                            "output_varies": False,
                            "example": {"parameters": {}},
                            "default_retry": {},
                            "default_parameters": {},
                            "testable": False,
                            "untestable": "A trigger starts a run; it does nothing by itself.",
                            "untestable_ru": "",
                        }
                    ],
                    "total_entries": 1,
                }
            ]
        }
    )

    node_types: list[NodeTypeResponse] = Field(description="The types, triggers first.")
    total_entries: int = Field(description="How many there are.")


class OutputSchemaBody(Body):
    """The parameters of one node."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "parameters": {
                        "operations": [{"operation": "text", "template": "Hello", "each_item": False}]
                    }
                }
            ]
        }
    )

    parameters: dict[str, Any] = Field(
        description="Parameters as the graph holds them; may be incomplete.",
        examples=[{"operations": [{"operation": "text", "template": "Hello", "each_item": False}]}],
    )


class OutputSchemaResponse(Reply):
    """What a node with these parameters hands on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"output_schema": {"type": "string"}}]})

    output_schema: dict[str, Any] = Field(description="JSON Schema of the output; empty when not known.")
