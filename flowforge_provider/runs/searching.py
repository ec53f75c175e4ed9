"""Find executions by what people type: a workflow's name, the beginning of an id, a part of a comment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun
from sqlalchemy import and_, or_, select

from flowforge_provider.runs.id_times import first_id_since
from flowforge_provider.runs.ids import manual_prefix, rerun_prefix
from flowforge_provider.runs.reading import is_handled
from flowforge_provider.store.tables import DeliveryRow, HandledRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

__all__ = ["FoundRuns", "find_runs"]

_HEX = re.compile(r"^[0-9a-f]{6,32}$")
# Hexadecimal digits at the beginning of a UUID of version 7 that are milliseconds (RFC 9562, section 5.7).
_TIME_DIGITS = 12
_MOST_FOUND = 500
_MOST_WORKFLOWS = 500
# Runs that are looked through for the beginning of an id.
_MOST_LOOKED_AT = 30_000


@dataclass(frozen=True)
class FoundRuns:
    """
    What a search has found.

    :param workflow_ids: all runs of these workflows
    :param pks: and these runs, by ``id``
    """

    workflow_ids: Sequence[str]
    pks: Sequence[int]


def find_runs(search: str, *, session: Session) -> FoundRuns:
    """
    Return what a text may stand for; who may see it is another question.

    Each way is asked for itself: it has an index, or is about a small table, which all of them together lack.
    """
    wanted = search.strip()
    if not wanted:
        return FoundRuns([], [])
    names = select(WorkflowRow.id).where(WorkflowRow.search_text.contains(wanted.casefold(), autoescape=True))
    workflow_ids = list(session.scalars(names.limit(_MOST_WORKFLOWS)))
    found: dict[int, None] = {}
    for query in _ways(wanted, session):
        found.update(dict.fromkeys(session.scalars(query.limit(_MOST_FOUND))))
    return FoundRuns(workflow_ids, list(found))


def _ways(wanted: str, session: Session) -> Iterator[Select[Any]]:
    comment = HandledRow.search_text.contains(wanted.casefold(), autoescape=True)
    yield select(DagRun.id).join(HandledRow, is_handled()).where(comment).order_by(DagRun.id.desc())
    workflow_id, dot, run_id = wanted.partition(".")
    if dot and session.get(WorkflowRow, workflow_id) is not None:
        begins = DagRun.run_id.startswith(run_id, autoescape=True)
        # The sum keeps the database from going through the primary key, as for a LIMIT it likes to.
        yield (select(DagRun.id).where(DagRun.dag_id == workflow_id, begins).order_by((DagRun.id + 0).desc()))
        wanted = run_id
    elif "__" in wanted:
        yield select(DagRun.id).where(DagRun.run_id == wanted, DagRun.dag_id.in_(select(WorkflowRow.id)))
    digits = wanted.rpartition("__")[2].lower()
    if _HEX.match(digits):
        yield _of_deliveries(digits)
        by_hand = _started_by_hand(digits, session)
        if by_hand is not None:
            yield by_hand


def _of_deliveries(digits: str) -> Select[Any]:
    delivery = DeliveryRow
    return (
        select(DagRun.id)
        .join(delivery, and_(DagRun.dag_id == delivery.workflow_id, DagRun.run_id == delivery.run_id))
        # "g" follows the last hexadecimal digit.
        .where(delivery.id >= digits, delivery.id < f"{digits}g")
        .order_by(delivery.id.desc())
    )


def _started_by_hand(digits: str, session: Session) -> Select[Any] | None:
    """The ids of such runs begin with the time at which they were made, and so tell where to look."""
    known = digits[:_TIME_DIGITS]
    begin = int(known.ljust(_TIME_DIGITS, "0"), 16)
    end = int(known.ljust(_TIME_DIGITS, "f"), 16)
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    try:
        made_from = epoch + timedelta(milliseconds=begin)
        made_to = epoch + timedelta(milliseconds=end, hours=1)
    except OverflowError:
        return None
    low = first_id_since(made_from, session=session)
    if low is None:
        return None
    high = first_id_since(made_to, session=session)
    near = select(DagRun.id, DagRun.run_id).where(DagRun.id >= low)
    if high is not None:
        near = near.where(DagRun.id < high)
    few = near.order_by(DagRun.id.desc()).limit(_MOST_LOOKED_AT).subquery()
    begins = [
        few.c.run_id.startswith(prefix + digits, autoescape=True)
        for prefix in (manual_prefix(), rerun_prefix())
    ]
    return select(few.c.id).where(or_(*begins))
