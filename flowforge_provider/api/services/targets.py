"""The workflows that other workflows start: whether they can run, and who may have them started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.models.dag import DagModel
from sqlalchemy import select

from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.security import is_allowed
from flowforge_provider.graph.issues import Issue
from flowforge_provider.graph.started import StartedWorkflow, started_workflows
from flowforge_provider.store.tables import WorkflowRow

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from sqlalchemy.orm import Session

    from flowforge_provider.graph.models import Graph

__all__ = ["authorize_targets", "find_target_issues"]


def find_target_issues(graph: Graph, *, session: Session) -> list[Issue]:
    """
    Return warnings about workflows that the graph starts and that would not run now.

    They are no errors: the other workflow may be published after this one.
    """
    started = started_workflows(graph)
    if not started:
        return []
    ids = {target.workflow_id for target in started}
    rows = session.execute(
        select(WorkflowRow.id, WorkflowRow.published_seq, DagModel.is_paused)
        .join(DagModel, DagModel.dag_id == WorkflowRow.id, isouter=True)
        .where(WorkflowRow.id.in_(ids))
    )
    known = {row.id: (row.published_seq is not None, bool(row.is_paused)) for row in rows}
    found = []
    for target in started:
        is_published, is_paused = known.get(target.workflow_id, (None, False))
        if target.workflow_id == graph.id:
            # It is published by being published; only its own bound can keep it from going on.
            if graph.settings.max_active_runs == 1 and target.node.parameters.get("mode", "wait") == "wait":
                found.append(
                    _issue(
                        target,
                        code="workflow-waits-for-itself",
                        text="the workflow waits for a run of itself, but only one run may be active at a "
                        "time, so it would wait for ever. Allow more runs in the settings.",
                    )
                )
        elif is_published is None:
            found.append(
                _issue(
                    target,
                    code="workflow-not-found",
                    text=f'there is no workflow "{target.workflow_id}". Pick another one.',
                )
            )
        elif not is_published:
            found.append(
                _issue(
                    target,
                    code="workflow-not-published",
                    text=f'workflow "{target.workflow_id}" is not published, so it cannot run. Publish it.',
                )
            )
        elif is_paused:
            found.append(
                _issue(
                    target,
                    code="workflow-paused",
                    text=f'workflow "{target.workflow_id}" is paused in Airflow. Switch its Dag on.',
                )
            )
    return found


def authorize_targets(graph: Graph, *, user: BaseUser) -> None:
    """
    Refuse to publish a graph that starts workflows which its publisher may not run.

    :raises ApiError: 403 ``forbidden``
    """
    for target in started_workflows(graph):
        if not is_allowed(user=user, action="run", workflow_id=target.workflow_id):
            raise ApiError(
                403,
                "forbidden",
                f'Node "{target.node.label}" runs workflow "{target.workflow_id}", which you may not run. '
                "Ask an Airflow administrator for the permission, or somebody who has it to publish.",
            )


def _issue(target: StartedWorkflow, *, code: str, text: str) -> Issue:
    return Issue(
        code=code,
        message=f'Node "{target.node.label}": {text}',
        severity="warning",
        node_id=target.node.id,
        field=f"parameters.{target.field}",
    )
