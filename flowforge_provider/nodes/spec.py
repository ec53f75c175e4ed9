"""What a node type is: one class from which palette, form, checks, code and documentation are made."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from flowforge_provider.graph.models import Retry


class Parameters(BaseModel):
    """Base of all parameters models: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid")


class Port(BaseModel):
    """A named output of a node."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(description="Name used by edges: success, error, true, false, a case.")
    label: str = Field(description="Text beside the port on the canvas.")
    description: str = Field(default="", description="When the port is taken.")


SUCCESS = Port(id="success", label="success", description="The step has succeeded.")
ERROR = Port(
    id="error", label="error", description="The step has failed its last try; its output is the error."
)


class NodeType:
    """
    Base of all node types. Subclass it, set the class attributes, and name it in the entry point group
    ``flowforge.node_types``.
    """

    type: ClassVar[str]
    version: ClassVar[int] = 1
    kind: ClassVar[Literal["trigger", "action"]] = "action"
    title: ClassVar[str]
    title_ru: ClassVar[str] = ""
    group: ClassVar[str]
    # Name of a lucide icon (kebab-case).
    icon: ClassVar[str]
    # One sentence for the palette.
    summary: ClassVar[str]
    summary_ru: ClassVar[str] = ""
    # Markdown for the panel and the documentation page.
    help: ClassVar[str]
    # Extra words that palette search finds it by.
    keywords: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[type[Parameters]]
    ports: ClassVar[tuple[Port, ...]] = (SUCCESS, ERROR)
    # "module:Class" of the operator; imported by generated code only.
    operator: ClassVar[str]
    # Parameters and data that work together, shown in help and run by tests.
    example: ClassVar[dict[str, Any]]
    # JSON Schema of the output, for completion.
    output_schema: ClassVar[dict[str, Any]] = {}
    default_retry: ClassVar[Retry] = Retry()
