"""What the expressions of a step see: trigger, steps, run, workflow, vars. JSON only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flowforge_provider.nodes.assets import event_data
from flowforge_provider.nodes.firing import type_without_data
from flowforge_provider.operators.redaction import open_for, redactor_of
from flowforge_provider.redaction.sealing import ASSETS

if TYPE_CHECKING:
    from datetime import date

    from airflow.sdk import Context

    from flowforge_provider.operators.loops.batch import LoopItem

_EMPTY_TRIGGER: dict[str, Any] = {
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


def trigger_data(context: Context) -> dict[str, Any]:
    """
    Return what started the run.

    The inbox and the API put it into the run's configuration. Runs that Airflow itself started, by the
    schedule or by hand in its own interface, have no such entry: theirs is made from the run.
    """
    from flowforge_provider.operators.firing import fired_triggers, run_type_of

    dag_run = context["dag_run"]
    conf = open_for(context, dag_run.conf or {})
    given = conf.get("trigger")
    node_id = next(iter(fired_triggers(context)), None)
    node = {"id": node_id, "node": node_id}
    if isinstance(given, Mapping) and "type" in given:
        # A run that another workflow has started does not know this workflow's trigger.
        return _noted({**_EMPTY_TRIGGER, **given, **({} if given.get("id") else node)}, context)
    started = {**node, "received_at": _iso(dag_run.run_after), "body": dict(conf)}
    run_type = run_type_of(context)
    if type_without_data(run_type) == "cron":
        started["scheduled_at"] = _iso(dag_run.logical_date or dag_run.run_after)
    if type_without_data(run_type) == "asset":
        events = open_for(context, event_data(_asset_events(context)), scope=ASSETS)
        started["body"] = {**dict(conf), "events": events}
    return _noted({**_EMPTY_TRIGGER, **started, "type": type_without_data(run_type)}, context)


def _noted(trigger: dict[str, Any], context: Context) -> dict[str, Any]:
    # What was not started by FlowForge is in Airflow's table as it was; from here on it is hidden.
    redactor_of(context["task"]).note_trigger(trigger)
    return trigger


def _asset_events(context: Context) -> Iterator[Any]:
    from airflow.sdk import Asset

    # An event of an alias is there a second time, under its asset.
    for asset, events in context["triggering_asset_events"].items():
        if isinstance(asset, Asset):
            yield from events


def execution_url(workflow_id: str, run_id: str) -> str:
    """Return the address of an execution in the editor, where people look at it and answer its approvals."""
    from airflow.configuration import conf

    base = (conf.get("api", "base_url", fallback="") or "").rstrip("/")
    execution = quote(f"{workflow_id}.{run_id}", safe="")
    return f"{base}/plugin/flowforge/workflows/{quote(workflow_id, safe='')}/executions/{execution}"


def run_data(context: Context) -> dict[str, Any]:
    """Return the facts of the run and of this try."""
    dag_run = context["dag_run"]
    return {
        "id": dag_run.run_id,
        "workflow_id": dag_run.dag_id,
        "started_at": _iso(dag_run.start_date),
        "scheduled_at": _iso(dag_run.logical_date),
        "try_number": context["ti"].try_number,
        "url": execution_url(dag_run.dag_id, dag_run.run_id),
    }


def workflow_data(context: Context) -> dict[str, Any]:
    """
    Return the facts of the workflow.

    ``revision`` is the revision that the run is pinned to; None where the Dag comes from a plain folder.
    """
    dag = context["dag"]
    revision_of = getattr(getattr(context["ti"], "bundle_instance", None), "revision_of", None)
    return {
        "id": dag.dag_id,
        "name": dag.dag_display_name,
        "revision": revision_of(dag.dag_id) if revision_of is not None else None,
        "timezone": getattr(context["task"], "workflow_timezone", "UTC"),
    }


def step_outputs(context: Context, node_ids: Iterable[str]) -> dict[str, Any]:
    """
    Return node id -> output; None for a step that was skipped or has none.

    Inside a loop, a step of the body is read for the same item, and the loop itself stands for the item.

    :param node_ids: steps to read, each one request to Airflow; others are left alone
    """
    ti, item = context["ti"], item_of(context)
    outputs: dict[str, Any] = {}
    for node_id in sorted(set(node_ids) & set(context["dag"].task_ids)):
        if item is not None and node_id == item.loop:
            outputs[node_id] = item.value
        elif item is not None and getattr(context["dag"].get_task(node_id), "loop", None) == item.loop:
            outputs[node_id] = item.batch.output(node_id, item.index)
        else:
            outputs[node_id] = open_for(context, ti.xcom_pull(task_ids=node_id, map_indexes=-1))
    return outputs


def item_of(context: Context) -> LoopItem | None:
    """Return the item of a loop that a step runs for; None outside of loops."""
    found: LoopItem | None = context.get("flowforge_item")  # type: ignore[assignment]
    return found


def item_data(context: Context) -> dict[str, Any]:
    """Return the names that only the body of a loop has: item and item_index."""
    item = item_of(context)
    return {} if item is None else {"item": item.value, "item_index": item.index}


def steps_before(context: Context) -> set[str]:
    """Return the ids of all steps that come before this one, however far, but not of those inside loops."""
    loops = {None, getattr(context["task"], "loop", None)}
    return {
        task.task_id
        for task in context["task"].get_flat_relatives(upstream=True)
        if not task.inherits_from_empty_operator
        and getattr(task, "loop", None) in loops
        and "-" not in task.task_id  # the task before the body of a loop
    }


def steps_just_before(context: Context) -> set[str]:
    """Return the ids of the nodes whose edges lead here; a port task stands for its node."""
    return {task_id.partition("-")[0] for task_id in context["task"].upstream_task_ids}


def _iso(moment: date | None) -> str | None:
    return moment.isoformat() if moment is not None else None
