"""What a task of a loop's body keeps of each of its items, and what the next try of the task finds of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.loops.batch import OUTPUT_KEY, PORTS_KEY
from flowforge_provider.operators.tries import is_retry, tries_before

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context


# What each step records: one XCom for all items does.
_AT_THE_END = frozenset({"flowforge_input", "flowforge_error"})


class ItemTaskInstance:
    """
    The task instance as the step of one item sees it: what it records is kept for the item.

    Everything but ``xcom_push`` is the task's own.

    :param ti: Airflow's task instance
    :param index: place of the item in the loop's list
    :param others: what is known of the task's other items
    """

    def __init__(self, ti: Any, *, index: int, others: Records) -> None:
        self._ti, self._index, self._others = ti, index, others
        self.records: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        """Keep a record of the item. What a step notes of its own accord may be needed before it ends."""
        self.records[key] = value
        if key not in _AT_THE_END:
            self._ti.xcom_push(key=key, value={**self._others.values.get(key, {}), str(self._index): value})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ti, name)


class ItemStateStore:
    """
    Airflow's task state store as the step of one item sees it: what it keeps there is the item's own.

    :param store: the task's
    :param index: place of the item in the loop's list
    """

    def __init__(self, store: Any, index: int) -> None:
        self._store, self._prefix = store, f"of-item-{index}-"

    def get(self, key: str, default: Any = None) -> Any:
        """Return what the step has kept for the item."""
        return self._store.get(self._prefix + key, default)

    def set(self, key: str, value: Any, **options: Any) -> None:
        """Keep JSON for the item."""
        self._store.set(self._prefix + key, value, **options)

    def delete(self, key: str) -> None:
        """Forget what was kept for the item."""
        self._store.delete(self._prefix + key)


@dataclass
class Records:
    """
    Records of all items of a task, each XCom a mapping from the item's place in the list to its value.

    :param values: XCom key -> index -> value
    """

    values: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, index: int, records: Mapping[str, Any]) -> None:
        """Add what is kept of an item."""
        for key, value in records.items():
            self.values.setdefault(key, {})[str(index)] = value

    def ports(self) -> dict[str, str | None]:
        """Return index -> the port that the item took, None when it failed, BLOCKED when it failed before."""
        return self.values.get(PORTS_KEY, {})

    def output_bytes(self) -> int:
        """Return the size of all outputs as JSON."""
        return sum(len(json.dumps(value)) for value in self.values.get(OUTPUT_KEY, {}).values())

    def push(self, context: Context) -> None:
        """Hand all records to Airflow."""
        for key, value in self.values.items():
            context["ti"].xcom_push(key=key, value=value)


class Checkpoints:
    """
    Items that an earlier try of the same task is done with, so that a retry takes the others only.

    They are kept in Airflow's task state store, which outlives a try, a worker and a crash. A task that
    somebody clears in Airflow begins anew.

    :param context: of the task
    """

    def __init__(self, context: Context) -> None:
        self._tries_before = tries_before(context)
        self._is_retry = is_retry(context)
        self._is_kept = bool(getattr(context["ti"].task, "retries", 0))
        self._store = context.get("task_state_store")

    def read(self, index: int) -> dict[str, Any] | None:
        """Return what an earlier try has kept of an item."""
        if not self._is_retry or self._store is None:
            return None
        found = self._store.get(self._key(index))
        return found if isinstance(found, dict) else None

    def write(self, index: int, records: Mapping[str, Any]) -> None:
        """Keep what became of an item."""
        if self._is_kept and self._store is not None:
            self._store.set(self._key(index), dict(records))

    def _key(self, index: int) -> str:
        return f"item-{index}-after-{self._tries_before}"
