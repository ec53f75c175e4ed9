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

    Some ten lookups by primary key, however many runs there are.

    :param moment: UTC; half an hour of it is given away, because ids are not quite in the order of time
    """
    wanted = moment - SLACK
    first, last = _at(session, order=DagRun.id), _at(session, order=DagRun.id.desc())
    if first is None or last is None:
        return None
    (low, low_made), (high, high_made) = first, last
    if low_made >= wanted:
        return low
    if high_made < wanted:
        return None
    # The run of id low was made before, that of id high not.
    guess = True
    while high - low > 1:
        middle = (low + high) // 2
        if guess and high_made > low_made:
            # Runs come in more or less evenly; each second step halves what is left all the same.
            share = (wanted - low_made) / (high_made - low_made)
            middle = min(max(low + int((high - low) * share), low + 1), high - 1)
        guess = not guess
        found = _at(session, order=DagRun.id, since=middle)
        if found is None or found[0] >= high:
            high = middle
        elif found[1] >= wanted:
            high, high_made = found
        else:
            low, low_made = found
    return high


def _at(session: Session, *, order: Any, since: int = 0) -> tuple[int, datetime] | None:
    query = select(DagRun.id, created_column()).where(DagRun.id >= since).order_by(order).limit(1)
    row = session.execute(query).first()
    return (row[0], row[1]) if row is not None else None
