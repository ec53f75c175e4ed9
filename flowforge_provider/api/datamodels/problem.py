"""How a failure looks on the wire (RFC 9457)."""

from pydantic import ConfigDict, Field

from flowforge_provider.api.datamodels.base import Reply
from flowforge_provider.graph.issues import Issue


class Problem(Reply):
    """A failure."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "urn:flowforge:problem:not-found",
                "title": "Not Found",
                "status": 404,
                "detail": 'There is no workflow "orders".',
                "code": "not-found",
                "issues": [],
                "instance": "/flowforge/api/workflows/orders",
            }
        },
    )

    type: str = Field(description="URI of the kind of failure.")
    title: str = Field(description="Short text of the kind of failure.")
    status: int = Field(description="HTTP status.")
    detail: str = Field(description="Where, what, and what to do.")
    code: str = Field(description="Kebab-case and stable; has a heading in docs/errors.md.")
    issues: list[Issue] = Field(description="Findings, each with the node or field that it is about.")
    instance: str | None = Field(default=None, description="Path of the request that failed.")
