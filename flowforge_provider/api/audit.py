"""
Every change in Airflow's event log, where Airflow's own are: Browse > Audit Log, and the Dag's page.

The entry is committed before the change begins, so that no change can be without one. When the change does
not come about, the entry says so afterwards.
See docs/decisions/0092-changes-are-recorded-before-they-are-made.md.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["EVENT_PREFIX", "complete_entry", "has_entry", "record_change", "refuse_entry"]

#: In front of the operation's id; for filters in Airflow.
EVENT_PREFIX = "flowforge."

# Under this key the request knows its entry.
_KEY = "flowforge.audit"
_LONGEST_EVENT = 60
_LONGEST_TEXT = 300
_MOST_ITEMS = 50
_MOST_FIELDS = 40
# Workflows answer with their whole graph; what names the workflow is shorter.
_LONGEST_ANSWER = 65_536
# What people and outside senders put in. It has its own rules for who sees it and what is left out.
_CONTENT = frozenset(
    {
        "payload",
        "input",
        "output",
        "inputs",
        "data",
        "body",
        "sample",
        "sample_data",
        "value",
        "graph",
        "document",
    }
)
# They have columns of their own.
_SUBJECTS = frozenset({"workflow_id", "execution_id"})


def record_change(request: Request, *, user: BaseUser) -> None:
    """
    Write the entry of a change that this request is about to make; once.

    :param user: who makes it, and may
    """
    if _KEY in request.scope:
        return
    from airflow.models.log import Log
    from airflow.utils.session import create_session

    route = request.scope.get("route")
    operation = getattr(route, "operation_id", None) or getattr(route, "name", "change")
    body = _body(request)
    dag_id, run_id = _subject({**body, **request.path_params})
    extra = _describe(request, body)
    with create_session() as session:
        entry = Log(
            event=f"{EVENT_PREFIX}{operation}"[:_LONGEST_EVENT],
            task_instance=None,
            owner=user.get_name(),
            owner_display_name=user.get_name(),
            extra=json.dumps(extra, ensure_ascii=False, default=str),
            dag_id=dag_id,
            run_id=run_id,
        )
        session.add(entry)
        session.flush()
        request.scope[_KEY] = {"id": entry.id, "extra": extra, "dag_id": dag_id, "run_id": run_id}


def refuse_entry(request: Request, code: str) -> None:
    """
    Say in the entry of a request, if it has one, that nothing was changed.

    :param code: of the error
    """
    entry = request.scope.get(_KEY)
    if entry is not None:
        _update(
            entry["id"],
            extra=json.dumps({**entry["extra"], "refused": code}, ensure_ascii=False, default=str),
        )


def complete_entry(request: Request, response: Response) -> None:
    """Add to the entry of a request, if it has one, which workflow or execution came out of it."""
    entry = request.scope.get(_KEY)
    if response.status_code >= 400:
        refuse_entry(request, str(_answered(response).get("code") or response.status_code))
        return
    if entry is None or (entry["dag_id"] and entry["run_id"]):
        return
    dag_id, run_id = _subject(_answered(response))
    # An answer about something else names no run of this workflow.
    if (
        dag_id is not None
        and entry["dag_id"] in {None, dag_id}
        and (dag_id, run_id) != (entry["dag_id"], None)
    ):
        _update(entry["id"], dag_id=dag_id, run_id=run_id)


def has_entry(request: Request) -> bool:
    """Tell whether the request has written an entry."""
    return _KEY in request.scope


def _update(entry_id: int, **values: Any) -> None:
    from airflow.models.log import Log
    from airflow.utils.session import create_session
    from sqlalchemy import update

    with create_session() as session:
        session.execute(update(Log).where(Log.id == entry_id).values(**values))


def _subject(values: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return dag id and run id of what names a workflow or an execution."""
    execution_id, workflow_id = values.get("execution_id"), values.get("workflow_id")
    own_id = values.get("id")
    if execution_id is None and isinstance(own_id, str) and own_id.startswith(f"{workflow_id}."):
        execution_id = own_id
    if isinstance(execution_id, str) and "." in execution_id:
        # A workflow id holds no dot.
        dag_id, _, run_id = execution_id.partition(".")
        return dag_id[:250], run_id[:250] or None
    return (workflow_id[:250], None) if isinstance(workflow_id, str) and workflow_id else (None, None)


def _answered(response: Response) -> dict[str, Any]:
    """Return what an answer says about itself: where the new thing is, or its fields."""
    head, _, name = response.headers.get("location", "").rpartition("/workflows/")
    if name and head.endswith("/api") and "/" not in name:
        return {"workflow_id": name}
    content = getattr(response, "body", b"")
    if not content or len(content) > _LONGEST_ANSWER:
        return {}
    try:
        told = json.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _body(request: Request) -> dict[str, Any]:
    # The route has read it before any dependency is asked.
    body = getattr(request, "_json", None)
    return body if isinstance(body, dict) else {}


def _describe(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """Return what a request says, masked and in short."""
    from airflow._shared.secrets_masker import secrets_masker

    said = (*request.query_params.items(), *request.path_params.items(), *body.items())
    given = {name: value for name, value in said if name not in _SUBJECTS}
    described: dict[str, Any] = {"method": request.method}
    for name, value in list(given.items())[:_MOST_FIELDS]:
        short = _shorten(value) if name not in _CONTENT else _size(value)
        described[str(name)[:100]] = secrets_masker.redact(short, str(name))
    return described


def _shorten(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else f"{value[:_LONGEST_TEXT]}…"
    if isinstance(value, list) and all(isinstance(item, (str, int)) for item in value):
        more = len(value) - _MOST_ITEMS
        return [_shorten(item) for item in value[:_MOST_ITEMS]] + ([f"… {more} more"] if more > 0 else [])
    return _size(value) if isinstance(value, (dict, list)) else value


def _size(value: Any) -> Any:
    """Return how much there is of something whose content is not for the log."""
    if isinstance(value, dict):
        return f"{{{len(value)} fields}}"
    if isinstance(value, list):
        return f"[{len(value)} items]"
    return f"({len(value)} characters)" if isinstance(value, str) else value
