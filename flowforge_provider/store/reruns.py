"""Which runs repeat which, and what of the earlier one they use again."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from sqlalchemy import select

from flowforge_provider.store.tables import RerunRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.orm import Session

__all__ = ["add_rerun", "get_rerun", "list_reruns", "reruns_among"]


def add_rerun(
    *,
    workflow_id: str,
    run_id: str,
    of_run_id: str,
    from_node: str | None,
    trigger_type: str,
    reused: Mapping[str, str],
    user: str,
    session: Session,
) -> RerunRow:
    """
    Remember that a run repeats another one.

    :param from_node: the step that it begins at; None when all of it is repeated
    :param reused: node -> run in which the step has really run
    """
    row = RerunRow(
        workflow_id=workflow_id,
        run_id=run_id,
        of_run_id=of_run_id,
        from_node=from_node,
        trigger_type=trigger_type,
        reused=dict(reused),
        created_at=datetime.now(tz=timezone.utc),
        created_by=user,
    )
    session.add(row)
    session.flush()
    return row


def get_rerun(*, workflow_id: str, run_id: str, session: Session) -> RerunRow | None:
    """Return what a run repeats; None when it repeats none."""
    return session.get(RerunRow, (workflow_id, run_id))


def list_reruns(*, workflow_id: str, run_id: str, limit: int = 100, session: Session) -> Sequence[RerunRow]:
    """Return the runs that repeat a run, oldest first."""
    return session.scalars(
        select(RerunRow)
        .where(RerunRow.workflow_id == workflow_id, RerunRow.of_run_id == run_id)
        .order_by(RerunRow.created_at, RerunRow.run_id)
        .limit(limit)
    ).all()


def reruns_among(*, runs: Collection[tuple[str, str]], session: Session) -> dict[tuple[str, str], RerunRow]:
    """
    Return those of some runs that repeat another one.

    :param runs: pairs (workflow id, run id), up to a page of them
    """
    if not runs:
        return {}
    rows = session.scalars(
        select(RerunRow).where(
            RerunRow.workflow_id.in_({workflow_id for workflow_id, _ in runs}),
            RerunRow.run_id.in_({run_id for _, run_id in runs}),
        )
    )
    found = {(row.workflow_id, row.run_id): row for row in rows}
    return {key: row for key, row in found.items() if key in set(runs)}
