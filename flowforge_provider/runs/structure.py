"""How the tasks of a workflow's Dag hang together, as far as repairing an execution needs it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from flowforge_provider.graph.topology import order

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from airflow.serialization.definitions.dag import SerializedDAG

__all__ = [
    "Place",
    "is_first_of_loop",
    "items_task_of",
    "loop_of_task",
    "node_of_task",
    "places_following",
    "tasks_after",
    "tasks_before",
    "tasks_in_order",
    "tasks_of_node",
]

# One task instance of a run: (task id, map index).
Place = tuple[str, int]

_BODY = "-body"
_ITEMS = "-items"


def node_of_task(task_id: str) -> str:
    """Return the node that a task belongs to; those of ports and before loops are their node's."""
    return task_id.partition("-")[0]


def items_task_of(loop_id: str) -> str:
    """Return the id of the task that makes a loop's batches."""
    return f"{loop_id}{_ITEMS}"


def tasks_of_node(node_id: str, dag: SerializedDAG) -> list[str]:
    """Return the tasks with which a node begins and ends: of a loop, those before and after its body."""
    return [task_id for task_id in (items_task_of(node_id), node_id) if dag.has_task(task_id)]


def loop_of_task(task_id: str, dag: SerializedDAG) -> str | None:
    """Return the loop in whose body a task is; None outside of loops."""
    group = dag.get_task(task_id).get_closest_mapped_task_group()
    group_id = str(group.group_id) if group is not None else ""
    return group_id.removesuffix(_BODY) if group_id.endswith(_BODY) else None


def is_first_of_loop(task_id: str, dag: SerializedDAG) -> bool:
    """Tell whether a loop's items come straight to a step of its body."""
    loop = loop_of_task(task_id, dag)
    return loop is not None and items_task_of(loop) in dag.get_task(task_id).upstream_task_ids


def tasks_in_order(dag: SerializedDAG) -> list[str]:
    """Return all tasks, each after those that lead to it."""
    return order({task_id: sorted(task.downstream_task_ids) for task_id, task in dag.task_dict.items()})


def tasks_after(task_ids: Iterable[str], dag: SerializedDAG) -> set[str]:
    """Return all tasks that follow some tasks, however far, and these themselves."""
    return _closure(task_ids, lambda task_id: dag.get_task(task_id).downstream_task_ids)


def tasks_before(task_ids: Iterable[str], dag: SerializedDAG) -> set[str]:
    """Return all tasks that come before some tasks, however far, without these."""
    start = set(task_ids)
    return _closure(start, lambda task_id: dag.get_task(task_id).upstream_task_ids) - start


def places_following(start: Iterable[Place], dag: SerializedDAG, known: Collection[Place]) -> set[Place]:
    """
    Return task instances and all that follow them.

    Inside a loop, a task instance is followed by those that take the same items; other items are left alone.

    :param known: all task instances of the run
    """
    indexes: Mapping[str, set[int]] = _indexes(known)
    found: set[Place] = set()
    todo = list(start)
    while todo:
        task_id, index = place = todo.pop()
        if place in found:
            continue
        found.add(place)
        if not dag.has_task(task_id):
            continue
        loop = loop_of_task(task_id, dag)
        for below in dag.get_task(task_id).downstream_task_ids:
            same_items = index >= 0 and loop is not None and loop_of_task(below, dag) == loop
            todo += [(below, each) for each in indexes.get(below, ()) if not same_items or each == index]
    return found


def _closure(start: Iterable[str], neighbours: Any) -> set[str]:
    found: set[str] = set()
    todo = list(start)
    while todo:
        task_id = todo.pop()
        if task_id not in found:
            found.add(task_id)
            todo += neighbours(task_id)
    return found


def _indexes(places: Iterable[Place]) -> dict[str, set[int]]:
    indexes: dict[str, set[int]] = defaultdict(set)
    for task_id, index in places:
        indexes[task_id].add(index)
    return indexes
