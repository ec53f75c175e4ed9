"""Every try of every step of a run, those in Airflow's history too, with what each has reported."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow.models.task_state_store import TaskStateStoreModel
from airflow.models.taskinstance import TaskInstance
from airflow.models.taskinstancehistory import TaskInstanceHistory
from sqlalchemy import select

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

__all__ = ["MAX_TRIES", "TryRecord", "read_tries"]

#: More tries of one run than this are not read: loops can have very many tasks.
MAX_TRIES = 2_000
# Not begun yet, although the times of the try before may still be there.
_WAITING = frozenset({None, "scheduled", "queued"})
_KEY = re.compile(r"^(?:of-item-(\d+)-)?flowforge_error_(\d+)$")


@dataclass(frozen=True)
class TryRecord:
    """
    One try of one task.

    :param state: Airflow's
    :param error: what it reported, with its ``input``; in a loop that of one of its items; None when it
        reported nothing
    :param item_errors: in a loop, item -> what the step reported of it
    """

    task_id: str
    name: str
    map_index: int
    number: int
    state: str | None
    scheduled_at: datetime | None
    queued_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    hostname: str | None
    queue: str | None
    retry_reason: str | None
    error: Any = None
    item_errors: dict[int, Any] | None = None


def read_tries(
    *, dag_id: str, run_id: str, run_pk: int, task_ids: Collection[str] | None = None, session: Session
) -> Sequence[TryRecord]:
    """
    Return all tries of a run in the order in which they began, in three queries.

    :param run_pk: the Dag run's ``id``
    :param task_ids: only of these tasks; of all when omitted
    :return: at most ``MAX_TRIES``
    """
    found: dict[tuple[str, int, int], TryRecord] = {}
    for model in (TaskInstanceHistory, TaskInstance):
        for row in session.execute(_query(model, dag_id=dag_id, run_id=run_id, task_ids=task_ids)):
            # What was cleared, or waits for its next try, is in the history already.
            key = (row.task_id, row.map_index, row.try_number or 0)
            if key[2] > 0 or row.state not in (None, "removed"):
                found.setdefault(key, _record(row))
    errors = _read_errors(run_pk, task_ids, session)
    for key, (error, of_items) in errors.items():
        if key in found:
            found[key] = replace(found[key], error=error, item_errors=of_items or None)
    ordered = sorted(found.values(), key=lambda one: (_moment(one) is None, _moment(one), one.task_id))
    return ordered[:MAX_TRIES]


def _moment(one: TryRecord) -> datetime | None:
    return one.started_at or one.queued_at or one.scheduled_at


def _query(model: Any, *, dag_id: str, run_id: str, task_ids: Collection[str] | None) -> Any:
    query = select(
        model.task_id,
        model.task_display_name,
        model.map_index,
        model.try_number,
        model.state,
        model.scheduled_dttm,
        model.queued_dttm,
        model.start_date,
        model.end_date,
        model.hostname,
        model.queue,
        model.retry_reason,
    ).where(model.dag_id == dag_id, model.run_id == run_id)
    if task_ids is not None:
        query = query.where(model.task_id.in_(task_ids))
    return query.limit(MAX_TRIES)


def _record(row: Any) -> TryRecord:
    state = str(row.state) if row.state is not None else None
    has_begun = state not in _WAITING
    return TryRecord(
        task_id=row.task_id,
        name=row.task_display_name or row.task_id,
        map_index=row.map_index,
        number=row.try_number or 0,
        state=state,
        scheduled_at=row.scheduled_dttm,
        queued_at=row.queued_dttm,
        started_at=row.start_date if has_begun else None,
        ended_at=row.end_date if has_begun else None,
        hostname=(row.hostname or None) if has_begun else None,
        queue=row.queue,
        retry_reason=row.retry_reason,
    )


def _read_errors(
    run_pk: int, task_ids: Collection[str] | None, session: Session
) -> dict[tuple[str, int, int], tuple[Any, dict[int, Any]]]:
    store = TaskStateStoreModel
    query = select(store.task_id, store.map_index, store.key, store.value).where(
        store.dag_run_id == run_pk, store.key.contains("flowforge_error_", autoescape=True)
    )
    if task_ids is not None:
        query = query.where(store.task_id.in_(task_ids))
    found: dict[tuple[str, int, int], tuple[Any, dict[int, Any]]] = {}
    by_try: dict[tuple[str, int, int], dict[int | None, Any]] = defaultdict(dict)
    for task_id, map_index, key, text in session.execute(query.limit(MAX_TRIES)):
        named = _KEY.match(key)
        if named is not None and isinstance(error := _load(text), dict):
            item = int(named[1]) if named[1] is not None else None
            by_try[task_id, map_index, int(named[2])][item] = error
    for place, errors in by_try.items():
        of_items = {item: error for item, error in errors.items() if item is not None}
        found[place] = (errors.get(None) or next(iter(of_items.values()), None), of_items)
    return found


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        # A reference of a store that keeps its values elsewhere.
        return None
