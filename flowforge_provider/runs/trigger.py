"""What started a run, as its first step's output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["EMPTY_TRIGGER", "trigger_of_run", "trigger_type_of_run"]

EMPTY_TRIGGER: Mapping[str, Any] = {
    "type": "manual",
    "id": None,
    "node": None,
    "received_at": None,
    "scheduled_at": None,
    "delivery_id": None,
    "method": None,
    "path": None,
    "body": None,
    "headers": {},
    "query": {},
    "parent": None,
}


def trigger_of_run(
    *,
    conf: Any,
    run_type: str,
    run_after: datetime | None,
    logical_date: datetime | None,
    node_id: str | None,
) -> dict[str, Any]:
    """
    Return ``trigger`` as the expressions of the run see it.

    Runs that Airflow started itself, by the schedule or by hand in its own pages, carry none; theirs is made
    from the run, the same way as the operators do it.

    :param conf: the run's configuration
    :param node_id: the trigger node of the run's graph
    """
    conf = conf if isinstance(conf, Mapping) else {}
    given = conf.get("trigger")
    if isinstance(given, Mapping) and "type" in given:
        # A run that another workflow has started does not know this workflow's trigger.
        known = {} if given.get("id") else {"id": node_id, "node": node_id}
        return {**EMPTY_TRIGGER, **given, **known}
    started = {"id": node_id, "node": node_id, "received_at": _iso(run_after), "body": dict(conf)}
    if run_type == "manual":
        return {**EMPTY_TRIGGER, **started, "type": "manual"}
    return {**EMPTY_TRIGGER, **started, "type": "cron", "scheduled_at": _iso(logical_date or run_after)}


def trigger_type_of_run(*, run_id: str, run_type: str) -> str:
    """Return what started a run without reading its configuration, for lists."""
    if run_type == "operator_triggered":
        return "workflow"
    if run_type == "manual":
        return "webhook" if run_id.startswith("webhook__") else "manual"
    return "cron"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
