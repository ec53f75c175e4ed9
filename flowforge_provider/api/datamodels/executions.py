"""Models of executions, their steps and their logs."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from flowforge_provider.api.datamodels.base import Body, Reply
from flowforge_provider.api.datamodels.execution_parts import (
    ExecutionLink,
    Failure,
    Handled,
    StepTry,
    Timeline,
)
from flowforge_provider.api.datamodels.repair import RerunOf
from flowforge_provider.api.datamodels.workflows import GRAPH_EXAMPLE
from flowforge_provider.graph.models import Graph
from flowforge_provider.runs.states import ExecutionState, StepState

_RUN_ID = "manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60"
_EXECUTION_ID = f"orders.{_RUN_ID}"
SUMMARY_EXAMPLE: JsonDict = {
    "id": _EXECUTION_ID,
    "workflow_id": "orders",
    "workflow_name": "Orders",
    "run_id": _RUN_ID,
    "state": "success",
    "trigger_type": "manual",
    "revision": 3,
    "seq": 1767600000,
    "created_at": "2026-01-05T09:00:00Z",
    "started_at": "2026-01-05T09:00:00Z",
    "ended_at": "2026-01-05T09:00:02Z",
    "duration_s": 2.0,
    "failure": None,
    "handled": None,
    "rerun_of": None,
}
_STEP_EXAMPLE: JsonDict = {
    "node_id": "total",
    "name": "Work out the total",
    "type": "transform",
    "state": "success",
    "tries": 1,
    "max_tries": 1,
    "started_at": "2026-01-05T09:00:01Z",
    "ended_at": "2026-01-05T09:00:02Z",
    "duration_s": 1.0,
    "input": {
        "input": None,
        "operations": [{"operation": "set_fields", "fields": [{"name": "total", "value": 20}]}],
    },
    "output": {"total": 20},
    "error": None,
    "omitted": [],
    "items": None,
    "child_execution_id": None,
    "attempts": [
        {
            "try_number": 1,
            "state": "success",
            "scheduled_at": "2026-01-05T09:00:00Z",
            "queued_at": "2026-01-05T09:00:00Z",
            "started_at": "2026-01-05T09:00:01Z",
            "ended_at": "2026-01-05T09:00:02Z",
            "duration_s": 1.0,
            "input": None,
            "output": None,
            "error": None,
            "hostname": "worker-1",
            "queue": "default",
            "retry_reason": None,
            "log_available": True,
            "airflow_url": f"https://airflow.example.com/dags/orders/runs/{_RUN_ID}/tasks/total?try_number=1",
        }
    ],
    "reused": False,
    "reused_from": None,
}
_EXECUTION_EXAMPLE: JsonDict = {
    **SUMMARY_EXAMPLE,
    "trigger": {
        "type": "manual",
        "id": "start",
        "received_at": "2026-01-05T09:00:00+00:00",
        "scheduled_at": None,
        "delivery_id": None,
        "method": None,
        "body": {"id": 7, "quantity": 2},
        "headers": {},
        "query": {},
        "parent": None,
    },
    "steps": [_STEP_EXAMPLE],
    "result": None,
    "graph": GRAPH_EXAMPLE,
    "error": None,
    "approvals": [],
    "waits_for": None,
    "skipped_because": None,
    "cancelled_at": None,
    "cancelled_by": None,
    "rerun": None,
    "reruns": [],
    "airflow_url": f"https://airflow.example.com/dags/orders/runs/{_RUN_ID}",
    "parent": None,
    "children": [],
    "timeline": {
        "bars": [
            {
                "node_id": "total",
                "name": "Work out the total",
                "try_number": 1,
                "map_index": -1,
                "state": "success",
                "scheduled_at": "2026-01-05T09:00:00Z",
                "queued_at": "2026-01-05T09:00:00Z",
                "started_at": "2026-01-05T09:00:01Z",
                "ended_at": "2026-01-05T09:00:02Z",
            }
        ],
        "moments": [{"at": "2026-01-05T09:00:00Z", "kind": "created", "by": None}],
        "truncated": False,
    },
}


class ExecutionBody(Body):
    """What to start."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"workflow_id": "orders", "payload": {"id": 7, "quantity": 2}}]}
    )

    workflow_id: str = Field(
        min_length=1, max_length=200, description="Id of a published workflow.", examples=["orders"]
    )
    payload: Any = Field(
        default=None,
        description="Any JSON; `trigger.body` in expressions. The trigger's sample when it is left out.",
        examples=[{"id": 7, "quantity": 2}],
    )
    trigger: str | None = Field(
        default=None,
        max_length=63,
        description=(
            "Trigger node that the run begins at, of a workflow with several; the manual one, else the first "
            "by id, when it is left out."
        ),
        examples=["start"],
    )


class ExecutionSummary(Reply):
    """An execution as a line of a list."""

    id: str = Field(description="Id: workflow id, a dot, run id.", examples=[_EXECUTION_ID])
    workflow_id: str = Field(description="The workflow; also the dag_id.")
    workflow_name: str = Field(description="The workflow's present name.")
    run_id: str = Field(description="Airflow's run_id.")
    state: ExecutionState = Field(description="Its state.")
    trigger_type: str = Field(
        description="What started it: webhook, manual, cron, asset, workflow and so on."
    )
    revision: int | None = Field(description="The revision that it runs; null where that is unknown.")
    seq: int | None = Field(description="The publication that it is pinned to.")
    created_at: datetime | None = Field(description="When it was created, UTC.")
    started_at: datetime | None = Field(description="When it started, UTC.")
    ended_at: datetime | None = Field(description="When it ended, UTC.")
    duration_s: float | None = Field(description="Seconds from start to end; null while it runs.")
    failure: Failure | None = Field(default=None, description="For a failed execution: why, in plain words.")
    handled: Handled | None = Field(
        default=None, description="Who has marked it as looked after; null when nobody has."
    )
    rerun_of: str | None = Field(default=None, description="The execution that this one runs again.")


class StepItems(Reply):
    """The items of a loop at a step of its body, counted."""

    loop_id: str = Field(description="The loop in whose body the step is.")
    total: int = Field(description="Number of items.")
    counts: dict[StepState, int] = Field(description="Number of items in each state that there is.")


class Step(Reply):
    """One node in one execution."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STEP_EXAMPLE]})

    node_id: str = Field(description="The node; also the task_id.")
    name: str = Field(description="The node's name in the revision that runs.")
    type: str = Field(description="The node's type.")
    state: StepState = Field(description="Its state; none: not looked at yet.")
    tries: int = Field(description="Tries begun so far; 0 for a step that needs no worker.")
    max_tries: int = Field(description="Tries that it may take.")
    started_at: datetime | None = Field(description="When the present or last try began, UTC.")
    ended_at: datetime | None = Field(description="When it ended, UTC.")
    duration_s: float | None = Field(description="Seconds of the last try; null while it runs.")
    input: Any = Field(description="The parameters with their expressions rendered; secrets are masked.")
    output: Any = Field(description="The output, masked. The trigger's output is what started the run.")
    error: Any = Field(description="Why the last try failed: type, code, message, detail, try_number.")
    omitted: list[str] = Field(
        description="Which of input and output are too large for this answer; read the step alone."
    )
    child_execution_id: str | None = Field(
        default=None, description="The execution of another workflow that the step has started."
    )
    attempts: list[StepTry] = Field(
        default_factory=list,
        description="Each try with its own state, times and error, oldest first; none before the first.",
    )
    reused: bool = Field(
        default=False, description="It did not run here: state and output are those of reused_from."
    )
    reused_from: str | None = Field(
        default=None, description="The execution in which a reused step has really run."
    )
    items: StepItems | None = Field(
        default=None,
        description=(
            "For a step in the body of a loop: its items. The step itself has no input, output and error "
            "then; read those of an item."
        ),
    )


class StepItem(Reply):
    """One item of a loop at a step of its body."""

    index: int = Field(description="Place of the item in the loop's list, from 0.")
    label: str = Field(description="The beginning of the item, to tell it from others; secrets are masked.")
    state: StepState = Field(description="Its state at the step.")
    tries: int = Field(description="Tries begun so far by the task that takes the item.")
    max_tries: int = Field(description="Tries that it may take.")
    started_at: datetime | None = Field(description="When the present or last try of the task began, UTC.")
    ended_at: datetime | None = Field(description="When it ended, UTC.")


class StepItemCollectionResponse(Reply):
    """A page of the items of a step, in the order of the list."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "index": 0,
                            "label": '{"id": 7}',
                            "state": "success",
                            "tries": 1,
                            "max_tries": 1,
                            "started_at": "2026-01-05T09:00:01Z",
                            "ended_at": "2026-01-05T09:00:02Z",
                        }
                    ],
                    "total_entries": 1,
                }
            ]
        }
    )

    items: list[StepItem] = Field(description="The page.")
    total_entries: int = Field(description="Number of all items that match.")


class ApprovalUser(Reply):
    """A user as Airflow's auth manager knows them."""

    id: str = Field(description="Id.")
    name: str = Field(description="Name.")


class ApprovalField(Reply):
    """A field of the form of a question."""

    name: str = Field(description="Name of the value.")
    label: str = Field(description="What people see.")
    type: Literal["text", "long_text", "number", "boolean", "select"] = Field(
        description="What is filled in."
    )
    options: list[str] = Field(description="What can be chosen.")
    value: Any = Field(description="Value that the form starts with.")
    required: bool = Field(description="Whether the first option needs it.")


class ApprovalRequest(Reply):
    """A question that waits for a person."""

    node_id: str = Field(description="The step that asks.")
    map_index: int = Field(description="Which task of a loop asks; -1 outside of loops.")
    title: str = Field(description="The question, in one line.")
    body: str | None = Field(description="What is needed to decide, in Markdown.")
    options: list[str] = Field(description="The answers; the first one approves.")
    fields: list[ApprovalField] = Field(description="The form.")
    assigned_users: list[ApprovalUser] = Field(
        description="Who alone may answer; empty: everybody with the right to."
    )
    requested_at: datetime = Field(description="When it was asked, UTC.")
    expires_at: datetime | None = Field(description="When it expires, UTC; null: never.")


class AnswerBody(Body):
    """The answer to a question."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"option": "Approve", "values": {"comment": "Fine with me."}}]}
    )

    option: str = Field(min_length=1, max_length=200, description="One of the question's options.")
    values: dict[str, Any] = Field(
        default_factory=dict, description="The form: name -> value; the form's own where one is missing."
    )
    map_index: int = Field(default=-1, ge=-1, le=10_000_000, description="Which task of a loop is answered.")


class ExecutionResponse(ExecutionSummary):
    """An execution with its steps and the graph that it runs."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXECUTION_EXAMPLE]})

    trigger: dict[str, Any] = Field(
        description="What started it: type, id, received_at, body, headers, query."
    )
    steps: list[Step] = Field(description="All nodes of its graph, in the order in which they run.")
    result: dict[str, Any] | None = Field(
        description=(
            "What it answers: node_id, status, headers, content (json, text, file or empty), body and "
            "responded_at of the respond step that ran first; null without one. Of an answer that is too "
            "large for this one, omitted is true: read the step alone."
        )
    )
    graph: Graph | None = Field(description="The graph of the revision that runs.")
    error: str | None = Field(description="Why a delivery could not become a run.")
    approvals: list[ApprovalRequest] = Field(
        default_factory=list, description="Questions that wait for an answer now."
    )
    skipped_because: str | None = Field(
        default=None,
        description="Why a scheduled run did nothing: an earlier one was still running, without overlap.",
    )
    waits_for: str | None = Field(description="Why a queued execution does not start: paused.")
    cancelled_at: datetime | None = Field(description="When it was cancelled, UTC.")
    cancelled_by: str | None = Field(description="Who cancelled it.")
    rerun: RerunOf | None = Field(default=None, description="What it runs again, and from where; by whom.")
    reruns: list[str] = Field(
        default_factory=list, description="Executions that run this one again, oldest first; up to 100."
    )
    airflow_url: str = Field(description="Its page in Airflow's own interface.")
    parent: ExecutionLink | None = Field(
        default=None, description="The execution of another workflow that has started this one."
    )
    children: list[ExecutionLink] = Field(
        default_factory=list, description="Executions of other workflows that its steps have started."
    )
    timeline: Timeline | None = Field(
        default=None, description="When what waited and ran; null before there is a run."
    )


class ExecutionCollectionResponse(Reply):
    """A page of executions, newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"executions": [SUMMARY_EXAMPLE], "total_entries": 1, "next_cursor": None}]
        }
    )

    executions: list[ExecutionSummary] = Field(
        description="The page. It may be short, or empty, where much had to be looked through: go on while "
        "next_cursor is there."
    )
    total_entries: int | None = Field(
        description="Number of all executions that match; null where counting them would take long."
    )
    next_cursor: str | None = Field(description="Send it as cursor for what follows; null at the end.")


class LogLine(Reply):
    """One line of a step's log."""

    timestamp: datetime | None = Field(description="When it was written, UTC.")
    level: str = Field(description="debug, info, warning, error or critical.")
    message: str = Field(description="The text; exceptions with their traceback.")


class LogResponse(Reply):
    """A part of a step's log."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lines": [
                        {
                            "timestamp": "2026-01-05T09:00:01Z",
                            "level": "info",
                            "message": "GET https://shop.example.com/7: 200",
                        }
                    ],
                    "next_token": None,
                    "done": True,
                    "truncated": False,
                    "try_number": 1,
                }
            ]
        }
    )

    lines: list[LogLine] = Field(description="The lines that are new since the token; all without one.")
    next_token: str | None = Field(description="Send it to get what follows; null at the end.")
    done: bool = Field(description="Nothing more will come: the try has ended and all of it was read.")
    truncated: bool = Field(
        default=False, description="There is more than 5000 lines at once; the download has all of it."
    )
    try_number: int = Field(description="The try that the log is of.")
