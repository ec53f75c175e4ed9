"""The graph document ``flowforge/v1``: what the editor saves and the compiler reads."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from flowforge_provider.exceptions import ERROR_KINDS
from flowforge_provider.graph.ids import NodeIdField, PortIdField, TagField, WorkflowIdField
from flowforge_provider.redaction.rules import MAX_RULES, RULE_LENGTH

FORMAT: Literal["flowforge/v1"] = "flowforge/v1"

LOWEST_PRIORITY = -10
HIGHEST_PRIORITY = 10
# More than Airflow's own weights, which count the tasks of a Dag.
_WEIGHT_OF_LEVEL = 10_000


def weight_of_priority(priority: int) -> int:
    """Return the weight that Airflow's scheduler compares; of the normal priority, that of a single task."""
    return _WEIGHT_OF_LEVEL * priority + 1


class GraphModel(BaseModel):
    """Base of all parts of the document: unknown fields are errors, values never change in place."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Position(GraphModel):
    """Where a node is drawn, in canvas pixels; has no meaning for the run."""

    x: float = Field(default=0, description="Pixels to the right of the origin.", allow_inf_nan=False)
    y: float = Field(default=0, description="Pixels below the origin.", allow_inf_nan=False)


# A kind of error, an HTTP status or a range of them, or the code of an error.
RetryRule = Annotated[
    str,
    StringConstraints(
        max_length=100,
        pattern=rf"^({'|'.join(ERROR_KINDS)}|[1-5]xx|[1-5][0-9]{{2}}(-[1-5][0-9]{{2}})?|[a-z][a-z0-9]*(-[a-z0-9]+)+)$",
    ),
]


class Retry(GraphModel):
    """How a failed step is tried again."""

    retries: int = Field(default=0, ge=0, le=100, description="Tries after the first one.")
    delay_s: float = Field(default=30, ge=0, le=86_400, description="Seconds before the next try.")
    exponential_backoff: bool = Field(default=False, description="Double the delay after each try.")
    max_delay_s: float | None = Field(
        default=None, gt=0, le=86_400, description="Upper bound of the delay in seconds."
    )
    jitter: bool = Field(
        default=True,
        description="Shorten each delay by up to a half, so that many runs do not come back at once.",
    )
    retry_on: list[RetryRule] | None = Field(
        default=None,
        max_length=50,
        description=(
            "Errors that are tried again: connection, timeout, rate_limit, database_conflict, HTTP statuses "
            "(429, 5xx, 500-599), error codes (http-tls). Empty: all that another try could mend. "
            "Null: those of the node type."
        ),
    )
    never_on: list[RetryRule] | None = Field(
        default=None,
        max_length=50,
        description=(
            "Errors that are not tried again, whatever retry_on says; also: unexpected. "
            "Null: those of the node type."
        ),
    )


RedactionRule = Annotated[str, StringConstraints(min_length=1, max_length=RULE_LENGTH, strip_whitespace=True)]

#: bytes that the data pinned to one node, and to all nodes together, may have as JSON
MAX_PIN_BYTES = 131_072
MAX_PINS_BYTES = 1_048_576


class Pinned(GraphModel):
    """Sample data of a node: what tests and previews take for its output. Runs never see it."""

    output: Any = Field(description="The output; of a trigger, what started the run, or its payload alone.")
    execution_id: str | None = Field(
        default=None, max_length=600, description="The execution that it was taken from."
    )

    @field_validator("output")
    @classmethod
    def _is_small(cls, value: Any) -> Any:
        size = json_bytes(value)
        if size > MAX_PIN_BYTES:
            raise ValueError(
                f"Pinned data may have {MAX_PIN_BYTES} bytes as JSON, and this has {size}. Pin a "
                "smaller sample."
            )
        return value


def json_bytes(value: Any) -> int:
    """Return the size of a value as JSON text; more than any bound when it is no JSON."""
    try:
        return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    except (TypeError, ValueError, RecursionError):
        return sys.maxsize


class Node(GraphModel):
    """One box of the drawing: a trigger or an action."""

    id: NodeIdField = Field(description="Slug, unique in the graph, stable across renames; the task_id.")
    type: str = Field(min_length=1, max_length=200, description="Node type, for example http.request.")
    type_version: int = Field(default=1, ge=1, description="Version of the node type's parameters.")
    name: str = Field(default="", max_length=200, description="What people call the node; the id when empty.")
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="Parameters of the node type; strings may hold {{ expressions }}."
    )
    position: Position = Field(default_factory=Position, description="Where the node is drawn.")
    retry: Retry | None = Field(default=None, description="Retry settings; the node type's own when absent.")
    timeout_s: float | None = Field(
        default=None, gt=0, le=604_800, description="Seconds after which one try is stopped."
    )
    notes: str = Field(
        default="", max_length=10_000, description="Free text; becomes the task's documentation."
    )
    pinned: Pinned | None = Field(
        default=None,
        # A node without it is written as ever, and so keeps its digest.
        exclude_if=lambda value: value is None,
        description="Sample data for tests and previews; kept with the draft alone.",
    )

    @property
    def label(self) -> str:
        """Return the name, or the id of a node without one."""
        return self.name or self.id


class Edge(GraphModel):
    """A connection from an output port of one node to another node."""

    source: NodeIdField = Field(description="Node where the edge starts.")
    source_port: PortIdField = Field(default="success", description="Output port of the source node.")
    target: NodeIdField = Field(description="Node where the edge ends.")

    @property
    def id(self) -> str:
        """Return the edge's identity, ``source.port->target``; two equal edges are one edge twice."""
        return f"{self.source}.{self.source_port}->{self.target}"


class Settings(GraphModel):
    """Settings of the whole workflow."""

    description: str = Field(default="", max_length=10_000, description="What the workflow is for.")
    timezone: str = Field(default="UTC", max_length=100, description="IANA time zone of schedules and dates.")
    max_active_runs: int = Field(default=16, ge=1, le=1000, description="Executions that may run at once.")
    priority: int = Field(
        default=0,
        ge=LOWEST_PRIORITY,
        le=HIGHEST_PRIORITY,
        description="Whose steps get a worker first when there are not enough; higher goes first.",
    )
    tags: list[TagField] = Field(default_factory=list, max_length=50, description="Labels to find it by.")
    variables: dict[str, Any] = Field(
        default_factory=dict, description="Constants for expressions: vars.<name>. No secrets."
    )
    redact: list[RedactionRule] = Field(
        default_factory=list,
        max_length=MAX_RULES,
        # A workflow without rules is written as ever, and so keeps its digest.
        exclude_if=lambda value: not value,
        description=(
            "What executions hide: JSONPaths (RFC 9535) from $.trigger.body, $.trigger.headers, "
            "$.trigger.query, and $.steps.<id>.input, .output, .error or .item (of a loop)."
        ),
    )
    keep_days: int | None = Field(
        default=None,
        ge=0,
        le=36_500,
        exclude_if=lambda value: value is None,
        description="Days for which ended executions are kept; 0: for ever, null: as for all workflows.",
    )


class Graph(GraphModel):
    """A whole workflow as a document."""

    format: Literal["flowforge/v1"] = Field(default=FORMAT, description="Version of this format.")
    id: WorkflowIdField = Field(default="untitled", description="Workflow id; the dag_id. Set by the store.")
    name: str = Field(default="Untitled", min_length=1, max_length=200, description="What people call it.")
    settings: Settings = Field(default_factory=Settings, description="Settings of the whole workflow.")
    nodes: list[Node] = Field(default_factory=list, description="The boxes; order has no meaning.")
    edges: list[Edge] = Field(default_factory=list, description="The connections; order has no meaning.")

    @model_validator(mode="after")
    def _pins_are_few(self) -> Graph:
        size = sum(json_bytes(node.pinned.output) for node in self.nodes if node.pinned is not None)
        if size > MAX_PINS_BYTES:
            raise ValueError(
                f"The data pinned to all nodes may have {MAX_PINS_BYTES} bytes as JSON, and this has {size}. "
                "Take some pins away."
            )
        return self
