"""What Airflow recorded of each step of a run, read in two queries however many steps there are."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from sqlalchemy import Text, case, cast, func, literal, select

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

__all__ = [
    "CHILD_KEY",
    "ERROR_KEY",
    "INPUT_KEY",
    "OUTPUT_KEY",
    "StepRecord",
    "read_children",
    "read_run_values",
    "read_steps",
    "read_values",
    "resolve_value",
]

log = logging.getLogger(__name__)

INPUT_KEY = "flowforge_input"
OUTPUT_KEY = "return_value"
ERROR_KEY = "flowforge_error"
CHILD_KEY = "flowforge_child"
_KEYS = (INPUT_KEY, OUTPUT_KEY, ERROR_KEY, CHILD_KEY)


@dataclass
class StepRecord:
    """
    A task instance with its data.

    :param data: XCom key -> value, of those that are there and not too large
    :param omitted: XCom keys whose values are larger than asked for
    """

    task_id: str
    state: str | None
    tries: int
    max_tries: int
    started_at: datetime | None
    ended_at: datetime | None
    operator: str | None
    data: dict[str, Any] = field(default_factory=dict)
    omitted: list[str] = field(default_factory=list)


def read_steps(
    *,
    dag_id: str,
    run_id: str,
    run_pk: int,
    session: Session,
    task_ids: Collection[str] | None = None,
    max_value_chars: int | None = None,
) -> dict[str, StepRecord]:
    """
    Return task id -> record for a run.

    :param run_pk: the Dag run's ``id``
    :param task_ids: only these; all when omitted
    :param max_value_chars: leave values out whose JSON text is longer than this
    """
    task = TaskInstance
    query = select(
        task.task_id,
        task.state,
        task.try_number,
        task.max_tries,
        task.start_date,
        task.end_date,
        task.operator,
    ).where(task.dag_id == dag_id, task.run_id == run_id, task.map_index == -1)
    if task_ids is not None:
        query = query.where(task.task_id.in_(task_ids))
    records = {
        row.task_id: StepRecord(
            task_id=row.task_id,
            state=str(row.state) if row.state is not None else None,
            tries=row.try_number or 0,
            max_tries=(row.max_tries or 0) + 1,
            started_at=row.start_date,
            ended_at=row.end_date,
            operator=row.operator,
        )
        for row in session.execute(query)
    }
    _add_data(records, run_pk=run_pk, task_ids=task_ids, max_value_chars=max_value_chars, session=session)
    return records


def read_values(
    task_ids: Collection[str], key: str, *, run_pk: int, map_index: int | None = None, session: Session
) -> Iterator[tuple[str, int, Any]]:
    """
    Yield (task, map index, value) of the XComs of one key.

    :param run_pk: the Dag run's ``id``
    :param map_index: only of these tasks; of all when omitted
    """
    xcom = XComModel
    query = select(xcom.task_id, xcom.map_index, xcom.value).where(
        xcom.dag_run_id == run_pk, xcom.task_id.in_(task_ids), xcom.key == key
    )
    if map_index is not None:
        query = query.where(xcom.map_index == map_index)
    for task_id, index, stored in session.execute(query):
        yield task_id, index, resolve_value(stored)


def read_run_values(
    run_pks: Collection[int], task_ids: Collection[str], key: str, *, session: Session
) -> dict[tuple[int, str, int], Any]:
    """
    Return (run, task, map index) -> the XCom of one key, of several runs at once.

    :param run_pks: the Dag runs' ``id``
    """
    xcom = XComModel
    query = select(xcom.dag_run_id, xcom.task_id, xcom.map_index, xcom.value).where(
        xcom.dag_run_id.in_(run_pks), xcom.task_id.in_(task_ids), xcom.key == key
    )
    return {
        (run_pk, task_id, index): resolve_value(stored)
        for run_pk, task_id, index, stored in session.execute(query)
    }


def read_children(*, run_pk: int, session: Session) -> list[dict[str, Any]]:
    """
    Return the runs that the steps of a run have started: {workflow_id, run_id, cancel, node_id, item_index}.

    :param run_pk: the Dag run's ``id``
    """
    query = select(XComModel.task_id, XComModel.value).where(
        XComModel.dag_run_id == run_pk, XComModel.key == CHILD_KEY
    )
    children: list[dict[str, Any]] = []
    for task_id, stored in session.execute(query):
        value = resolve_value(stored)
        if not isinstance(value, dict):
            continue
        # In the body of a loop it is a mapping from items to what each of them has started.
        found = {None: value} if "run_id" in value else value
        children += [
            {**child, "node_id": task_id, "item_index": int(item) if item is not None else None}
            for item, child in found.items()
            if isinstance(child, dict)
        ]
    return children


def _add_data(
    records: dict[str, StepRecord],
    *,
    run_pk: int,
    task_ids: Collection[str] | None,
    max_value_chars: int | None,
    session: Session,
) -> None:
    xcom = XComModel
    value: Any = xcom.value
    fits: Any = literal(True)
    if max_value_chars is not None:
        fits = func.length(cast(xcom.value, Text)) <= max_value_chars
        value = case((fits, xcom.value), else_=None)
    query = select(xcom.task_id, xcom.key, value, fits).where(
        xcom.dag_run_id == run_pk, xcom.map_index == -1, xcom.key.in_(_KEYS)
    )
    if task_ids is not None:
        query = query.where(xcom.task_id.in_(task_ids))
    for task_id, key, stored, is_whole in session.execute(query):
        record = records.get(task_id)
        if record is None:
            continue
        if is_whole:
            record.data[key] = resolve_value(stored)
        else:
            record.omitted.append(key)


def resolve_value(stored: Any) -> Any:
    """Return the value behind a reference, where an XCom backend keeps large values elsewhere."""
    if not isinstance(stored, str):
        return stored
    from airflow.sdk.bases.xcom import BaseXCom
    from airflow.sdk.execution_time.xcom import resolve_xcom_backend

    backend = resolve_xcom_backend()  # type: ignore[no-untyped-call]
    if backend is BaseXCom:
        return stored
    try:
        return backend.deserialize_value(SimpleNamespace(value=stored))
    except Exception:  # backends are strangers' code; a step's text output may also look like a reference
        log.debug("The XCom backend could not resolve a value", exc_info=True)
        return stored
