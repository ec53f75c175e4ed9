"""What can be watched: the list of executions, one execution, one log."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun
from sqlalchemy import and_, func, or_, select

from flowforge_provider.api.live.topics import Event, Shared
from flowforge_provider.api.services.execution_lists import summarize_runs
from flowforge_provider.api.services.executions import etag_of_execution, read_execution
from flowforge_provider.api.services.logs import read_log
from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.runs.reading import read_runs
from flowforge_provider.runs.states import is_final
from flowforge_provider.store.handled import find_handled
from flowforge_provider.store.tables import WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from flowforge_provider.nodes.payload.messages import Language
    from flowforge_provider.runs.ids import ExecutionId

__all__ = ["ExecutionSource", "ListSource", "LogSource"]

# Of a storm, the newest are told.
_MOST_ACTIVE = 5_000
_MOST_TOLD = 500
# Runs that are made at the same time may become visible in another order than that of their ids.
_LOOK_BACK = 50
_MAX_LINES = 5_000


class ListSource:
    """
    New, changed and marked executions of all workflows: events ``execution`` with a summary.

    Airflow keeps no index of when a run has changed. What can change are runs that are not over, for which
    there is one; those are compared with what they were.
    """

    interval_s = 1.0
    is_over = False

    def __init__(self, language: Language) -> None:
        self._language = language
        self._active: dict[int, str] | None = None
        self._last_pk = 0
        self._marked_since = datetime.now(tz=timezone.utc)
        self._told: set[int] = set()

    def poll(self, session: Session) -> Sequence[Event]:
        """Return the runs that have begun, changed or ended."""
        active = self._read_active(session)
        newest = session.scalar(select(func.max(DagRun.id))) or 0
        if self._active is None:
            self._active, self._last_pk = active, newest
            return []
        before = self._active
        changed = {pk for pk in before.keys() | active.keys() if before.get(pk) != active.get(pk)}
        changed |= self._new_runs(session)
        changed |= self._marked_runs(session)
        self._active, self._last_pk = active, newest
        records = read_runs(sorted(changed, reverse=True)[:_MOST_TOLD], session)
        summaries = summarize_runs(records, language=self._language, session=session)
        return [Event("execution", one.id, Shared(one)) for one in reversed(summaries)]

    @staticmethod
    def _read_active(session: Session) -> dict[int, str]:
        found: dict[int, str] = {}
        # One after the other: there is an index for each state, and none for both.
        for state in ("running", "queued"):
            query = (
                select(DagRun.id, DagRun._state, DagRun.queued_at)
                .where(DagRun._state == state, DagRun.dag_id.in_(select(WorkflowRow.id)))
                .order_by((DagRun.id + 0).desc())
                .limit(_MOST_ACTIVE)
            )
            found.update((pk, f"{own} {queued_at}") for pk, own, queued_at in session.execute(query))
        return found

    def _new_runs(self, session: Session) -> set[int]:
        query = (
            select(DagRun.id)
            .where(DagRun.id > self._last_pk - _LOOK_BACK)
            .order_by(DagRun.id.desc())
            .limit(_MOST_TOLD + _LOOK_BACK)
        )
        seen = set(session.scalars(query))
        # What was there at the last poll is no news, though its id be near the end.
        new = {pk for pk in seen if pk > self._last_pk or (self._told and pk not in self._told)}
        self._told = seen
        return new

    def _marked_runs(self, session: Session) -> set[int]:
        now = datetime.now(tz=timezone.utc)
        marked = find_handled(
            since=self._marked_since - timedelta(seconds=5), limit=_MOST_TOLD, session=session
        )
        self._marked_since = now
        if not marked:
            return set()
        ways = [and_(DagRun.dag_id == dag_id, DagRun.run_id == run_id) for dag_id, run_id in marked]
        return set(session.scalars(select(DagRun.id).where(or_(*ways))))


class ExecutionSource:
    """One execution: an event ``execution`` with all of it whenever anything of it has changed."""

    is_over = False

    def __init__(self, execution_id: ExecutionId, *, airflow_base_url: str, language: Language) -> None:
        self.interval_s = 1.0
        self._id, self._base_url, self._language = execution_id, airflow_base_url, language
        self._etag: str | None = None
        self._told_waiting = False

    def poll(self, session: Session) -> Sequence[Event]:
        """Return the execution when it has changed."""
        etag = etag_of_execution(self._id, session, language=self._language)
        if etag is not None and etag == self._etag:
            return []
        if etag is None and self._told_waiting:
            return []
        try:
            found = read_execution(
                self._id,
                airflow_base_url=self._base_url,
                may_see=lambda _: True,
                language=self._language,
                session=session,
            )
        except NotFoundError:
            self.is_over = True
            return [Event("gone", str(self._id), {"id": str(self._id)})]
        self._etag, self._told_waiting = etag, etag is None
        # Nothing changes by itself any more, but somebody may retry it.
        self.interval_s = 4.0 if is_final(found.state) else 1.0
        return [Event("execution", found.id, Shared(found))]


class LogSource:
    """The log of one try: events ``lines`` with what is new, then ``end``."""

    interval_s = 1.0

    def __init__(
        self, execution_id: ExecutionId, node_id: str, *, map_index: int, try_number: int | None
    ) -> None:
        self.is_over = False
        self._id, self._node_id, self._map_index, self._try = execution_id, node_id, map_index, try_number
        self._token: str | None = None
        self._count = 0

    def poll(self, session: Session) -> Sequence[Event]:
        """Return the lines that are new."""
        found = read_log(
            self._id,
            self._node_id,
            map_index=self._map_index,
            try_number=self._try,
            token=self._token,
            session=session,
        )
        self._token = found.next_token
        events: list[Event] = []
        if found.lines:
            self._count += len(found.lines)
            events.append(Event("lines", "", found))
        if found.done or self._count >= _MAX_LINES:
            self.is_over = True
            end: dict[str, Any] = {
                "try_number": found.try_number,
                "truncated": found.truncated or not found.done,
            }
            events.append(Event("end", "", end))
        return events
