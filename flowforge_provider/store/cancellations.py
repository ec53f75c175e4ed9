"""Runs that a user cancelled. Airflow itself knows only that they failed."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from sqlalchemy import select

from flowforge_provider.store.tables import CancellationRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

__all__ = ["add_cancellation", "cancelled_runs", "get_cancellation"]


def add_cancellation(*, workflow_id: str, run_id: str, user: str, session: Session) -> CancellationRow:
    """Remember that a run was cancelled; the first to cancel it is kept."""
    row = get_cancellation(workflow_id=workflow_id, run_id=run_id, session=session)
    if row is None:
        row = CancellationRow(
            workflow_id=workflow_id,
            run_id=run_id,
            cancelled_at=datetime.now(tz=timezone.utc),
            cancelled_by=user,
        )
        session.add(row)
        session.flush()
    return row


def get_cancellation(*, workflow_id: str, run_id: str, session: Session) -> CancellationRow | None:
    """Return who cancelled a run and when; None when nobody did."""
    return session.get(CancellationRow, (workflow_id, run_id))


def cancelled_runs(
    *, runs: Collection[tuple[str, str]], session: Session
) -> dict[tuple[str, str], CancellationRow]:
    """
    Return the cancellations among some runs.

    :param runs: pairs (workflow id, run id), up to a page of them
    """
    if not runs:
        return {}
    rows = session.scalars(
        select(CancellationRow).where(
            CancellationRow.workflow_id.in_({workflow_id for workflow_id, _ in runs}),
            CancellationRow.run_id.in_({run_id for _, run_id in runs}),
        )
    )
    found = {(row.workflow_id, row.run_id): row for row in rows}
    return {key: row for key, row in found.items() if key in set(runs)}
