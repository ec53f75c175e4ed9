"""What went wrong with each group of dead letters, in plain words: as its newest execution tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from airflow.models.dagrun import DagRun
from sqlalchemy import select, tuple_

from flowforge_provider.runs.explanation import explain
from flowforge_provider.runs.explanation_texts import TITLE_OF_DELIVERY
from flowforge_provider.runs.failures import FailedRun, read_failures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from flowforge_provider.nodes.payload.messages import Language
    from flowforge_provider.runs.failures import FailedStep
    from flowforge_provider.store.queue_tables import DeadLetterGroupRow

__all__ = ["Told", "tell_groups"]


class Told(NamedTuple):
    """
    What people read of a group.

    :param node_name: what they call the step; None when none has failed
    :param message: what the newest one reported, in their language as far as its text is known
    """

    node_name: str | None
    title: str
    message: str


def tell_groups(
    rows: Sequence[DeadLetterGroupRow], *, language: Language, session: Session
) -> dict[str, Told]:
    """Return what to tell of each of some groups, by their ids; for many in a few queries."""
    steps = _newest_failures(rows, session)
    return {row.id: _tell(row, steps.get(row.id), language) for row in rows}


def _tell(row: DeadLetterGroupRow, step: FailedStep | None, language: Language) -> Told:
    if row.source == "delivery":
        return Told(None, TITLE_OF_DELIVERY[0 if language == "en" else 1], row.sample)
    # The newest one may be gone, or have succeeded since: the group still knows the step and its code.
    name = step.name if step is not None else row.node_id
    error = (step.error if step is not None else None) or {"code": row.code, "message": row.sample}
    why = explain(error, step=name, language=language)
    return Told(name, why.title, why.message or row.sample)


def _newest_failures(rows: Sequence[DeadLetterGroupRow], session: Session) -> dict[str, FailedStep]:
    keys = {
        (row.workflow_id, row.sample_run_id): row
        for row in rows
        if row.source == "execution" and row.sample_run_id is not None
    }
    if not keys:
        return {}
    runs = session.execute(
        select(DagRun.id, DagRun.dag_id, DagRun.run_id, DagRun.bundle_version).where(
            tuple_(DagRun.dag_id, DagRun.run_id).in_(list(keys))
        )
    ).all()
    failures = read_failures([FailedRun(*run) for run in runs], session)
    found = {}
    for pk, dag_id, run_id, _ in runs:
        row, step = keys[dag_id, run_id], failures.get(pk)
        # A run that was retried may have failed at another step since.
        if step is not None and step.node_id == row.node_id:
            found[row.id] = step
    return found
