"""Why runs failed: the step that failed first, and what it said; for many runs in three queries."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowforge_provider.runs.causes import cause_fingerprint, general_message, report_of
from flowforge_provider.runs.failures import FailedRun, read_failures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from flowforge_provider.runs.failures import FailedStep

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
    steps = read_failures([FailedRun(*run, bundle_version=None) for run in runs], session)
    return {pk: _cause(steps.get(pk)) for pk, _, _ in runs}


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


def _cause(step: FailedStep | None) -> Cause:
    node_id, error = (step.node_id, step.error) if step is not None else (None, None)
    return _make(node_id, report_of(node_id, error))


def _make(node_id: str | None, error: Mapping[str, Any]) -> Cause:
    return Cause(
        node_id=node_id,
        code=str(error.get("code") or "step-error")[:100],
        message=str(error.get("message") or "")[:_MOST_CHARS],
        fingerprint=cause_fingerprint(node_id=node_id, error=error),
    )
