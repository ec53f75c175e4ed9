"""Which failures are the same: the same step, failing for the same reason, whatever its data."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["cause_fingerprint", "general_message", "report_of"]

_MAX_MESSAGE = 1_000
# Facts of an error's detail that tell one reason from another.
_REASONS = ("status", "sqlstate", "constraint")
# What differs from run to run: quoted values, addresses' queries, identifiers, times and numbers.
_PARTICULARS = (
    (re.compile(r'"[^"\n]*"|\'[^\'\n]*\'|«[^»\n]*»'), "*"),
    (re.compile(r"\?[^\s?]*"), ""),
    (re.compile(r"\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b", re.IGNORECASE), "*"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b", re.IGNORECASE), "*"),
    (re.compile(r"\d+(?:[.,:]\d+)*"), "0"),
    (re.compile(r"\s+"), " "),
)


def general_message(message: str) -> str:
    """Return an error's message without what differs from run to run: values, ids, times, numbers."""
    text = message[:_MAX_MESSAGE]
    for pattern, replacement in _PARTICULARS:
        text = pattern.sub(replacement, text)
    return text.strip()


def report_of(node_id: str | None, error: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """
    Return what a failure reports: the step's own record, or what stands for one that is missing.

    :param node_id: the step that failed first; None when no step did
    :param error: the step's record; None when it left none
    """
    if error:
        return error
    if node_id is not None:
        # Killed, or its worker was: it could not say anything.
        return {"code": "step-died", "message": "The step ended without telling why."}
    return {"code": "run-failed", "message": "The execution failed, and none of its steps did."}


def cause_fingerprint(*, node_id: str | None, error: Mapping[str, Any] | None) -> str:
    """
    Return a short text that failures of one workflow share when the same step failed for the same reason.

    :param node_id: the step that failed first; None when no step did
    :param error: the step's record {type, code, message, detail}; None when it left none
    :return: 16 hexadecimal digits
    """
    record = report_of(node_id, error)
    detail = record.get("detail")
    reasons = [str(detail.get(name)) for name in _REASONS] if isinstance(detail, dict) else []
    parts = [
        node_id or "",
        str(record.get("code") or ""),
        str(record.get("type") or ""),
        *reasons,
        general_message(str(record.get("message") or "")),
    ]
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()
