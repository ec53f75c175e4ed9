"""The items of a loop at the steps of its body, as the API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowforge_provider.api.datamodels.executions import Step, StepItem, StepItemCollectionResponse
from flowforge_provider.api.services.steps import item_step, loops_of
from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.graph.loops import loop_of_nodes
from flowforge_provider.runs.items import (
    StepItems,
    item_values,
    read_items,
    read_loop,
    read_step_items,
    shorten,
)
from flowforge_provider.runs.masking import mask
from flowforge_provider.runs.steps import ERROR_KEY, INPUT_KEY, OUTPUT_KEY

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowforge_provider.graph.models import Graph
    from flowforge_provider.runs.reading import RunRecord
    from flowforge_provider.runs.states import StepState

__all__ = ["items_of_steps", "list_items", "map_index_of_item", "read_item"]


def items_of_steps(
    record: RunRecord, graph: Graph | None, *, only: str | None = None, session: Session
) -> dict[str, StepItems]:
    """
    Return step -> its items, of the steps in the bodies of loops.

    :param graph: the graph that runs
    :param only: of this step alone
    """
    loop_of = loop_of_nodes(loops_of(graph))
    step_ids = {step: loop for step, loop in loop_of.items() if only in (None, step)}
    found = {loop: read_loop(loop, run_pk=record.pk, session=session) for loop in set(step_ids.values())}
    return read_step_items(
        {loop_id: loop for loop_id, loop in found.items() if loop is not None},
        step_ids,
        dag_id=record.id.workflow_id,
        run_id=record.id.run_id,
        run_pk=record.pk,
        cancelled_at=record.cancelled_at,
        session=session,
    )


def read_item(
    step: Step, items: StepItems | None, index: int, *, record: RunRecord, session: Session
) -> Step:
    """
    Return a step as one item of its loop took it.

    :raises NotFoundError: there is no such item; code ``item-not-found``
    """
    if items is None or step.items is None or index >= len(items.items):
        raise _no_item(step.node_id, index)
    loop = read_loop(step.items.loop_id, run_pk=record.pk, session=session)
    if loop is None:
        raise _no_item(step.node_id, index)
    keys = (INPUT_KEY, OUTPUT_KEY, ERROR_KEY)
    data = item_values(step.node_id, index, loop=loop, keys=keys, run_pk=record.pk, session=session)
    return item_step(step, items.items[index], data)


def list_items(
    record: RunRecord,
    graph: Graph | None,
    step_id: str,
    *,
    state: StepState | None,
    limit: int,
    offset: int,
    session: Session,
) -> StepItemCollectionResponse:
    """
    Return one page of the items of a step, in the order of the list.

    :param state: only items in this state
    """
    loop_id = loop_of_nodes(loops_of(graph)).get(step_id)
    items = items_of_steps(record, graph, only=step_id, session=session).get(step_id)
    if loop_id is None or items is None:
        return StepItemCollectionResponse(items=[], total_entries=0)
    values = read_items(loop_id, run_pk=record.pk, session=session)
    matching = [item for item in items.items if state in (None, item.state)]
    return StepItemCollectionResponse(
        items=[
            StepItem(
                index=item.index,
                label=shorten(mask(values[item.index])) if item.index < len(values) else "",
                state=item.state,
                tries=item.tries,
                max_tries=item.max_tries,
                started_at=item.started_at,
                ended_at=item.ended_at,
            )
            for item in matching[offset : offset + limit]
        ],
        total_entries=len(matching),
    )


def map_index_of_item(
    record: RunRecord, graph: Graph | None, step_id: str, index: int, *, session: Session
) -> int:
    """
    Return the map index of the task of a step that takes an item.

    :raises NotFoundError: there is no such item; code ``item-not-found``
    """
    loop_id = loop_of_nodes(loops_of(graph)).get(step_id)
    loop = read_loop(loop_id, run_pk=record.pk, session=session) if loop_id is not None else None
    if loop is None or index >= loop.total:
        raise _no_item(step_id, index)
    return loop.map_index(index)


def _no_item(step_id: str, index: int) -> NotFoundError:
    return NotFoundError(
        f'Step "{step_id[:100]}" has no item {index} in this execution. It is in no loop, its loop has not '
        "begun, or the list is shorter.",
        code="item-not-found",
    )
