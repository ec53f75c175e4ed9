"""Models of two executions beside each other."""

from typing import Any, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from flowforge_provider.api.datamodels.base import Reply
from flowforge_provider.api.datamodels.executions import SUMMARY_EXAMPLE, ExecutionSummary
from flowforge_provider.runs.states import StepState

_SIDE_EXAMPLE: JsonDict = {"state": "success", "duration_s": 1.0, "tries": 1}


class ValueChange(Reply):
    """One place at which two JSON values differ."""

    op: Literal["add", "remove", "replace"] = Field(
        description="add: only the right one has it; remove: only the left one; replace: both, differently."
    )
    path: str = Field(description="Where, as a JSON Pointer (RFC 6901); empty: the value as a whole.")
    left: Any = Field(description="The value on the left; null with add. Long ones are cut off.")
    right: Any = Field(description="The value on the right; null with remove. Long ones are cut off.")


class ValueDifference(Reply):
    """How a value on the left differs from one on the right."""

    changes: list[ValueChange] = Field(description="The places; none where both are alike.")
    truncated: bool = Field(description="There are more differences, or a value is too large to compare.")


class StepSide(Reply):
    """A step in one of two executions."""

    state: StepState = Field(description="Its state.")
    duration_s: float | None = Field(description="Seconds of the last try.")
    tries: int = Field(description="Tries that were begun.")


class StepComparison(Reply):
    """One step in two executions; steps are told by their node's id."""

    node_id: str = Field(description="The node.")
    name: str = Field(description="Its name, on the right where there are two.")
    type: str = Field(description="Its type, on the right where there are two.")
    left: StepSide | None = Field(description="On the left; null where its graph has no such node.")
    right: StepSide | None = Field(description="On the right; null where its graph has no such node.")
    differs: bool = Field(description="Whether anything but times differs.")
    duration_change_s: float | None = Field(description="Seconds that the right one took longer.")
    input: ValueDifference = Field(description="Differences of the rendered parameters.")
    output: ValueDifference = Field(description="Differences of the outputs.")
    error: ValueDifference = Field(description="Differences of the errors.")


class NodeComparison(Reply):
    """A node that differs between two graphs."""

    node_id: str = Field(description="The node.")
    name: str = Field(description="Its name, on the right where there are two.")
    change: Literal["added", "removed", "changed"] = Field(description="added: only the right graph has it.")
    changes: list[ValueChange] = Field(description="What of it has changed; its place on the canvas aside.")


class ExecutionComparison(Reply):
    """Two executions beside each other."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "left": SUMMARY_EXAMPLE,
                    "right": SUMMARY_EXAMPLE,
                    "same_graph": True,
                    "trigger": {"changes": [], "truncated": False},
                    "nodes": [],
                    "edges_added": [],
                    "edges_removed": [],
                    "steps": [
                        {
                            "node_id": "total",
                            "name": "Work out the total",
                            "type": "transform",
                            "left": _SIDE_EXAMPLE,
                            "right": _SIDE_EXAMPLE,
                            "differs": True,
                            "duration_change_s": 0.0,
                            "input": {"changes": [], "truncated": False},
                            "output": {
                                "changes": [{"op": "replace", "path": "/total", "left": 20, "right": 30}],
                                "truncated": False,
                            },
                            "error": {"changes": [], "truncated": False},
                        }
                    ],
                }
            ]
        }
    )

    left: ExecutionSummary = Field(description="The execution that the path names.")
    right: ExecutionSummary = Field(description="The one that `with` names.")
    same_graph: bool = Field(description="Whether both ran the same graph, places on the canvas aside.")
    trigger: ValueDifference = Field(description="Differences of what started them.")
    nodes: list[NodeComparison] = Field(description="Nodes that differ between the graphs.")
    edges_added: list[str] = Field(description="Edges of the right graph only: `source.port -> target`.")
    edges_removed: list[str] = Field(description="Edges of the left graph only.")
    steps: list[StepComparison] = Field(description="All steps, in the order in which they run.")
