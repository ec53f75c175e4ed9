"""The newest and the next execution of many workflows, in a fixed number of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from sqlalchemy import and_, func, select

from flowforge_provider.api.datamodels.workflows import ExecutionState, LastRun
from flowforge_provider.store.tables import CancellationRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session


def read_last_runs(*, workflow_ids: Collection[str], session: Session) -> dict[str, LastRun]:
    """
    Return the newest execution of each workflow that has one.

    :param workflow_ids: the ids on one page
    """
    newest = (
        select(func.max(DagRun.id))
        .where(DagRun.dag_id.in_(workflow_ids))
        .group_by(DagRun.dag_id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            DagRun.dag_id,
            DagRun.run_id,
            DagRun.state,
            DagRun.start_date,
            DagRun.end_date,
            CancellationRow.run_id.is_not(None),
        )
        .join(
            CancellationRow,
            and_(CancellationRow.workflow_id == DagRun.dag_id, CancellationRow.run_id == DagRun.run_id),
            isouter=True,
        )
        .where(DagRun.id.in_(newest))
    )
    return {
        dag_id: LastRun(
            execution_id=f"{dag_id}.{run_id}",
            state=_state(str(state), cancelled=bool(cancelled)),
            started_at=started_at,
            ended_at=ended_at,
        )
        for dag_id, run_id, state, started_at, ended_at, cancelled in rows
    }


def read_next_runs(*, workflow_ids: Collection[str], session: Session) -> dict[str, datetime]:
    """Return when Airflow's scheduler starts each workflow that has a schedule and is not paused."""
    rows = session.execute(
        select(DagModel.dag_id, DagModel.next_dagrun_create_after).where(
            DagModel.dag_id.in_(workflow_ids),
            DagModel.next_dagrun_create_after.is_not(None),
            DagModel.is_paused.is_(False),
            DagModel.is_stale.is_(False),
        )
    )
    return {dag_id: moment for dag_id, moment in rows if moment is not None}


def _state(state: str, *, cancelled: bool) -> ExecutionState:
    # Airflow knows no cancelled runs; it ends them as failed.
    return "cancelled" if cancelled and state == "failed" else cast("ExecutionState", state)
