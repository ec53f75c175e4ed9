"""Publishing: from a draft to a Dag that Airflow runs, in one transaction."""

from __future__ import annotations

from flowforge_provider.publishing.publish import (
    PublishResult,
    UnpublishResult,
    delete_workflow,
    is_runnable,
    publish,
    unpublish,
)
from flowforge_provider.publishing.scheduling import ScheduleResult, switch_schedule

__all__ = [
    "PublishResult",
    "ScheduleResult",
    "UnpublishResult",
    "delete_workflow",
    "is_runnable",
    "publish",
    "switch_schedule",
    "unpublish",
]
