"""What started a run, as its first step's output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flowforge_provider.nodes.firing import Candidate, fired_nodes, type_without_data
from flowforge_provider.nodes.registry import get_registry
from flowforge_provider.nodes.schedules import schedules_of

if TYPE_CHECKING:
    from datetime import datetime

    from flowforge_provider.graph.models import Graph

__all__ = ["EMPTY_TRIGGER", "fired_in_graph", "trigger_of_run", "trigger_type_of_run"]

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
    asset_events: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """
    Return ``trigger`` as the expressions of the run see it.

    Runs that Airflow started itself, by the schedule or by hand in its own pages, carry none; theirs is made
    from the run, the same way as the operators do it.

    :param conf: the run's configuration
    :param node_id: the trigger node that fired, as ``fired_in_graph`` tells it
    :param asset_events: that the run was started by
    """
    conf = conf if isinstance(conf, Mapping) else {}
    given = conf.get("trigger")
    if isinstance(given, Mapping) and "type" in given:
        # A run that another workflow has started does not know this workflow's trigger.
        known = {} if given.get("id") else {"id": node_id, "node": node_id}
        return {**EMPTY_TRIGGER, **given, **known}
    started = {"id": node_id, "node": node_id, "received_at": _iso(run_after), "body": dict(conf)}
    type_ = type_without_data(run_type)
    if type_ == "cron":
        started["scheduled_at"] = _iso(logical_date or run_after)
    if type_ == "asset":
        started["body"] = {**dict(conf), "events": list(asset_events)}
    return {**EMPTY_TRIGGER, **started, "type": type_}


def trigger_type_of_run(*, run_id: str, run_type: str) -> str:
    """Return what started a run without reading its configuration, for lists."""
    if run_type == "operator_triggered":
        return "workflow"
    if run_type == "manual":
        return "webhook" if run_id.startswith("webhook__") else "manual"
    return type_without_data(run_type)


def fired_in_graph(
    graph: Graph | None,
    *,
    conf: Any,
    run_type: str,
    run_after: datetime | None,
    logical_date: datetime | None,
) -> list[str]:
    """
    Return the trigger nodes of a run's graph that started the run, the same way as the run itself does it.

    :param graph: the graph that runs
    :return: ids; none without a graph, or where no trigger of it is installed
    """
    registry = get_registry()
    types = [(node, registry.find(node.type, node.type_version)) for node in (graph.nodes if graph else ())]
    triggers = [
        Candidate(node.id, node.type)
        for node, type_ in types
        if type_ is not None and type_.kind == "trigger"
    ]
    return fired_nodes(
        triggers,
        given=conf.get("trigger") if isinstance(conf, Mapping) else None,
        run_type=run_type,
        moment=logical_date or run_after,
        schedules=schedules_of(graph) if graph is not None and len(triggers) > 1 else (),
    )


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
