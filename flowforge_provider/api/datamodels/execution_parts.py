"""Parts of executions: tries, timeline, why they failed, marks of people, related executions."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from flowforge_provider.api.datamodels.base import Body, Reply
from flowforge_provider.runs.explanation import FailureCategory
from flowforge_provider.runs.states import ExecutionState, StepState

_MOMENT = "2026-01-05T09:05:00Z"


class StepTry(Reply):
    """One try of a step."""

    try_number: int = Field(description="Which try, from 1.")
    state: StepState = Field(description="How it ended, or where it is; up_for_retry: another one followed.")
    scheduled_at: datetime | None = Field(description="When the scheduler chose it, UTC.")
    queued_at: datetime | None = Field(description="When it was handed to the executor, UTC.")
    started_at: datetime | None = Field(description="When a worker began it, UTC.")
    ended_at: datetime | None = Field(description="When it ended, UTC.")
    duration_s: float | None = Field(description="Seconds from start to end; null while it runs.")
    input: Any = Field(
        description=(
            "Its parameters with their expressions filled in, masked; null where it ended without a word "
            "before the next one, and in answers with several steps: read the step alone."
        )
    )
    output: Any = Field(
        description="The output of the newest try, masked; a try that failed has none. Null as input is."
    )
    error: Any = Field(
        description="Why it failed: type, code, message, detail, try_number; null where nothing was recorded."
    )
    hostname: str | None = Field(description="The worker's host.")
    queue: str | None = Field(description="The executor's queue that it waited in.")
    retry_reason: str | None = Field(description="Why another try followed, or why none did.")
    log_available: bool = Field(description="Whether a worker has begun it, so that there is a log to read.")
    airflow_url: str = Field(description="Its page in Airflow's own interface.")


class TimelineBar(Reply):
    """One try of one task of an execution, for a chart over time."""

    node_id: str = Field(description="The step.")
    name: str = Field(description="The step's name.")
    try_number: int = Field(description="Which try, from 1; 0: it has not begun.")
    map_index: int = Field(description="Which task of a step in a loop; -1 outside of loops.")
    state: StepState = Field(description="Its state.")
    scheduled_at: datetime | None = Field(description="From here on it waited for its turn, UTC.")
    queued_at: datetime | None = Field(description="From here on it waited for a worker, UTC.")
    started_at: datetime | None = Field(description="From here on it ran, UTC.")
    ended_at: datetime | None = Field(description="When it ended, UTC; null while it runs.")


class TimelineMoment(Reply):
    """Something that happened to an execution as a whole."""

    at: datetime = Field(description="When, UTC.")
    kind: Literal["created", "started", "ended", "cancelled", "handled"] = Field(description="What happened.")
    by: str | None = Field(description="Who did it, where it was a person.")


class Timeline(Reply):
    """When what of an execution waited and ran."""

    bars: list[TimelineBar] = Field(description="All tries, in the order in which they began.")
    moments: list[TimelineMoment] = Field(description="What happened to the whole, in order.")
    truncated: bool = Field(description="There are more tries than are listed here.")


class ExecutionLink(Reply):
    """Another execution that has to do with this one."""

    execution_id: str = Field(description="Its id.")
    workflow_id: str = Field(description="Its workflow.")
    workflow_name: str | None = Field(description="The workflow's name; null where the user may not see it.")
    state: ExecutionState | None = Field(
        description="Its state; null where it is gone, or the user may not see it."
    )
    node_id: str | None = Field(description="The step by which one has started the other.")
    item_index: int | None = Field(description="For a step in a loop: place of the item in the list, from 0.")


class Failure(Reply):
    """A failure in plain words; in the language of Accept-Language, en or ru."""

    node_id: str | None = Field(description="The step that failed first; null when no step did.")
    node_name: str | None = Field(description="Its name.")
    code: str = Field(description="The error's code, as docs/errors.md lists them.")
    category: FailureCategory = Field(description="What kind of cause it is.")
    title: str = Field(description="What went wrong, in one line.")
    message: str = Field(description="What the step reported.")
    tried: str = Field(description="What was tried: how often, and why not more often.")
    advice: str = Field(description="What to do next.")
    detail: Any = Field(
        description="Request, answer, SQL state and the like, masked; null in lists and where there is none."
    )
    fingerprint: str = Field(description="Shared by failures of the workflow that have the same cause.")


class Handled(Reply):
    """A mark that somebody has looked after an execution."""

    by: str = Field(description="Who has marked it.")
    at: datetime = Field(description="When, UTC.")
    comment: str = Field(description="What they noted.")


class HandledBody(Body):
    """What to note about an execution that was looked after."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"comment": "Refunded by hand, ticket 4711."}]})

    comment: str = Field(default="", max_length=4000, description="What was found or done.")


class HandledManyBody(Body):
    """Which executions to mark, or to take the mark from."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ids": ["orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60"],
                    "handled": True,
                    "comment": "The shop was down; all orders came in again.",
                }
            ]
        }
    )

    ids: list[str] = Field(min_length=1, max_length=200, description="Ids of executions.")
    handled: bool = Field(default=True, description="false takes the mark away.")
    comment: str = Field(default="", max_length=4000, description="What was found or done, for all of them.")


class HandledRefusal(Reply):
    """An execution that was not marked."""

    id: str = Field(description="Its id.")
    code: str = Field(description="Why: execution-not-found or forbidden.")
    message: str = Field(description="The same in words.")


class HandledManyResponse(Reply):
    """What became of many marks."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ids": ["orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60"], "refused": []}]
        }
    )

    ids: list[str] = Field(description="Executions that are marked now, or unmarked.")
    refused: list[HandledRefusal] = Field(description="The others, each with a reason.")
