"""One key for all tries of a step, by which a service can tell a retry from a new request."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import Context

_NAMESPACE = uuid.UUID("8f1b3c52-5a1e-4b0e-9d3b-6c1d2f4a7e90")


def idempotency_key(context: Context, *, part: str = "") -> str:
    """
    Return a UUID: the same on each try of the same step of the same run, and different everywhere else.

    In a loop each item has a key of its own, however the items are divided among tasks.

    It survives a crash of the worker, and clearing the task in Airflow, because it is made from names alone.
    Two Airflows that run the same scheduled workflow get different keys by their ``[api] base_url``.

    :param context: of the task
    :param part: tells apart several effects of one step, for example a page or a chat
    """
    from airflow.configuration import conf

    from flowforge_provider.operators.step_data import item_of

    ti, item = context["ti"], item_of(context)
    names = [
        conf.get("api", "base_url", fallback=""),
        context["dag_run"].dag_id,
        context["dag_run"].run_id,
        ti.task_id,
        item.index if item is not None else getattr(ti, "map_index", -1),
        part,
    ]
    return str(uuid.uuid5(_NAMESPACE, json.dumps(names)))
