"""A step by itself: its operator, and a context in which what comes before it is sample data."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from flowforge_provider.exceptions import StepError
from flowforge_provider.operators.base import FlowForgeOperator
from flowforge_provider.operators.loops.batch import ITEM, Batch, LoopItem
from flowforge_provider.operators.redaction import open_for
from flowforge_provider.operators.trigger import TriggerOperator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow.sdk import Context

    from flowforge_provider.step_tests.document import TestDocument

__all__ = ["build_step", "operator_class"]


class _Before(EmptyOperator):
    """A step before the one that is tested."""

    # Only triggers are told from other steps by it.
    inherits_from_empty_operator = False


def operator_class(node_type: str, version: int) -> type[FlowForgeOperator]:
    """
    Return the operator of a node type.

    :raises StepError: it is not installed here, or is no step of FlowForge's; code ``step-not-testable``
    """
    from flowforge_provider.nodes.registry import get_registry

    found = get_registry().find(node_type, version)
    operator = _load(found.operator) if found is not None and found.operator else None
    if not (isinstance(operator, type) and issubclass(operator, FlowForgeOperator)):
        raise StepError(
            f'A step of the type "{node_type}" cannot be tested: the type is not installed, or its '
            "operator is no FlowForgeOperator.",
            code="step-not-testable",
            retryable=False,
        )
    return operator


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name, None)


def build_step(test: TestDocument, context: Context) -> tuple[FlowForgeOperator, Context]:
    """
    Return a step's operator, and the context that it runs in.

    :param context: of the task that runs it
    """
    with DAG(dag_id=test.workflow_id, dag_display_name=test.workflow_name, schedule=None) as dag:
        tasks: dict[str, Any] = {
            node: TriggerOperator(task_id=node, trigger_type=type_) for node, type_ in test.triggers.items()
        }
        others = test.before.keys() - tasks.keys() - {test.node_id}
        tasks.update({node: _Before(task_id=node) for node in sorted(others)})
        operator = _load(test.operator)(
            task_id=test.node_id,
            parameters=test.parameters,
            variables=test.variables,
            workflow_timezone=test.timezone,
            redact=test.redact,
        )
        tasks[test.node_id] = operator
        for node, before in test.before.items():
            tasks[node].set_upstream([tasks[each] for each in before if each in tasks])
    run = _Run(context["dag_run"], test)
    ti = _TaskInstance(context["ti"], test, operator)
    inner: Any = {
        **context,
        "dag": dag,
        "task": operator,
        "dag_run": run,
        "run_id": run.run_id,
        "ti": ti,
        "task_instance": ti,
    }
    if test.loop is not None:
        inner[ITEM] = _item(test, inner)
    return operator, inner


class _Run:
    """The run as the step sees it: one of its own workflow."""

    def __init__(self, run: Any, test: TestDocument) -> None:
        self._run = run
        self.dag_id = test.workflow_id
        self.run_type = "manual"
        self.conf = {"trigger": test.data.get("trigger") or {"type": "manual"}}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)


class _TaskInstance:
    """The task instance as the step sees it: others of its run are sample data."""

    # The revision of a draft has no number.
    bundle_instance = None
    map_index = -1
    try_number = 1
    max_tries = 0

    def __init__(self, ti: Any, test: TestDocument, task: FlowForgeOperator) -> None:
        self._ti = ti
        self._outputs: Mapping[str, Any] = test.data.get("steps") or {}
        self._done = {*self._outputs, *test.triggers}
        self.task_id = test.node_id
        self.dag_id = test.workflow_id
        self.task = task

    def xcom_pull(
        self, task_ids: str | Iterable[str] | None = None, key: str = "return_value", **options: Any
    ) -> Any:
        """Return sample data; that of other runs is asked for."""
        if "run_id" in options:
            return self._ti.xcom_pull(task_ids=task_ids, key=key, **options)
        if key != "return_value":
            return None
        if isinstance(task_ids, str):
            return self._outputs.get(task_ids)
        return [self._outputs.get(each) for each in task_ids or ()]

    def get_task_states(
        self, *_: Any, task_ids: Iterable[str] = (), run_ids: Iterable[str] = (), **__: Any
    ) -> dict[str, dict[str, str]]:
        """Return that the steps with data have succeeded."""
        return {run_id: {each: "success" for each in task_ids if each in self._done} for run_id in run_ids}

    def get_ti_count(self, *_: Any, **__: Any) -> int:
        """Return that no other task is there."""
        return 0

    def get_dr_count(self, *_: Any, **__: Any) -> int:
        """Return that no other run is there."""
        return 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ti, name)


class _SampleBatch(Batch):
    """A batch of one item; outputs of the body are sample data."""

    outputs: Mapping[str, Any]

    def output(self, step_id: str, index: int) -> Any:  # noqa: ARG002
        return self.outputs.get(step_id)

    def steps_taken_to(self, task: FlowForgeOperator, index: int) -> list[str]:  # noqa: ARG002
        return sorted(each for each in task.upstream_task_ids if each in self.outputs)


def _item(test: TestDocument, context: Context) -> LoopItem:
    value, index = open_for(context, test.data.get("item")), int(test.data.get("item_index") or 0)
    batch = _SampleBatch(loop=str(test.loop), context=context, values=[value], offset=index)
    batch.outputs = open_for(context, test.data.get("steps") or {})
    return LoopItem(index, value, batch)
