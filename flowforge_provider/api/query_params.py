"""Parameters that the lists read by cursor share, and what becomes of moments."""

from datetime import datetime, timezone
from typing import Annotated

from fastapi import Query

from flowforge_provider.api.paging import MAX_LIMIT

LimitQuery = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Largest number of entries.")]
CursorQuery = Annotated[
    str | None, Query(max_length=300, description="next_cursor of the answer before, for the next page.")
]
WorkflowIdAlias = Annotated[str | None, Query(alias="workflowId", max_length=200, include_in_schema=False)]


def as_utc(moment: datetime | None) -> datetime | None:
    """Return a moment with a zone; without one it is UTC."""
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=timezone.utc)
