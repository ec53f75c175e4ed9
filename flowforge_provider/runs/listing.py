"""
Lists of executions, newest first, at any number of Dag runs, with no index but Airflow's own.

A list is read on from where the last page ended, by the primary key. Three ways lead to a page, each with a
bound on what it looks at:

1. The newest runs are looked through, a few thousand of them. Mostly that is all.
2. What is rare among them may be rare altogether: an index (of the workflow, of workflow and state) tells,
   and gives what there is.
3. Else older runs are looked through in growing windows for a short while. A page may then end early; the
   next one goes on from there.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from airflow.models.dagrun import DagRun
from sqlalchemy import and_, exists, func, literal, or_, select, text

from flowforge_provider.runs.id_times import SLACK, created_column, first_id_since
from flowforge_provider.runs.ids import rerun_prefix, webhook_run_id
from flowforge_provider.runs.reading import (
    RunRecord,
    is_cancellation,
    is_delivery,
    is_handled,
    read_runs,
)
from flowforge_provider.runs.searching import find_runs
from flowforge_provider.store.cursors import unknown_cursor
from flowforge_provider.store.tables import CancellationRow, DeliveryRow, RerunRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from flowforge_provider.runs.states import ExecutionState

__all__ = ["RunFilter", "RunPage", "TriggerType", "list_runs"]

TriggerType = Literal["manual", "webhook", "email", "form", "cron", "asset", "workflow"]

_CURSOR = re.compile(r"^\d{1,18}$")
# Runs that the first look takes in, and those that the second one may sort.
_FIRST_WINDOW = 5_000
_MOST_SORTED = 50_000
_SECOND_WINDOW = 30_000
# How long older runs are looked through for one page.
_PATIENCE_S = 0.06
#: Lists say nothing about their length beyond it.
_MOST_COUNTED = 1_000
_OWN_RUN_TYPES = {"asset": "asset_triggered", "workflow": "operator_triggered"}


@dataclass(frozen=True, kw_only=True)
class RunFilter:
    """
    Which executions are meant; what is None or empty does not matter.

    :param workflow_ids: only these workflows', for callers that may not see all
    :param created_from: made at this moment or later
    :param created_to: made before this moment
    :param search: part of the workflow's name, the beginning of an id, or part of a comment
    :param handled: whether somebody has marked it as looked after
    """

    workflow_id: str | None = None
    workflow_ids: Collection[str] | None = None
    states: Sequence[ExecutionState] = ()
    triggers: Sequence[TriggerType] = ()
    created_from: datetime | None = None
    created_to: datetime | None = None
    search: str | None = None
    handled: bool | None = None


@dataclass(frozen=True)
class RunPage:
    """
    Part of a list, newest first.

    :param total: how many match; None where counting would take long
    :param next_cursor: where the next page begins; None at the end
    """

    records: Sequence[RunRecord]
    total: int | None
    next_cursor: str | None


def list_runs(
    wanted: RunFilter, *, limit: int = 50, cursor: str | None = None, offset: int = 0, session: Session
) -> RunPage:
    """
    Return one page of executions.

    :param limit: largest number of them
    :param cursor: ``next_cursor`` of the page before
    :param offset: executions to skip from there on, up to a few thousand
    :raises StoreError: the cursor is not one that this function has given; code ``invalid-cursor``
    """
    before = _read_cursor(cursor)
    search = _Search.prepare(wanted, before=before, session=session)
    if search is None:
        return RunPage([], 0, None)
    pks, rest = search.newest(offset + limit + 1)
    page = pks[offset : offset + limit]
    if len(pks) > offset + limit:
        rest = page[-1]
    total = None
    if before is None:
        total = len(pks) if rest is None else search.count()
    return RunPage(read_runs(page, session), total, str(rest) if rest is not None else None)


def _read_cursor(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not _CURSOR.match(cursor):
        raise unknown_cursor()
    return int(cursor)


class _Search:
    """One question to the list."""

    def __init__(
        self,
        conditions: Sequence[Any],
        *,
        first: int,
        before: int,
        low: int,
        has_index: bool,
        counts_by_workflow: bool,
        session: Session,
    ) -> None:
        self._conditions = list(conditions)
        self._before, self._low = before, low
        self._has_index, self._counts_by_workflow = has_index, counts_by_workflow
        self._session = session
        self.is_small = before - first <= _FIRST_WINDOW

    @classmethod
    def prepare(cls, wanted: RunFilter, *, before: int | None, session: Session) -> _Search | None:
        """Return the question; None when nothing can match."""
        workflows = _workflows(wanted, session)
        bounds = session.execute(select(func.min(DagRun.id), func.max(DagRun.id))).one()
        if workflows is None or bounds[0] is None:
            return None
        low, high = bounds[0], bounds[1] + 1
        first = low
        conditions = [workflows, *_of_states(wanted), *_of_triggers(wanted)]
        if wanted.created_from is not None:
            begin = first_id_since(wanted.created_from, session=session)
            if begin is None:
                return None
            low = max(low, begin)
            conditions.append(created_column() >= wanted.created_from)
        if wanted.created_to is not None:
            # What was made this much later has a greater id than all that is meant.
            end = first_id_since(wanted.created_to + 2 * SLACK, session=session)
            high = min(high, end) if end is not None else high
            conditions.append(created_column() < wanted.created_to)
        if wanted.handled is not None:
            mark = exists(select(literal(1)).where(is_handled()))
            conditions.append(mark if wanted.handled else ~mark)
        if wanted.search:
            found = find_runs(wanted.search, session=session)
            if not found.workflow_ids and not found.pks:
                return None
            ways = [DagRun.dag_id.in_(found.workflow_ids)] if found.workflow_ids else []
            conditions.append(or_(*ways, *([DagRun.id.in_(found.pks)] if found.pks else [])))
        narrow = bool(wanted.workflow_id or wanted.workflow_ids is not None)
        others = wanted.triggers or wanted.handled is not None or wanted.created_from or wanted.created_to
        return cls(
            conditions,
            first=first,
            before=high if before is None else min(before, high),
            low=low,
            has_index=narrow or bool(wanted.states) or bool(wanted.search) or bool(wanted.handled),
            counts_by_workflow=narrow and not (others or wanted.search),
            session=session,
        )

    def newest(self, limit: int) -> tuple[list[int], int | None]:
        """
        Return the newest runs that match, and where to go on looking.

        :return: ids of Dag runs, at most ``limit``; None when there are no others
        """
        low = self._lower_end(self._before, _FIRST_WINDOW)
        found = self._scan(low, self._before, limit)
        if len(found) < limit and low > self._low:
            high, low = low, self._lower_end(low, _SECOND_WINDOW)
            found += self._scan(low, high, limit - len(found))
        if len(found) >= limit or low <= self._low:
            return found, None
        if self._has_index and self._count_below(low) <= _MOST_SORTED:
            return [*found, *self._sorted_below(low, limit - len(found))], None
        deadline = time.monotonic() + _PATIENCE_S
        size = 2 * _SECOND_WINDOW
        while len(found) < limit and low > self._low and time.monotonic() < deadline:
            high, low = low, self._lower_end(low, size)
            found += self._scan(low, high, limit - len(found))
            size *= 2
        return found, (low if low > self._low and len(found) < limit else None)

    def count(self) -> int | None:
        """Return how many match; None where that is unknown, or many."""
        if not self.is_small and not self._counts_by_workflow:
            return None
        few = self._query(self._low, self._before).limit(_MOST_COUNTED + 1).subquery()
        with self._by_index():
            number = self._session.scalar(select(func.count()).select_from(few)) or 0
        return number if number <= _MOST_COUNTED else None

    def _query(self, low: int, before: int) -> Any:
        return select(DagRun.id).where(DagRun.id >= low, DagRun.id < before, *self._conditions)

    def _scan(self, low: int, before: int, limit: int) -> list[int]:
        query = self._query(low, before).order_by(DagRun.id.desc()).limit(limit)
        return list(self._session.scalars(query))

    def _lower_end(self, before: int, size: int) -> int:
        """Return the id below which ``size`` runs are left out; ids have gaps, so rows are counted."""
        if before - self._low <= size:
            return self._low
        query = (
            select(DagRun.id)
            .where(DagRun.id >= self._low, DagRun.id < before)
            .order_by(DagRun.id.desc())
            .offset(size - 1)
            .limit(1)
        )
        found = self._session.scalar(query)
        return self._low if found is None else found

    def _count_below(self, before: int) -> int:
        few = self._query(self._low, before).limit(_MOST_SORTED + 1).subquery()
        with self._by_index():
            return self._session.scalar(select(func.count()).select_from(few)) or 0

    def _sorted_below(self, before: int, limit: int) -> list[int]:
        # The sum keeps the database from going through the primary key, which it likes for a LIMIT.
        query = self._query(self._low, before).order_by((DagRun.id + 0).desc()).limit(limit)
        with self._by_index():
            return list(self._session.scalars(query))

    @contextmanager
    def _by_index(self) -> Iterator[None]:
        """Keep PostgreSQL from reading the whole table in the hope to find enough early."""
        if self._session.get_bind().dialect.name != "postgresql":
            yield
            return
        self._session.execute(text("SET LOCAL enable_seqscan = off"))
        yield
        self._session.execute(text("SET LOCAL enable_seqscan = on"))


def _workflows(wanted: RunFilter, session: Session) -> Any:
    """Return the condition that names the workflows; None when there are none of them."""
    if wanted.workflow_id is not None:
        if wanted.workflow_ids is not None and wanted.workflow_id not in wanted.workflow_ids:
            return None
        known = session.scalar(select(WorkflowRow.id).where(WorkflowRow.id == wanted.workflow_id))
        return DagRun.dag_id == known if known is not None else None
    if wanted.workflow_ids is not None:
        return DagRun.dag_id.in_(sorted(wanted.workflow_ids)) if wanted.workflow_ids else None
    return DagRun.dag_id.in_(select(WorkflowRow.id))


def _of_states(wanted: RunFilter) -> list[Any]:
    if not wanted.states:
        return []
    cancelled = exists(select(literal(1)).select_from(CancellationRow).where(is_cancellation()))
    ended = {"failed", "cancelled"} & set(wanted.states)
    # Airflow ends cancelled runs as failed ones.
    plain = [state for state in dict.fromkeys(wanted.states) if state not in ended]
    if len(ended) > 1:
        plain.append("failed")
    ways: list[Any] = [DagRun._state.in_(plain)] if plain else []
    if len(ended) == 1:
        ways.append(and_(DagRun._state == "failed", cancelled if "cancelled" in ended else ~cancelled))
    return [or_(*ways)]


def _of_triggers(wanted: RunFilter) -> list[Any]:
    if not wanted.triggers:
        return []
    delivered = DagRun.run_id.startswith(webhook_run_id(""), autoescape=True)
    repeats = DagRun.run_id.startswith(rerun_prefix(), autoescape=True)
    this = and_(RerunRow.workflow_id == DagRun.dag_id, RerunRow.run_id == DagRun.run_id)
    # What is repeated counts as what it repeats.
    same = exists(select(literal(1)).where(this, RerunRow.trigger_type.in_(wanted.triggers)))
    ways: list[Any] = [and_(repeats, same)]
    for trigger in dict.fromkeys(wanted.triggers):
        if trigger in _OWN_RUN_TYPES:
            ways.append(DagRun.run_type == _OWN_RUN_TYPES[trigger])
        elif trigger == "cron":
            ways.append(DagRun.run_type.not_in(["manual", *_OWN_RUN_TYPES.values()]))
        elif trigger == "manual":
            ways.append(and_(DagRun.run_type == "manual", ~delivered, ~repeats))
        elif trigger == "webhook":
            other = exists(select(literal(1)).where(is_delivery(), DeliveryRow.kind != "webhook"))
            ways.append(and_(DagRun.run_type == "manual", delivered, ~other))
        else:
            ways.append(exists(select(literal(1)).where(is_delivery(), DeliveryRow.kind == trigger)))
    return [or_(*ways)]
