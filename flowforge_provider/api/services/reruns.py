"""What an execution says of the one that it runs again, and of those that run it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowforge_provider.api.datamodels.repair import RerunOf
from flowforge_provider.runs.ids import ExecutionId
from flowforge_provider.store.reruns import list_reruns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from flowforge_provider.api.datamodels.executions import Step
    from flowforge_provider.store.tables import RerunRow

__all__ = ["earlier_execution", "later_runs", "mark_reused", "told_rerun"]


def earlier_execution(rerun: RerunRow | None) -> str | None:
    """Return the id of the execution that a run repeats."""
    return str(ExecutionId(rerun.workflow_id, rerun.of_run_id)) if rerun is not None else None


def told_rerun(rerun: RerunRow | None) -> RerunOf | None:
    """Return what a run repeats, from where, and who had it repeated."""
    if rerun is None:
        return None
    return RerunOf(
        execution_id=str(ExecutionId(rerun.workflow_id, rerun.of_run_id)),
        from_step=rerun.from_node,
        created_at=rerun.created_at,
        created_by=rerun.created_by,
    )


def later_runs(execution_id: ExecutionId, *, session: Session) -> list[str]:
    """Return the ids of the executions that run this one again, oldest first."""
    rows = list_reruns(workflow_id=execution_id.workflow_id, run_id=execution_id.run_id, session=session)
    return [str(ExecutionId(row.workflow_id, row.run_id)) for row in rows]


def mark_reused(steps: Sequence[Step], rerun: RerunRow) -> list[Step]:
    """
    Return the steps of a run, those marked that did not run in it.

    A step that somebody has cleared in Airflow runs here after all; it then has a try.
    """
    return [
        step.model_copy(
            update={
                "reused": True,
                "reused_from": str(ExecutionId(rerun.workflow_id, rerun.reused[step.node_id])),
            }
        )
        if step.node_id in rerun.reused and step.tries == 0
        else step
        for step in steps
    ]
