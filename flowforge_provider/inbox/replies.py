"""Answers of workflows: what a Respond step has set, as an HTTP answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.incoming import Answer
from flowforge_provider.inbox.media_types import charset_of, read_media_type

if TYPE_CHECKING:
    from flowforge_provider.inbox.outcomes import Outcome

__all__ = ["SANDBOX", "answer_of_step", "explain_failure"]

_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# Headers that belong to the connection, to the trigger's settings, or to Airflow: browsers go by some of them
# for everything on this host, such as where they report each request to that fails.
_OURS = frozenset(
    {
        "accept-ch",
        "activate-storage-access",
        "alt-svc",
        "clear-site-data",
        "connection",
        "content-encoding",
        "content-length",
        "content-security-policy",
        "critical-ch",
        "date",
        "keep-alive",
        "nel",
        "observe-browsing-topics",
        "origin-agent-cluster",
        "proxy-authenticate",
        "public-key-pins",
        "report-to",
        "reporting-endpoints",
        "server",
        "service-worker-allowed",
        "set-cookie",
        "set-cookie2",
        "set-login",
        "strict-transport-security",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "vary",
        "x-content-type-options",
    }
)
_EMPTY_STATUSES = frozenset({204, 205, 304})
#: A page that a workflow answers with is no page of Airflow's, though it comes from the same host.
SANDBOX = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts"


def answer_of_step(outcome: Outcome) -> Answer:
    """
    Return the answer that a Respond step has set.

    :param outcome: with a result
    :raises RefusedError: 500 ``file-gone``, the answer is a file that is not stored any more
    """
    result = outcome.result or {}
    headers = _headers(result.get("headers"))
    status = int(result.get("status", 200))
    if result.get("content") == "file" and outcome.content is None:
        raise RefusedError(
            500, "file-gone", "The file that the workflow answers with is not stored any more."
        )
    content = b"" if status in _EMPTY_STATUSES else _content(result, outcome.content, headers)
    if not content:
        headers.pop("content-type", None)
    return Answer(status, content, headers)


def explain_failure(outcome: Outcome, execution_id: str) -> str:
    """Return a sentence on a run that did not succeed; names steps, and nothing of their data."""
    if outcome.kind == "undispatched":
        return f"Execution {execution_id} could not be started."
    if outcome.kind == "cancelled":
        return f"Execution {execution_id} was cancelled."
    if not outcome.failed:
        return f"Execution {execution_id} failed."
    noun = "step" if len(outcome.failed) == 1 else "steps"
    names = ", ".join(f'"{step.name}"' for step in outcome.failed[:5])
    return f"Execution {execution_id} failed at the {noun} {names}."


def _content(result: dict[str, Any], file: bytes | None, headers: dict[str, str]) -> bytes:
    kind = result.get("content")
    if kind == "file":
        return file or b""
    if kind == "text":
        try:
            charset = charset_of(read_media_type(headers.get("content-type", "")))
        except RefusedError:
            charset = "utf-8"
        return str(result.get("body") or "").encode(charset.removesuffix("-sig"), "replace")
    if kind == "json":
        return json.dumps(result.get("body"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    return b""


def _headers(given: Any) -> dict[str, str]:
    headers = {"x-content-type-options": "nosniff", "content-security-policy": SANDBOX}
    for name, value in (given if isinstance(given, dict) else {}).items():
        lower = str(name).lower()
        if lower in _OURS or lower.startswith("access-control-") or not _NAME.fullmatch(lower):
            continue
        text = _CONTROL.sub(" ", str(value)).strip()
        # Headers are sent as Latin-1. What it lacks goes out as the bytes of UTF-8.
        try:
            text.encode("latin-1")
        except UnicodeEncodeError:
            text = text.encode("utf-8", "replace").decode("latin-1")
        headers[lower] = text
    headers.setdefault("cache-control", "no-store")
    return headers
