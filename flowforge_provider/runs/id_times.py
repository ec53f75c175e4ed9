"""Where in the order of Dag runs a moment is: runs get growing ids, and their times have no index."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun
from sqlalchemy import func, select

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

__all__ = ["created_column", "first_id_since"]

# Two runs that are made at once may commit in the other order; nothing makes a run for as long as this.
SLACK = timedelta(minutes=30)


def created_column() -> Any:
    """Return when a run was made; runs of an Airflow before 3.2 do not know it."""
    return func.coalesce(DagRun.created_at, DagRun.run_after)


def first_id_since(moment: datetime, *, session: Session) -> int | None:
    """
    Return an id before which no run was made at a moment or later; None when all were made before it.

    About twenty lookups by primary key, however many runs there are.

    :param moment: UTC; half an hour of it is given away, because ids are not quite in the order of time
    """
    wanted = moment - SLACK
    low = session.scalar(select(func.min(DagRun.id)))
    high = session.scalar(select(func.max(DagRun.id)))
    if low is None or high is None:
        return None
    found: int | None = None
    while low <= high:
        middle = (low + high) // 2
        row = session.execute(
            select(DagRun.id, created_column()).where(DagRun.id >= middle).order_by(DagRun.id).limit(1)
        ).first()
        if row is None:
            high = middle - 1
            continue
        run_pk, made = row
        if made >= wanted:
            found, high = run_pk, middle - 1
        else:
            low = run_pk + 1
    return found
