"""A stand-in for Airflow's scheduler: runs all tasks of a compiled Dag with a loop, in memory."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, DownstreamTasksSkipped

from tests.unit.operators.runtime import FakeRun

if TYPE_CHECKING:
    from flowforge_provider.graph.models import Graph

FAILED = ("failed", "upstream_failed")


class LoopRun(FakeRun):
    """
    One run of a Dag with a loop, whose items are taken in any order.

    :param graph: is compiled
    :param seed: decides which of the tasks that may run is next
    :param keeps_skips: do what a task says about tasks after it; otherwise it comes too late, as it may in
        Airflow, and the tasks must find out themselves
    """

    def __init__(self, graph: Graph, *, seed: int = 0, keeps_skips: bool = True, **options: Any) -> None:
        super().__init__(graph, **options)
        self._random = random.Random(seed)  # noqa: S311 - an order, not a secret
        self._keeps_skips = keeps_skips
        # Loop -> number of its batches, once they are made.
        self._widths: dict[str, int] = {}

    def run(self) -> dict[tuple[str, int], str]:
        """Run everything, and return (task, map index) -> state."""
        waiting = {(task.task_id, -1) for task in self.dag.tasks if not self._loop(task.task_id)}
        while waiting:
            ready = sorted(key for key in waiting if self._is_ready(key))
            assert ready, f"nothing can run: {waiting}"
            key = self._random.choice(ready)
            waiting.discard(key)
            if key not in self.states:
                self.states[key] = self._run_one(key)
            if key[0].endswith("-items"):
                waiting |= self._expand(key)
        return self.states

    def _loop(self, task_id: str) -> str | None:
        found: str | None = getattr(self.dag.get_task(task_id), "loop", None)
        return found

    def _expand(self, key: tuple[str, int]) -> set[tuple[str, int]]:
        loop = key[0].removesuffix("-items")
        body = [task.task_id for task in self.dag.tasks if self._loop(task.task_id) == loop]
        batches = self.output(key[0]) or []
        self._widths[loop] = len(batches)
        if batches:
            return {(task_id, index) for task_id in body for index in range(len(batches))}
        state = "skipped" if self.states[key] in ("success", "skipped") else "upstream_failed"
        self.states.update({(task_id, -1): state for task_id in body})
        return set()

    def _before(self, key: tuple[str, int]) -> list[str | None]:
        """Return the states of all task instances before one; None for those that are to come."""
        states: list[str | None] = []
        loop = self._loop(key[0])
        for task_id in self.dag.get_task(key[0]).upstream_task_ids:
            inner = self._loop(task_id)
            if inner is None:
                states.append(self.states.get((task_id, -1)))
            elif inner == loop:
                states.append(self.states.get((task_id, key[1])))
            elif not self._widths.get(inner):
                states.append(self.states.get((task_id, -1)))
            else:
                states += [self.states.get((task_id, index)) for index in range(self._widths[inner])]
        return states

    def _is_ready(self, key: tuple[str, int]) -> bool:
        return key in self.states or None not in self._before(key)

    def _run_one(self, key: tuple[str, int]) -> str:
        task = self.dag.get_task(key[0])
        ruled_out = self._ruled_out(key)
        if ruled_out:
            return ruled_out
        if task.inherits_from_empty_operator:
            return "success"
        retries = task.retries or 0
        tries = (self._try(key, number, retries) for number in range(1, retries + 2))
        return next((state for state in tries if state is not None), "failed")

    def _ruled_out(self, key: tuple[str, int]) -> str | None:
        """Return the state that the task's trigger rule gives it instead of a run."""
        rule, before = self.dag.get_task(key[0]).trigger_rule, self._before(key)
        if rule == "all_done":
            return None
        if any(state in FAILED for state in before):
            return "upstream_failed"
        skips = {"all_success": "skipped" in before, "none_failed": False}
        return "skipped" if skips.get(rule, set(before) == {"skipped"}) else None

    def _try(self, key: tuple[str, int], number: int, retries: int) -> str | None:
        """Return the state after a try; None when another one may follow."""
        task_id, index = key
        try:
            self.execute(task_id, try_number=number, max_tries=retries, map_index=index)
        except AirflowSkipException:
            return "skipped"
        except DownstreamTasksSkipped as skipped:
            if self._keeps_skips or index < 0:
                told = [other if isinstance(other, tuple) else (other, -1) for other in skipped.tasks]
                self.states.update(dict.fromkeys(told, "skipped"))
        except AirflowFailException:
            return "failed"
        except Exception:  # any failure of a step
            xcoms = self.xcoms_of(index)
            if number <= retries:
                for name in [name for name in xcoms if name[0] == task_id]:
                    del xcoms[name]
            return None
        return "success"
