"""Executions as lines of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.api.datamodels.execution_parts import Failure, Handled
from flowforge_provider.api.datamodels.executions import ExecutionSummary
from flowforge_provider.api.services.reruns import earlier_execution
from flowforge_provider.runs.causes import cause_fingerprint
from flowforge_provider.runs.explanation import explain
from flowforge_provider.runs.failures import FailedRun, FailedStep, read_failures
from flowforge_provider.runs.revisions import revisions_of_seqs, seq_of_version
from flowforge_provider.store.reruns import reruns_among

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from flowforge_provider.nodes.payload.messages import Language
    from flowforge_provider.runs.reading import RunRecord
    from flowforge_provider.store.tables import RerunRow

__all__ = ["explain_failure", "failed_run", "summarize_runs", "summary_fields"]


def summarize_runs(
    records: Sequence[RunRecord], *, language: Language = "en", session: Session
) -> list[ExecutionSummary]:
    """
    Return lines of a list of executions, in a fixed number of queries.

    :param records: one page
    :param language: of what is said about failures
    """
    seqs = {record.id: seq_of_version(record.bundle_version) for record in records}
    pins = {key: (key.workflow_id, seq) for key, seq in seqs.items() if seq is not None}
    revisions = revisions_of_seqs(pins.values(), session)
    reruns = reruns_among(runs=[record.id for record in records], session=session)
    failed = [failed_run(record) for record in records if record.state == "failed"]
    failures = read_failures(failed, session)
    return [
        ExecutionSummary(
            **summary_fields(
                record,
                seq=seqs[record.id],
                revision=revisions.get(pins[record.id]) if record.id in pins else None,
                rerun=reruns.get(record.id),
            ),
            failure=explain_failure(failures.get(record.pk), language=language)
            if record.state == "failed"
            else None,
        )
        for record in records
    ]


def failed_run(record: RunRecord) -> FailedRun:
    """Return what is looked at to tell why an execution has failed."""
    return FailedRun(
        pk=record.pk,
        workflow_id=record.id.workflow_id,
        run_id=record.id.run_id,
        bundle_version=record.bundle_version,
    )


def summary_fields(
    record: RunRecord, *, seq: int | None, revision: int | None, rerun: RerunRow | None
) -> dict[str, Any]:
    """Return what each view of an execution begins with, but for why it has failed."""
    handled = None
    if record.handled_at is not None:
        handled = Handled(by=record.handled_by or "", at=record.handled_at, comment=record.comment or "")
    return {
        "id": str(record.id),
        "workflow_id": record.id.workflow_id,
        "workflow_name": record.workflow_name,
        "run_id": record.id.run_id,
        "state": record.state,
        "trigger_type": rerun.trigger_type if rerun is not None else record.trigger_type,
        "revision": revision,
        "seq": seq,
        "created_at": record.created_at,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "duration_s": record.duration_s,
        "handled": handled,
        "rerun_of": earlier_execution(rerun),
    }


def explain_failure(
    failed: FailedStep | None, *, language: Language = "en", with_detail: bool = False
) -> Failure:
    """
    Return why an execution has failed, in plain words.

    :param failed: the step that failed first; None when no step did
    :param with_detail: with request, answer, SQL state and the like
    """
    error = failed.error if failed is not None else None
    told = explain(
        error,
        step=failed.name if failed is not None else None,
        tries=failed.tries if failed is not None else 0,
        max_tries=failed.max_tries if failed is not None else 1,
        language=language,
    )
    node_id = failed.node_id if failed is not None else None
    return Failure(
        node_id=node_id,
        node_name=failed.name if failed is not None else None,
        code=told.code,
        category=told.category,
        title=told.title,
        message=told.message,
        tried=told.tried,
        advice=told.advice,
        detail=error.get("detail") if error is not None and with_detail else None,
        fingerprint=cause_fingerprint(node_id=node_id, error=error),
    )
