"""Path parameters that several routes share."""

from typing import Annotated

from fastapi import Path

# Any text is looked up: what is no id is answered with 404, like an id that nothing has.
WorkflowIdPath = Annotated[
    str, Path(min_length=1, max_length=200, description="Id of the workflow.", examples=["orders"])
]
RevisionPath = Annotated[
    int, Path(ge=1, le=2_000_000_000, description="Number of the revision.", examples=[3])
]
