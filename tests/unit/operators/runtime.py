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

    def __init__(self, run: FakeRun, task: Any, *, try_number: int, max_tries: int) -> None:
        self.task = task
        self.task_id = task.task_id
        self.try_number = try_number
        self.max_tries = max_tries
        self.map_index = -1
        self.start_date = datetime.now(tz=timezone.utc)
        self.bundle_instance = run.bundle_instance
        self._xcoms = run.xcoms

    def xcom_push(self, key: str, value: Any) -> None:
        self._xcoms[self.task_id, key] = value

    def xcom_pull(self, *, task_ids: str, map_indexes: int, key: str = "return_value") -> Any:
        assert map_indexes == -1
        return self._xcoms.get((task_ids, key))


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

    def context(self, task_id: str, *, try_number: int = 1, max_tries: int = 0) -> Any:
        """Return the context of one try of a task."""
        task = self.dag.get_task(task_id)
        ti = FakeTaskInstance(self, task, try_number=try_number, max_tries=max_tries)
        store = FakeStore(self.stores.setdefault(task_id, {}), path=self._state_file)
        return {"dag": self.dag, "task": task, "ti": ti, "dag_run": self.dag_run, "task_state_store": store}

    def operator(self, task_id: str) -> FlowForgeOperator:
        """Return a task of a step."""
        from flowforge_provider.operators.base import FlowForgeOperator

        operator = self.dag.get_task(task_id)
        assert isinstance(operator, FlowForgeOperator)
        return operator

    def execute(self, task_id: str, *, try_number: int = 1, max_tries: int = 0) -> Any:
        """Run one try of a task as Airflow does; return and keep its output."""
        from airflow.sdk.bases.operator import ExecutorSafeguard

        context = self.context(task_id, try_number=try_number, max_tries=max_tries)
        operator = self.operator(task_id)
        token = ExecutorSafeguard.tracker.set(operator)
        try:
            output = operator.execute(context)
        finally:
            ExecutorSafeguard.tracker.reset(token)
        if output is not None:
            self.xcoms[task_id, "return_value"] = output
        return output

    def pause(self, task_id: str, *, try_number: int = 1, max_tries: int = 0) -> TaskDeferred:
        """Run a task that gives its worker back; return what it waits for."""
        try:
            output = self.execute(task_id, try_number=try_number, max_tries=max_tries)
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
    ) -> Any:
        """Go on with a task as Airflow does after its trigger has fired; return and keep its output."""
        context = self.context(task_id, try_number=try_number, max_tries=max_tries)
        # What Airflow keeps of a pause is JSON.
        kept = json.loads(json.dumps({key: value for key, value in kwargs.items() if key != "event"}))
        if "event" in kwargs:
            kept["event"] = kwargs["event"]
        output = self.operator(task_id).resume_execution(str(method), kept, context)
        if output is not None:
            self.xcoms[task_id, "return_value"] = output
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
