"""Tell a retry of a task from one that somebody has cleared in Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import Context


def tries_before(context: Context) -> int:
    """
    Return the number of tries before the task was cleared the last time, 0 when it never was.

    Clearing a task sets max_tries to the tries so far and its retries on top.
    """
    ti = context["ti"]
    retries = getattr(ti.task, "retries", 0) or 0
    return int(max(0, ti.max_tries - retries))


def is_retry(context: Context) -> bool:
    """Tell whether an earlier try has failed or died since the task was cleared, if it ever was."""
    return bool(context["ti"].try_number > tries_before(context) + 1)
