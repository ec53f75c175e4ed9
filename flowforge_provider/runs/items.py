"""What became of each item of a loop at a step of its body, from what Airflow and the step recorded."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.models.taskinstance import TaskInstance
from sqlalchemy import select

from flowforge_provider.runs.states import StepState, step_state
from flowforge_provider.runs.steps import OUTPUT_KEY, read_values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

__all__ = [
    "ItemRecord",
    "LoopRecord",
    "StepItems",
    "item_values",
    "read_items",
    "read_loop",
    "read_step_items",
    "shorten",
]

PORTS_KEY = "flowforge_ports"
BATCHES_KEY = "flowforge_batches"
# What stands in place of a port for an item that failed on its way to the step.
BLOCKED = "-"
_LABEL_CHARS = 80
_WAITING: frozenset[str] = frozenset({"none", "scheduled", "queued"})
_ACTIVE: frozenset[str] = frozenset({"running", "up_for_retry"})


@dataclass(frozen=True)
class LoopRecord:
    """
    A loop in a run.

    :param total: number of items
    :param size: items of each task; the last one may have fewer
    """

    total: int
    size: int

    def map_index(self, index: int) -> int:
        """Return the map index of the tasks that take an item."""
        return index // self.size


@dataclass(frozen=True)
class ItemRecord:
    """One item at one step; times and tries are those of the task that takes it."""

    index: int
    state: StepState
    tries: int
    max_tries: int
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class StepItems:
    """
    All items at one step of a loop's body.

    :param items: in the order of the list
    """

    items: Sequence[ItemRecord]

    def counts(self) -> dict[StepState, int]:
        """Return state -> number of items, of the states that there are."""
        found = Counter(item.state for item in self.items)
        return {state: found[state] for state in sorted(found)}

    def state(self) -> StepState:
        """Return the state of the step as a whole: running until all items are through, failed if one is."""
        counts = self.counts()
        if _ACTIVE & counts.keys() or (_WAITING & counts.keys() and counts.keys() - _WAITING):
            return "running"
        order: tuple[StepState, ...] = (
            *("failed", "cancelled", "success", "upstream_failed"),
            *("queued", "scheduled", "skipped"),
        )
        return next((state for state in order if state in counts), "none")


def read_loop(loop_id: str, *, run_pk: int, session: Session) -> LoopRecord | None:
    """
    Return a loop of a run; None before its batches are made.

    :param run_pk: the Dag run's ``id``
    """
    found = _read_one(f"{loop_id}-items", BATCHES_KEY, run_pk=run_pk, session=session)
    return LoopRecord(int(found["total"]), max(1, int(found["size"]))) if isinstance(found, dict) else None


def read_step_items(
    loops: Mapping[str, LoopRecord],
    step_ids: Mapping[str, str],
    *,
    dag_id: str,
    run_id: str,
    run_pk: int,
    cancelled_at: datetime | None,
    session: Session,
) -> dict[str, StepItems]:
    """
    Return step -> its items, in two queries however many steps there are.

    :param loops: loop -> what is known of it
    :param step_ids: step of a body -> its loop
    :param run_pk: the Dag run's ``id``
    :param cancelled_at: when the execution was cancelled
    """
    wanted = [step_id for step_id, loop_id in step_ids.items() if loop_id in loops]
    if not wanted:
        return {}
    tasks = _read_tasks(wanted, dag_id=dag_id, run_id=run_id, session=session)
    ports: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for task_id, map_index, value in read_values(wanted, PORTS_KEY, run_pk=run_pk, session=session):
        ports[task_id][map_index] = value if isinstance(value, dict) else {}
    return {
        step_id: StepItems(
            list(
                _items_of(loops[step_ids[step_id]], tasks[step_id], ports[step_id], cancelled_at=cancelled_at)
            )
        )
        for step_id in wanted
    }


def item_values(
    step_id: str, index: int, *, loop: LoopRecord, keys: Collection[str], run_pk: int, session: Session
) -> dict[str, Any]:
    """Return XCom key -> what the step kept of an item, of those that are there."""
    found = {}
    for key in keys:
        rows = read_values([step_id], key, run_pk=run_pk, map_index=loop.map_index(index), session=session)
        for _, _, value in rows:
            if isinstance(value, dict) and str(index) in value:
                found[key] = value[str(index)]
    return found


def read_items(loop_id: str, *, run_pk: int, session: Session) -> list[Any]:
    """Return the items of a loop, in order."""
    batches = _read_one(f"{loop_id}-items", OUTPUT_KEY, run_pk=run_pk, session=session)
    return [item for batch in batches or [] for item in batch]


def shorten(value: Any) -> str:
    """Return a few words by which people tell an item from others."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LABEL_CHARS else f"{text[: _LABEL_CHARS - 1]}…"


def _read_one(task_id: str, key: str, *, run_pk: int, session: Session) -> Any:
    rows = read_values([task_id], key, run_pk=run_pk, map_index=-1, session=session)
    return next((value for _, _, value in rows), None)


def _read_tasks(
    task_ids: Sequence[str], *, dag_id: str, run_id: str, session: Session
) -> dict[str, dict[int, Any]]:
    task = TaskInstance
    query = select(
        task.task_id,
        task.map_index,
        task.state,
        task.try_number,
        task.max_tries,
        task.start_date,
        task.end_date,
    ).where(task.dag_id == dag_id, task.run_id == run_id, task.task_id.in_(task_ids))
    tasks: dict[str, dict[int, Any]] = defaultdict(dict)
    for row in session.execute(query):
        tasks[row.task_id][row.map_index] = row
    return tasks


def _items_of(
    loop: LoopRecord,
    tasks: Mapping[int, Any],
    ports: Mapping[int, Mapping[str, Any]],
    *,
    cancelled_at: datetime | None,
) -> Iterator[ItemRecord]:
    for index in range(loop.total):
        map_index = loop.map_index(index)
        # Before Airflow has made the tasks of the items, one task stands for all.
        task = tasks.get(map_index) or tasks.get(-1)
        if task is None:
            yield ItemRecord(index, "none", 0, 1, None, None)
            continue
        ended_by_cancel = cancelled_at is not None and (
            task.end_date is None or task.end_date >= cancelled_at
        )
        state = step_state(
            str(task.state) if task.state is not None else None, ended_by_cancel=ended_by_cancel
        )
        yield ItemRecord(
            index=index,
            state=_state_of_item(state, ports.get(map_index), str(index)),
            tries=task.try_number or 0,
            max_tries=(task.max_tries or 0) + 1,
            started_at=task.start_date,
            ended_at=task.end_date,
        )


def _state_of_item(task: StepState, ports: Mapping[str, Any] | None, index: str) -> StepState:
    if ports is not None and index in ports:
        port = ports[index]
        if port is None:
            return "failed"
        return "upstream_failed" if port == BLOCKED else "success"
    # The task has told what became of its items, and this one is not among them: it took another way.
    if task == "success" or (task == "failed" and ports is not None):
        return "skipped"
    return task
