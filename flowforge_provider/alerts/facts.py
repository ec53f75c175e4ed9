"""What is told of a failure: the step, the cause, what was tried; without what must not leave the system."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flowforge_provider.runs.failures import FailedStep

__all__ = ["failure_facts", "public_text"]

_MAX_MESSAGE = 1_000
# Queries and user parts of addresses hold tokens now and then; a chat is no place for them.
_QUERY = re.compile(r"(\bhttps?://[^\s?\"'<>]+)\?[^\s\"'<>]*")
_USER = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@\"'<>]+@", re.IGNORECASE)


def public_text(message: str) -> str:
    """Return a message that may go to a chat: short, and without queries and credentials of addresses."""
    text = _USER.sub(r"\1***@", _QUERY.sub(r"\1?…", message))
    return text if len(text) <= _MAX_MESSAGE else f"{text[:_MAX_MESSAGE]}…"


def failure_facts(
    step: FailedStep | None, *, workflow_name: str, trigger_type: str | None, started_at: datetime | None
) -> dict[str, Any]:
    """
    Return the facts of a failed execution or try.

    :param step: the step that failed first; None when none did
    """
    error: Mapping[str, Any] = (step.error if step else None) or {}
    detail = error.get("detail")
    detail = detail if isinstance(detail, dict) else {}
    return {
        "workflow_name": workflow_name,
        "node_id": step.node_id if step else None,
        "step": step.name if step else None,
        "type": error.get("type"),
        "code": error.get("code") or ("step-died" if step else None),
        "message": public_text(str(error.get("message") or "")),
        "status": detail.get("status") if isinstance(detail.get("status"), int) else None,
        "sqlstate": detail.get("sqlstate") if isinstance(detail.get("sqlstate"), str) else None,
        "request": _request(detail.get("url")),
        "tries": step.tries if step else None,
        "max_tries": step.max_tries if step else None,
        "trigger_type": trigger_type,
        "started_at": started_at.isoformat() if started_at else None,
    }


def _request(url: Any) -> str | None:
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else None
    except ValueError:
        return None
