"""Make a message of what Airflow hands to a callback of a Dag, a task or a deadline."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flowforge_provider import settings
from flowforge_provider.alerts.messages import Group, write_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.alerts.kinds import Language

__all__ = ["facts_of_context", "message_of_context"]

_MAX_MESSAGE = 1_000


def message_of_context(context: Mapping[str, Any], *, language: str | None) -> dict[str, Any]:
    """
    Return the message about the run or the task of a context.

    :param context: as callbacks get it; a deadline's may be empty but for ``dag_run`` and ``deadline``
    :param language: en or ru; ``[flowforge] alert_language`` when None
    """
    facts = facts_of_context(context)
    spoken: Language = "ru" if (language or settings.alert_language()) == "ru" else "en"
    now = datetime.now(tz=timezone.utc)
    group = Group(
        kind=facts["kind"],
        workflow_id=facts["workflow_id"],
        run_id=facts["run_id"],
        count=1,
        facts=facts,
        first_at=now,
        last_at=now,
    )
    base_url = settings.pages_base_url()
    message = write_message(facts["key"], [group], language=spoken, base_url=base_url)
    if base_url and facts["run_id"]:
        # The page of Airflow itself: FlowForge knows no executions of hand-written Dags.
        page = f"{base_url}/dags/{quote(facts['workflow_id'])}/runs/{quote(facts['run_id'], safe='')}"
        label = next((link["label"] for link in message["links"]), facts["run_id"])
        message["links"] = [{"label": label, "url": page}]
    return message


def facts_of_context(context: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return what a context tells, with secrets masked.

    :return: {kind, key, workflow_id, workflow_name, run_id, step, node_id, code, message, status, tries,
        max_tries, started_at}
    """
    from flowforge_provider.operators.failure import describe
    from flowforge_provider.operators.masking import mask

    ti, run, error = context.get("ti"), context.get("dag_run"), context.get("exception")
    dag_id = str(_first(context, ("dag_run", "dag_id"), ("ti", "dag_id"), ("dag", "dag_id")) or "airflow")
    run_id = _first(context, ("dag_run", "run_id"), ("ti", "run_id")) or context.get("run_id")
    try_number = int(getattr(ti, "try_number", 0) or 0)
    record: dict[str, Any] = {}
    if isinstance(error, BaseException):
        record = mask(describe(error, try_number=try_number))
    elif error:
        record = {"code": "step-error", "message": mask(str(error))}
    detail = record.get("detail")
    detail = detail if isinstance(detail, dict) else {}
    kind = _kind(context, ti=ti, run=run)
    started_at = getattr(run, "start_date", None)
    return {
        "kind": kind,
        "key": f"{kind}-{dag_id}-{run_id}-{getattr(ti, 'task_id', '')}-{try_number}",
        "workflow_id": dag_id,
        "workflow_name": str(getattr(context.get("dag"), "dag_display_name", None) or dag_id),
        "run_id": str(run_id) if run_id else None,
        "step": getattr(ti, "task_id", None),
        "node_id": getattr(ti, "task_id", None),
        "code": record.get("code"),
        "message": str(record.get("message") or context.get("reason") or "")[:_MAX_MESSAGE],
        "status": detail.get("status"),
        "sqlstate": detail.get("sqlstate"),
        "tries": try_number or None,
        "max_tries": (int(getattr(ti, "max_tries", 0) or 0) + 1) if ti is not None else None,
        "started_at": started_at.isoformat() if isinstance(started_at, datetime) else None,
    }


def _kind(context: Mapping[str, Any], *, ti: Any, run: Any) -> str:
    if "deadline" in context:
        return "long_run"
    if ti is not None and str(getattr(ti, "state", "")) == "up_for_retry":
        return "retry"
    succeeded = str(getattr(run, "state", "")) == "success" or context.get("reason") == "success"
    return "recovery" if succeeded and not context.get("exception") else "failure"


def _first(context: Mapping[str, Any], *ways: tuple[str, str]) -> Any:
    for name, attribute in ways:
        holder = context.get(name)
        value = holder.get(attribute) if isinstance(holder, dict) else getattr(holder, attribute, None)
        if value:
            return value
    return None
