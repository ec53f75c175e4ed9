"""Workflows, their revisions, and what can be done to them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from flowforge_provider.api.datamodels.base import Body, Reply
from flowforge_provider.graph.issues import Issue
from flowforge_provider.graph.models import Graph

WorkflowName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
ExecutionState = Literal["queued", "running", "success", "failed", "cancelled"]
Message = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]

GRAPH_EXAMPLE: JsonDict = {
    "format": "flowforge/v1",
    "name": "Orders",
    "nodes": [
        {"id": "start", "type": "manual"},
        {
            "id": "total",
            "type": "transform",
            "parameters": {
                "operations": [
                    {
                        "operation": "set_fields",
                        "fields": [{"name": "total", "value": "{{ trigger.body.quantity * 10 }}"}],
                    }
                ]
            },
        },
    ],
    "edges": [{"source": "start", "target": "total"}],
}
COMPILED_EXAMPLE = 'from airflow.sdk import DAG\n\nwith DAG(dag_id="orders"):\n    ...\n'
_ISSUE_EXAMPLE: JsonDict = {
    "code": "missing-parameter",
    "message": 'Node "get_product": the URL is empty. Enter an address.',
    "severity": "error",
    "node_id": "get_product",
    "edge_id": None,
    "field": "parameters.url",
}

_SUMMARY_EXAMPLE: JsonDict = {
    "id": "orders",
    "name": "Orders",
    "description": "Works an order's total out.",
    "tags": ["sales"],
    "state": "published",
    "version": 4,
    "trigger_type": "manual",
    "trigger_types": ["manual"],
    "schedule_active": True,
    "node_types": ["manual", "transform"],
    "issue_count": 0,
    "created_at": "2026-01-05T08:00:00Z",
    "created_by": "ann",
    "updated_at": "2026-01-05T08:30:00Z",
    "updated_by": "ann",
    "published_at": "2026-01-05T08:31:00Z",
    "published_seq": 1767600000,
    "published_revision": 3,
    "last_run": {
        "execution_id": "orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60",
        "state": "success",
        "started_at": "2026-01-05T09:00:00Z",
        "ended_at": "2026-01-05T09:00:02Z",
    },
    "next_run_at": None,
}
_REVISION_EXAMPLE: JsonDict = {
    "number": 3,
    "message": "Ask the new price list",
    "created_at": "2026-01-05T08:31:00Z",
    "created_by": "ann",
    "published": True,
    "live": True,
}

# Any version of the document is accepted and migrated, hence no stricter type.
GraphDocument = Annotated[
    dict[str, Any],
    Field(
        description="A graph document (schema Graph); fields with a default may be left out, and older "
        "formats are migrated.",
        examples=[GRAPH_EXAMPLE],
    ),
]


class LastRun(Reply):
    """The newest execution of a workflow."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "execution_id": "orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60",
                    "state": "success",
                    "started_at": "2026-01-05T09:00:00Z",
                    "ended_at": "2026-01-05T09:00:02Z",
                }
            ]
        }
    )

    execution_id: str = Field(description="Id of the execution.")
    state: ExecutionState = Field(description="Its state.")
    started_at: datetime | None = Field(description="When it started.")
    ended_at: datetime | None = Field(description="When it ended.")


class WorkflowSummary(Reply):
    """A workflow as a line of a list."""

    id: str = Field(description="Id; also the dag_id.")
    name: str = Field(description="Name.")
    description: str = Field(description="What it is for.")
    tags: list[str] = Field(description="Labels.")
    state: Literal["draft", "published", "changed"] = Field(
        description="draft: not published; published: the draft is what is live; changed: the draft differs."
    )
    version: int = Field(description="Version of the draft, which is also its ETag.")
    trigger_type: str | None = Field(description="Node type of the trigger, when there is one.")
    trigger_types: list[str] = Field(description="Node types of all its triggers, without repeats.")
    schedule_active: bool = Field(
        description="Whether its schedules fire; see /api/cron/activate. Without a schedule it means nothing."
    )
    node_types: list[str] = Field(description="Types of all nodes in the draft, without repeats.")
    issue_count: int = Field(description="Errors and warnings in the draft.")
    created_at: datetime = Field(description="When it was created.")
    created_by: str = Field(description="Who created it.")
    updated_at: datetime = Field(description="When the draft was last saved.")
    updated_by: str = Field(description="Who saved it last.")
    published_at: datetime | None = Field(description="When the live revision was published.")
    published_seq: int | None = Field(description="Number of the live publication.")
    published_revision: int | None = Field(description="Number of the live revision.")
    last_run: LastRun | None = Field(description="The newest execution.")
    next_run_at: datetime | None = Field(description="When the schedule starts it next.")


class WorkflowResponse(WorkflowSummary):
    """A workflow with its draft."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**_SUMMARY_EXAMPLE, "graph": GRAPH_EXAMPLE, "issues": [], "runnable": True}]
        }
    )

    graph: Graph = Field(description="The draft.")
    issues: list[Issue] = Field(description="Findings about the draft; errors keep it from being published.")
    runnable: bool = Field(description="Whether Airflow can run the live revision right now.")


class WorkflowCollectionResponse(Reply):
    """A part of the list of workflows."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"workflows": [_SUMMARY_EXAMPLE], "total_entries": 1}]}
    )

    workflows: list[WorkflowSummary] = Field(description="The asked part of the list.")
    total_entries: int = Field(description="How many workflows match.")


class WorkflowBody(Body):
    """A new workflow."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Orders", "graph": GRAPH_EXAMPLE}]})

    name: WorkflowName = Field(description="Name.", examples=["Orders"])
    graph: GraphDocument | None = Field(default=None, description="Draft to start with; empty when absent.")


class WorkflowPatchBody(Body):
    """A change of a draft; what is absent stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Orders", "graph": GRAPH_EXAMPLE}]})

    name: WorkflowName | None = Field(default=None, description="New name.")
    graph: GraphDocument | None = Field(default=None, description="New draft.")


class WorkflowDuplicateBody(Body):
    """How to copy a workflow."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Orders of the other shop"}]})

    name: WorkflowName | None = Field(default=None, description="Name of the copy; derived when absent.")


class WorkflowImportBody(Body):
    """A graph document from elsewhere."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"document": GRAPH_EXAMPLE}]})

    graph: GraphDocument | None = Field(default=None, description="The document; or give it as `document`.")
    document: GraphDocument | None = Field(default=None, description="The document; the same as `graph`.")
    name: WorkflowName | None = Field(default=None, description="Name; the document's own when absent.")


class GraphBody(Body):
    """A graph to look at, without saving it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"graph": GRAPH_EXAMPLE}]})

    graph: GraphDocument


class ValidationResponse(Reply):
    """Findings about a graph."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"valid": False, "issues": [_ISSUE_EXAMPLE]}]})

    valid: bool = Field(description="Whether it could be published: no issue is an error.")
    issues: list[Issue] = Field(description="All findings.")


class CompileResponse(Reply):
    """A compiled graph."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"source": COMPILED_EXAMPLE, "dag_id": "orders"}]}
    )

    source: str = Field(description="Python source of the Dag.")
    dag_id: str = Field(description="Id of the Dag.")


class PublishBody(Body):
    """A publication."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"message": "Ask the new price list"}]})

    message: Message = Field(default="", description="What changed, for the list of revisions.")


class PublishResponse(Reply):
    """A publication that was made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "seq": 1767600000,
                    "revision": 3,
                    "state": "runnable",
                    "dag_id": "orders",
                    "reason": "",
                    "issues": [],
                }
            ]
        }
    )

    seq: int = Field(description="Number of the publication, growing over all workflows.")
    revision: int = Field(description="Number of the revision that is now live.")
    state: Literal["published", "runnable"] = Field(
        description="runnable: Airflow can run it now; published: it will be able to after its next scan."
    )
    dag_id: str = Field(description="Id of the Dag.")
    reason: str = Field(description="Why Airflow cannot run it yet; empty when it can.")
    issues: list[Issue] = Field(description="Warnings about the graph.")


class ScheduleResponse(Reply):
    """The schedule of a workflow, after it was switched."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "workflow_id": "orders",
                    "schedule_active": True,
                    "seq": 1767600000,
                    "next_run_at": "2026-01-06T06:00:00Z",
                    "reason": "",
                }
            ]
        }
    )

    workflow_id: str = Field(description="The workflow.")
    schedule_active: bool = Field(description="Whether its schedules fire.")
    seq: int = Field(description="Number of the live publication; the revision stays the same.")
    next_run_at: datetime | None = Field(description="When the schedule starts it next.")
    reason: str = Field(description="Why Airflow does not know it yet; empty when it does.")


class UnpublishResponse(Reply):
    """An end of a publication."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"seq": 43, "state": "unpublished"}]})

    seq: int = Field(description="Number of the publication that ended it.")
    state: Literal["unpublished"] = Field(description="Always unpublished.")


class RevisionSummary(Reply):
    """A saved state of a workflow."""

    number: int = Field(description="Number, counted in each workflow from 1.")
    message: str = Field(description="What changed.")
    created_at: datetime = Field(description="When it was saved.")
    created_by: str = Field(description="Who saved it.")
    published: bool = Field(description="Whether it was ever published.")
    live: bool = Field(description="Whether it is what runs now.")


class RevisionResponse(RevisionSummary):
    """A saved state with its graph."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_REVISION_EXAMPLE, "graph": GRAPH_EXAMPLE}]})

    graph: Graph = Field(description="The graph as it was saved.")


class RevisionCollectionResponse(Reply):
    """A part of the list of revisions."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"revisions": [_REVISION_EXAMPLE], "total_entries": 1}]}
    )

    revisions: list[RevisionSummary] = Field(description="The asked part of the list, newest first.")
    total_entries: int = Field(description="How many revisions there are.")
