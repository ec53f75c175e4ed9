"""What a step's test is told: the node, its surroundings, and the data that it sees; JSON."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["CONF_KEY", "PURPOSE", "TestDocument"]

CONF_KEY = "flowforge_step_test"
PURPOSE = "step-test"


class TestDocument(BaseModel):
    """
    One step to test.

    ``before`` are the nodes that come before it, each with those just before it; ``triggers`` are all of the
    workflow's. ``data`` holds ``trigger``, ``steps`` (node -> output) and, in a loop, ``item`` and
    ``item_index``.
    """

    # Not a test of pytest's.
    __test__ = False
    model_config = ConfigDict(extra="forbid")

    workflow_id: str
    workflow_name: str
    timezone: str
    variables: dict[str, Any]
    node_id: str
    # "module:Class"; the worker then need not load all node types to find it.
    operator: str
    parameters: dict[str, Any]
    timeout_s: float
    redact: list[str] = Field(default_factory=list)
    loop: str | None = None
    before: dict[str, list[str]] = Field(default_factory=dict)
    triggers: dict[str, str] = Field(default_factory=dict)
    data: dict[str, Any] = Field(default_factory=dict)
