"""Sample data that is pinned to nodes of a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.api.services.executions import read_step
from flowforge_provider.exceptions import ConflictError, NotFoundError
from flowforge_provider.runs.ids import parse_execution_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

__all__ = ["output_of_execution", "unknown_node", "with_pin"]


def output_of_execution(
    workflow_id: str, node_id: str, execution_id: str, *, item: int | None, session: Session
) -> Any:
    """
    Return the output that a step had in an execution, masked.

    :param item: place of the item, for a step in a loop
    :raises NotFoundError: there is no such execution of this workflow, step or item
    :raises ConflictError: the step has not succeeded there; code ``pin-without-output``
    """
    parsed = parse_execution_id(execution_id)
    if parsed.workflow_id != workflow_id:
        raise NotFoundError(
            f'Execution "{execution_id[:300]}" is none of workflow "{workflow_id}".',
            code="execution-not-found",
        )
    step = read_step(parsed, node_id, item=item, airflow_base_url="", session=session)
    if step.state != "success":
        raise ConflictError(
            f'Step "{step.name}" has no output in that execution ({step.state}). Choose another one.',
            code="pin-without-output",
        )
    return step.output


def with_pin(draft: Mapping[str, Any], node_id: str, pin: Mapping[str, Any] | None) -> dict[str, Any]:
    """
    Return a draft with data pinned to a node, or without.

    :param pin: {output, execution_id}; None takes it away
    :raises NotFoundError: the draft has no such node; code ``node-not-found``
    """
    if not any(node["id"] == node_id for node in draft.get("nodes", [])):
        raise unknown_node(node_id)
    nodes = [
        {**node, "pinned": dict(pin) if pin is not None else None} if node["id"] == node_id else node
        for node in draft["nodes"]
    ]
    return {**draft, "nodes": nodes}


def unknown_node(node_id: str) -> NotFoundError:
    """Return the error for a node that a draft does not have."""
    return NotFoundError(
        f'The draft has no node "{node_id[:100]}". Save the draft first, or reload it.', code="node-not-found"
    )
