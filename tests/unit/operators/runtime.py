"""A stand-in for Airflow's task runner: runs the tasks of a compiled Dag one by one, in memory."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import TaskDeferred

from flowforge_provider.compiler.load import build_dag
from flowforge_provider.compiler.plan import build_plan
from flowforge_provider.compiler.source import to_source

if TYPE_CHECKING:
    from pathlib import Path

    from airflow.sdk import DAG

    from flowforge_provider.graph.models import Graph
    from flowforge_provider.operators.base import FlowForgeOperator

MOMENT = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


class FakeTaskInstance:
    """What operators use of Airflow's RuntimeTaskInstance."""

    def __init__(
        self, run: FakeRun, task: Any, *, try_number: int, max_tries: int, map_index: int = -1
    ) -> None:
        self.task = task
        self.task_id = task.task_id
        self.try_number = try_number
        self.max_tries = max_tries
        self.map_index = map_index
        self.start_date = datetime.now(tz=timezone.utc)
        self.bundle_instance = run.bundle_instance
        self._run = run

    def xcom_push(self, key: str, value: Any) -> None:
        self._run.xcoms_of(self.map_index)[self.task_id, key] = value

    def xcom_pull(self, *, task_ids: str, map_indexes: int | None = None, key: str = "return_value") -> Any:
        if map_indexes is not None:
            return self._run.xcoms_of(map_indexes).get((task_ids, key))
        found = [
            xcoms[task_ids, key] for _, xcoms in sorted(self._run.mapped.items()) if (task_ids, key) in xcoms
        ]
        return found[0] if len(found) == 1 else found or None

    def get_ti_count(self, *, dag_id: str, run_ids: list[str], task_ids: list[str], states: list[str]) -> int:
        assert (dag_id, run_ids) == (self._run.dag_run.dag_id, [self._run.dag_run.run_id])
        return sum(task in task_ids and state in states for (task, _), state in self._run.states.items())

    def get_task_states(self, *, dag_id: str, run_ids: list[str], task_ids: list[str]) -> dict[str, Any]:
        assert dag_id == self._run.dag_run.dag_id
        found = {
            task if index < 0 else f"{task}_{index}": state
            for (task, index), state in self._run.states.items()
            if task in task_ids
        }
        return {run_ids[0]: found}


class FakeStore:
    """
    What operators use of ``context["task_state_store"]``: it outlives a try.

    :param kept: key -> JSON
    :param path: file that keeps them for the next process; None to keep them in memory
    """

    def __init__(self, kept: dict[str, Any], *, path: Path | None = None) -> None:
        self._kept = kept
        self._path = path
        if path is not None and path.exists():
            kept.update(json.loads(path.read_text()))

    def get(self, key: str, default: Any = None) -> Any:
        return self._kept.get(key, default)

    def set(self, key: str, value: Any) -> None:
        if value is None:
            raise ValueError("Cannot set value as None")
        self._kept[key] = json.loads(json.dumps(value))
        self._save()

    def delete(self, key: str) -> None:
        self._kept.pop(key, None)
        self._save()

    def _save(self) -> None:
        if self._path is not None:
            self._path.write_text(json.dumps(self._kept))


class FakeRun:
    """
    One run of a Dag.

    :param graph: is compiled; need not be valid
    :param conf: configuration of the run
    :param state_file: file that keeps the task state store of every task, for the next process
    """

    def __init__(
        self,
        graph: Graph,
        *,
        conf: dict[str, Any] | None = None,
        run_type: str = "manual",
        bundle_instance: Any = None,
        state_file: Path | None = None,
    ) -> None:
        self.dag: DAG = build_dag(to_source(build_plan(graph)), fileloc="/compiled.py")
        self.xcoms: dict[tuple[str, str], Any] = {}
        # The same of mapped tasks: map index -> (task, key) -> value; and states, for those who ask.
        self.mapped: dict[int, dict[tuple[str, str], Any]] = {}
        self.states: dict[tuple[str, int], str] = {}
        self.stores: dict[str, dict[str, Any]] = {}
        self._state_file = state_file
        self.bundle_instance = bundle_instance
        self.dag_run = SimpleNamespace(
            dag_id=graph.id,
            run_id="manual__1",
            run_type=run_type,
            conf=conf if conf is not None else {"trigger": {"type": "manual", "id": "start", "body": {}}},
            run_after=MOMENT,
            start_date=MOMENT,
            logical_date=MOMENT if run_type == "scheduled" else None,
        )

    def xcoms_of(self, map_index: int) -> dict[tuple[str, str], Any]:
        """Return the XComs of tasks with a map index; -1 for those that are not mapped."""
        return self.xcoms if map_index < 0 else self.mapped.setdefault(map_index, {})

    def context(self, task_id: str, *, try_number: int = 1, max_tries: int = 0, map_index: int = -1) -> Any:
        """Return the context of one try of a task."""
        task = self.dag.get_task(task_id)
        ti = FakeTaskInstance(self, task, try_number=try_number, max_tries=max_tries, map_index=map_index)
        name = task_id if map_index < 0 else f"{task_id}_{map_index}"
        store = FakeStore(self.stores.setdefault(name, {}), path=self._state_file)
        return {"dag": self.dag, "task": task, "ti": ti, "dag_run": self.dag_run, "task_state_store": store}

    def operator(self, task_id: str) -> FlowForgeOperator:
        """Return a task of a step."""
        from flowforge_provider.operators.base import FlowForgeOperator

        operator = self.dag.get_task(task_id)
        assert isinstance(operator, FlowForgeOperator)
        return operator

    def execute(self, task_id: str, *, try_number: int = 1, max_tries: int = 0, map_index: int = -1) -> Any:
        """Run one try of a task as Airflow does; return and keep its output."""
        from airflow.sdk.bases.operator import ExecutorSafeguard

        context = self.context(task_id, try_number=try_number, max_tries=max_tries, map_index=map_index)
        operator = self.operator(task_id)
        token = ExecutorSafeguard.tracker.set(operator)
        try:
            output = operator.execute(context)
        finally:
            ExecutorSafeguard.tracker.reset(token)
        if output is not None:
            self.xcoms_of(map_index)[task_id, "return_value"] = output
        return output

    def pause(
        self, task_id: str, *, try_number: int = 1, max_tries: int = 0, map_index: int = -1
    ) -> TaskDeferred:
        """Run a task that gives its worker back; return what it waits for."""
        try:
            output = self.execute(task_id, try_number=try_number, max_tries=max_tries, map_index=map_index)
        except TaskDeferred as deferred:
            return deferred
        raise AssertionError(f"The step did not wait, but put out {output!r}.")

    def resume(
        self,
        task_id: str,
        method: str | None,
        kwargs: dict[str, Any],
        *,
        try_number: int = 1,
        max_tries: int = 0,
        map_index: int = -1,
    ) -> Any:
        """Go on with a task as Airflow does after its trigger has fired; return and keep its output."""
        context = self.context(task_id, try_number=try_number, max_tries=max_tries, map_index=map_index)
        # What Airflow keeps of a pause is JSON.
        kept = json.loads(json.dumps({key: value for key, value in kwargs.items() if key != "event"}))
        if "event" in kwargs:
            kept["event"] = kwargs["event"]
        output = self.operator(task_id).resume_execution(str(method), kept, context)
        if output is not None:
            self.xcoms_of(map_index)[task_id, "return_value"] = output
        return output

    def input(self, task_id: str) -> Any:
        """Return what the step recorded as its input."""
        return self.xcoms[task_id, "flowforge_input"]

    def error(self, task_id: str) -> Any:
        """Return what the step recorded as its error."""
        return self.xcoms[task_id, "flowforge_error"]

    def output(self, task_id: str) -> Any:
        """Return the step's output."""
        return self.xcoms.get((task_id, "return_value"))
