"""The items that one task of a loop's body takes, and which of them lead to its step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.redaction import open_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow.sdk import Context

    from flowforge_provider.operators.base import FlowForgeOperator

#: entry of a step's context that holds its LoopItem
ITEM = "flowforge_item"
#: XCom of a step in a loop: index of an item -> the port that it left the step through, None when it failed
#: there, BLOCKED when it failed on its way there. Items that took another way are not in it. Several ports
#: are joined by commas.
PORTS_KEY = "flowforge_ports"
BLOCKED = "-"
#: XCom of the task before a loop's body: {total: number of items, size: items of a batch, fewer in the last}
BATCHES_KEY = "flowforge_batches"
OUTPUT_KEY = "return_value"

# What `Batch.port` returns for an item that has not been at a step.
_NOWHERE = ""


@dataclass(frozen=True)
class LoopItem:
    """
    One item of a loop, as a step in the body sees it.

    :param index: place in the loop's list, from 0
    :param value: the item; any JSON
    """

    index: int
    value: Any
    batch: Batch

    @property
    def loop(self) -> str:
        """Return the id of the loop."""
        return self.batch.loop


@dataclass
class Batch:
    """
    The items of one task instance.

    :param loop: id of the loop
    :param context: of the task
    :param values: the items; the first one has the place ``offset`` in the loop's list
    """

    loop: str
    context: Context
    values: list[Any]
    offset: int
    _pulled: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[LoopItem]:
        """Yield the items in order."""
        for place, value in enumerate(self.values):
            yield LoopItem(self.offset + place, value, self)

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.values)

    def output(self, step_id: str, index: int) -> Any:
        """Return what a step of the body has put out for an item; None when it has not run for it."""
        return self._of_step(step_id, OUTPUT_KEY).get(str(index))

    def way_to(self, task: FlowForgeOperator, index: int) -> bool | None:
        """
        Tell whether an item leads to a step.

        :return: True: it does; False: it took another way; None: it failed on its way here
        """
        ports = {
            step.task_id: self._of_step(step.task_id, PORTS_KEY).get(str(index), _NOWHERE)
            for step in steps_just_before(task)
        }
        return way_to(task, ports)

    def steps_taken_to(self, task: FlowForgeOperator, index: int) -> list[str]:
        """Return the ids of the steps just before from which an item leads to a step; the loop may be one."""
        taken = [
            step.task_id
            for step in steps_just_before(task)
            for port in [self._of_step(step.task_id, PORTS_KEY).get(str(index))]
            if port and task.task_id in targets_of(step, port)
        ]
        return sorted([*taken, self.loop]) if items_task_of(task) in task.upstream_task_ids else taken

    def _of_step(self, step_id: str, key: str) -> dict[str, Any]:
        if (step_id, key) not in self._pulled:
            ti = self.context["ti"]
            value = open_for(self.context, ti.xcom_pull(task_ids=step_id, key=key, map_indexes=ti.map_index))
            self._pulled[step_id, key] = value if isinstance(value, dict) else {}
        return self._pulled[step_id, key]


def way_to(task: FlowForgeOperator, ports: Mapping[str, str | None]) -> bool | None:
    """
    Tell whether an item leads to a step, from what became of it in the steps before.

    :param ports: step just before -> what PORTS_KEY holds of the item; empty when it has not been there
    :return: True: it does; False: it took another way; None: it failed on its way here
    """
    if any(port is None or port == BLOCKED for port in ports.values()):
        return None
    begins_here = items_task_of(task) in task.upstream_task_ids
    return begins_here or any(
        port and task.task_id in targets_of(step, port)
        for step in steps_just_before(task)
        for port in [ports[step.task_id]]
    )


def targets_of(step: FlowForgeOperator, port: str) -> list[str]:
    """Return the ids of the steps of the body that follow a port of a step."""
    from flowforge_provider.operators.ports import SUCCESS

    if step.ports:
        return sorted({target for each in port.split(",") for target in step.ports.get(each, [])})
    return steps_just_after(step) if port == SUCCESS else []


def steps_just_after(step: FlowForgeOperator) -> list[str]:
    """Return the ids of the steps of the same body that follow a step; none after a last step."""
    body = body_of(step.dag, step.loop)
    return [after.task_id for after in body if after.task_id in step.downstream_task_ids]


def steps_just_before(task: FlowForgeOperator) -> list[FlowForgeOperator]:
    """Return the steps of the same body whose edges lead to a step."""
    return [step for step in body_of(task.dag, task.loop) if step.task_id in task.upstream_task_ids]


def body_of(dag: Any, loop: str | None) -> list[FlowForgeOperator]:
    """Return the steps of a loop's body, in the order of their ids."""
    tasks = (dag.get_task(task_id) for task_id in sorted(dag.task_ids))
    return [task for task in tasks if getattr(task, "loop", None) == loop]


def items_task_of(task: FlowForgeOperator) -> str:
    """Return the id of the task that makes the batches of the loop that a step is in."""
    return f"{task.loop}-items"


def read_batch(task: FlowForgeOperator, context: Context) -> Batch:
    """Return the items of a task instance of a loop's body."""
    ti = context["ti"]
    batches = ti.xcom_pull(task_ids=items_task_of(task), map_indexes=-1)
    return Batch(
        loop=str(task.loop),
        context=context,
        values=open_for(context, batches[ti.map_index]),
        offset=sum(map(len, batches[: ti.map_index])),
    )
