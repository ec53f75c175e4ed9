"""One finding of a check, told so that a person can act on it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Issue(BaseModel):
    """
    One finding about a graph.

    An ``error`` keeps the graph from being published; a ``warning`` does not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(description="Kebab-case and stable; has a heading in docs/errors.md.")
    message: str = Field(description="Where, what, and what to do, in one or two sentences.")
    severity: Literal["error", "warning"] = Field(
        default="error", description="Whether it blocks publishing."
    )
    node_id: str | None = Field(default=None, description="The node that it is about.")
    edge_id: str | None = Field(default=None, description="The edge that it is about.")
    field: str | None = Field(
        default=None,
        description="Path of the field inside the node or the document, dotted: parameters.headers.0.name",
    )
