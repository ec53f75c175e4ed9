"""Dead letters: what failed for good, grouped by cause."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from flowforge_provider.api.datamodels.base import Body, Reply

DeadLetterState = Literal["open", "redriven", "handled", "recovered"]

_REDRIVE: JsonDict = {
    "id": "0198c0de7b7c7a6e8f0a1b2c3d4e5f60",
    "group_id": "5f0c1d2e3a4b5c6d7e8f9a0b1c2d3e4f",
    "state": "running",
    "revision": "latest",
    "per_minute": 30,
    "total": 120,
    "started": 12,
    "failed": 0,
    "created_by": "ann",
    "created_at": "2026-07-25T11:00:00Z",
    "finished_at": None,
    "error": None,
}
_GROUP: JsonDict = {
    "id": "5f0c1d2e3a4b5c6d7e8f9a0b1c2d3e4f",
    "workflow_id": "orders",
    "workflow_name": "Orders",
    "source": "execution",
    "node_id": "get_product",
    "node_name": "Get the product",
    "title": 'The service that "Get the product" uses has failed',
    "message": "The server answered 503",
    "code": "http-status",
    "cause": "The server answered 0",
    "sample": "The server answered 503",
    "sample_execution_id": "orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60",
    "open": 120,
    "total": 130,
    "first_at": "2026-07-25T10:15:00Z",
    "last_at": "2026-07-25T10:45:00Z",
    "redrive": _REDRIVE,
}
_ENTRY: JsonDict = {
    "id": "orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60",
    "execution_id": "orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60",
    "delivery_id": None,
    "failed_at": "2026-07-25T10:15:00Z",
    "message": "The server answered 503",
    "state": "open",
    "comment": None,
    "settled_at": None,
    "settled_by": None,
    "redriven_as": None,
}


class Redrive(Reply):
    """Dead letters on their way again, some a minute."""

    id: str = Field(description="Id of the re-drive.")
    group_id: str = Field(description="Which group's.")
    state: Literal["running", "stopped", "done"] = Field(description="Whether it goes on.")
    revision: Literal["latest", "original"] = Field(description="Revision that the new executions run.")
    per_minute: int = Field(description="Most of them that start in a minute.")
    total: int = Field(description="How many are to be started.")
    started: int = Field(description="How many were.")
    failed: int = Field(description="How many could not be started; they stay dead letters.")
    created_by: str = Field(description="Who asked for it.")
    created_at: datetime = Field(description="When.")
    finished_at: datetime | None = Field(description="When it was done or stopped.")
    error: str | None = Field(description="Why the last one that could not be started was not.")


class RedriveResponse(Redrive):
    """A re-drive."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REDRIVE]})


class DeadLetterGroup(Reply):
    """Executions or deliveries of one workflow that failed for one cause."""

    id: str = Field(description="Id of the group; the same cause has the same id.")
    workflow_id: str = Field(description="Id of the workflow.")
    workflow_name: str = Field(description="Name of the workflow; its id when it was deleted.")
    source: Literal["execution", "delivery"] = Field(
        description="execution: it ran and failed; delivery: it was accepted and never became an execution."
    )
    node_id: str | None = Field(description="The step that failed; null when none did.")
    node_name: str | None = Field(description="What people call that step.")
    title: str = Field(description="What went wrong, in plain words.")
    message: str = Field(description="The newest report, in the caller's language where its text is known.")
    code: str = Field(description="Kind of the error: kebab-case.")
    cause: str = Field(
        description="The message without what differs from one to the next: numbers are 0, other values *."
    )
    sample: str = Field(description="The newest message as it was.")
    sample_execution_id: str | None = Field(description="The newest execution of the group.")
    open: int = Field(description="How many nobody has dealt with.")
    total: int = Field(description="How many there have been.")
    first_at: datetime = Field(description="When the first one failed.")
    last_at: datetime = Field(description="When the newest one failed.")
    redrive: Redrive | None = Field(description="The newest re-drive of the group.")


class DeadLetterGroupResponse(DeadLetterGroup):
    """One group."""

    model_config = ConfigDict(json_schema_extra={"examples": [_GROUP]})


class DeadLetterCollectionResponse(Reply):
    """Part of the groups."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"groups": [_GROUP], "total_open": 120, "next_cursor": None}]}
    )

    groups: list[DeadLetterGroup] = Field(description="Those that failed last come first.")
    total_open: int = Field(description="Dead letters that nobody has dealt with, in all that match.")
    next_cursor: str | None = Field(description="Send it back for the next page; null at the end.")


class DeadLetter(Reply):
    """One execution or delivery that failed for good."""

    id: str = Field(description="Id of the dead letter: the execution's.")
    execution_id: str = Field(description="Id of the execution, or the one the delivery was promised.")
    delivery_id: str | None = Field(description="The delivery that never became an execution.")
    failed_at: datetime = Field(description="When.")
    message: str = Field(description="The error, beginning of.")
    state: DeadLetterState = Field(
        description="open; redriven: started again; handled: discarded or marked; recovered: succeeded since."
    )
    comment: str | None = Field(description="What was said when it was discarded.")
    settled_at: datetime | None = Field(description="When it was dealt with.")
    settled_by: str | None = Field(description="Who dealt with it.")
    redriven_as: str | None = Field(description="The execution that it was started again as.")


class DeadLetterEntriesResponse(Reply):
    """Part of a group."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"entries": [_ENTRY], "next_cursor": None}]})

    entries: list[DeadLetter] = Field(description="Newest first.")
    next_cursor: str | None = Field(description="Send it back for the next page; null at the end.")


class RedriveBody(Body):
    """How to start dead letters again."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"revision": "latest", "per_minute": 30}]}
    )

    ids: list[str] | None = Field(
        default=None, min_length=1, max_length=1000, description="Only these; all open ones when omitted."
    )
    revision: Literal["latest", "original"] = Field(
        default="latest", description="Run the live revision, or the one that failed."
    )
    per_minute: int = Field(default=60, ge=1, le=6000, description="Most that start in a minute.")


class DiscardBody(Body):
    """Mark dead letters as dealt with."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"comment": "Sent by hand"}]})

    ids: list[str] | None = Field(
        default=None, min_length=1, max_length=1000, description="Only these; all open ones when omitted."
    )
    comment: str = Field(default="", max_length=2000, description="Why.")


class DiscardResponse(Reply):
    """What was marked."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"settled": 120}]})

    settled: int = Field(description="How many were marked.")
