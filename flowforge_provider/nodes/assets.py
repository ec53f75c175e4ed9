"""Airflow's assets as graphs name them, and their events as expressions see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

__all__ = ["AssetReference", "event_data", "read_reference"]


class AssetReference(NamedTuple):
    """
    An asset, by both of its names.

    Not by one of them alone, as Airflow's ``Asset.ref`` does: Airflow 3.3.2 starts runs by such references,
    but tells those runs nothing of the events.
    """

    name: str
    uri: str


def read_reference(text: str) -> AssetReference:
    """Return the asset that a text names: its name, and its uri after a space where that is another one."""
    name, _, uri = text.strip().rpartition(" ")
    return AssetReference(name.strip(), uri) if name and "://" in uri else AssetReference(text, text)


def event_data(events: Iterable[Any]) -> list[dict[str, Any]]:
    """
    Return events of assets as ``trigger.body.events``, the oldest first.

    :param events: of Airflow: as a step's context has them, or as rows of its database
    """
    found = [_event(event) for event in events]
    return sorted(found, key=lambda event: (event["timestamp"] or "", event["asset"]))


def _event(event: Any) -> dict[str, Any]:
    dag_id, run_id = event.source_dag_id, event.source_run_id
    timestamp: datetime | None = event.timestamp
    extra: Mapping[str, Any] | None = event.extra
    return {
        "asset": event.asset.name,
        "uri": event.asset.uri,
        "extra": dict(extra or {}),
        "timestamp": timestamp.isoformat() if timestamp is not None else None,
        "source": {
            "workflow_id": dag_id,
            "execution_id": f"{dag_id}.{run_id}" if dag_id and run_id else None,
            "node_id": event.source_task_id,
        },
    }
