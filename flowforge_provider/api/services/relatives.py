"""The execution that has started another one, and those that its own steps have started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flowforge_provider.api.datamodels.execution_parts import ExecutionLink
from flowforge_provider.runs.ids import ExecutionId
from flowforge_provider.runs.reading import RunRecord, find_runs_of
from flowforge_provider.runs.steps import read_children

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

__all__ = ["find_relatives"]

_MOST_CHILDREN = 200


def find_relatives(
    run: RunRecord, trigger: Mapping[str, Any], *, may_see: Callable[[str], bool], session: Session
) -> tuple[ExecutionLink | None, list[ExecutionLink]]:
    """
    Return the parent of an execution and its children, at most two hundred of them.

    :param trigger: what started it
    :param may_see: tells whether the user may see a workflow; of others, only the id is told
    """
    parent = trigger.get("parent")
    parents = [parent] if isinstance(parent, Mapping) and parent.get("run_id") else []
    children = read_children(run_pk=run.pk, session=session)[:_MOST_CHILDREN]
    known = find_runs_of({_id_of(one) for one in (*parents, *children)}, session)
    links = [_link(one, known, may_see=may_see) for one in (*parents, *children)]
    return (links[0], links[1:]) if parents else (None, links)


def _id_of(place: Mapping[str, Any]) -> ExecutionId:
    return ExecutionId(str(place.get("workflow_id")), str(place.get("run_id")))


def _link(
    place: Mapping[str, Any], known: Mapping[ExecutionId, RunRecord], *, may_see: Callable[[str], bool]
) -> ExecutionLink:
    execution_id = _id_of(place)
    record = known.get(execution_id) if may_see(execution_id.workflow_id) else None
    item = place.get("item_index")
    return ExecutionLink(
        execution_id=str(execution_id),
        workflow_id=execution_id.workflow_id,
        workflow_name=record.workflow_name if record is not None else None,
        state=record.state if record is not None else None,
        node_id=str(place["node_id"]) if place.get("node_id") is not None else None,
        item_index=item if isinstance(item, int) else None,
    )
