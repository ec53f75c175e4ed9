"""What a step has already done, remembered from one try to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

_KEY = "flowforge_progress"


class Progress:
    """
    JSON facts of one step of one run, kept in Airflow's task state store.

    They survive a crash of the worker, the next try, and clearing the task. Airflow keeps them for
    ``[state_store] default_retention_days``. Where there is no store, nothing is remembered.

    :param context: of the task
    """

    def __init__(self, context: Context) -> None:
        self._store: Any = context.get("task_state_store")
        self._facts: dict[str, Any] | None = None

    def get(self, name: str) -> Any:
        """Return a fact; None when it was never put."""
        return self._read().get(name)

    def put(self, facts: Mapping[str, Any]) -> None:
        """
        Keep facts, besides those that are there.

        :param facts: JSON; names with the value None are left out
        """
        self._facts = {**self._read(), **{name: value for name, value in facts.items() if value is not None}}
        if self._store is not None:
            self._store.set(_KEY, self._facts)

    def _read(self) -> dict[str, Any]:
        if self._facts is None:
            stored = self._store.get(_KEY) if self._store is not None else None
            self._facts = dict(stored) if isinstance(stored, dict) else {}
        return self._facts
