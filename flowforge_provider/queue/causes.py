"""Why runs failed: the step that failed first, and what it said; for many runs in three queries."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.models.taskinstance import TaskInstance
from sqlalchemy import select

from flowforge_provider.runs.causes import cause_fingerprint, general_message
from flowforge_provider.runs.steps import ERROR_KEY, read_run_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

__all__ = ["Cause", "cause_of_delivery", "causes_of_runs"]

_CODE_AT_END = re.compile(r"\s*\[([a-z][a-z0-9-]{1,98})\]\s*$")
_MOST_CHARS = 2000


@dataclass(frozen=True)
class Cause:
    """
    Why something failed.

    :param node_id: the step; None when none has failed
    :param code: kind of the error
    :param message: as it was
    :param fingerprint: the same for the same cause
    """

    node_id: str | None
    code: str
    message: str
    fingerprint: str

    @property
    def general(self) -> str:
        """Return the message without what differs from one run to the next."""
        return general_message(self.message)

    def group_id(self, *, workflow_id: str, source: str) -> str:
        """Return the id of the group: 32 hexadecimal digits."""
        parts = "\x1f".join((workflow_id, source, self.fingerprint))
        return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()


def causes_of_runs(runs: Sequence[tuple[int, str, str]], session: Session) -> dict[int, Cause]:
    """
    Return the cause of each of some failed runs.

    :param runs: (``id`` of the Dag run, workflow id, run id), up to some hundreds
    """
    pks = {(workflow_id, run_id): pk for pk, workflow_id, run_id in runs}
    first: dict[int, tuple[str, int]] = {}
    rows = session.execute(
        select(TaskInstance.dag_id, TaskInstance.run_id, TaskInstance.task_id, TaskInstance.map_index)
        .where(
            TaskInstance.dag_id.in_({workflow_id for _, workflow_id, _ in runs}),
            TaskInstance.run_id.in_({run_id for _, _, run_id in runs}),
            TaskInstance.state == "failed",
        )
        .order_by(TaskInstance.end_date, TaskInstance.task_id)
    )
    for dag_id, run_id, task_id, map_index in rows:
        pk = pks.get((dag_id, run_id))
        if pk is not None:
            first.setdefault(pk, (task_id, map_index))
    told = (
        read_run_values(list(first), {task_id for task_id, _ in first.values()}, ERROR_KEY, session=session)
        if first
        else {}
    )
    errors = {pk: told.get((pk, *step)) for pk, step in first.items()}
    return {pk: _cause(first[pk][0] if pk in first else None, errors.get(pk)) for pk, _, _ in runs}


def cause_of_delivery(error: str | None) -> Cause:
    """
    Return why a delivery never became a run.

    :param error: as the dispatcher has noted it, the code in brackets at its end
    """
    text = error or ""
    found = _CODE_AT_END.search(text)
    code = found[1] if found else "delivery-failed"
    message = text[: found.start()] if found else text
    return _make(None, {"code": code, "message": message})


def _cause(node_id: str | None, error: Any) -> Cause:
    if isinstance(error, dict):
        return _make(node_id, error)
    if node_id is not None:
        # Killed, or its worker was: it could not say anything.
        return _make(node_id, {"code": "step-died", "message": "The step ended without telling why."})
    return _make(None, {"code": "run-failed", "message": "The execution failed, and none of its steps did."})


def _make(node_id: str | None, error: Mapping[str, Any]) -> Cause:
    return Cause(
        node_id=node_id,
        code=str(error.get("code") or "step-error")[:100],
        message=str(error.get("message") or "")[:_MOST_CHARS],
        fingerprint=cause_fingerprint(node_id=node_id, error=error),
    )
