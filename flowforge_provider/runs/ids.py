"""Names of executions: ``<workflow id>.<run id>``, split at the first dot; a workflow id holds none."""

from __future__ import annotations

import re
from typing import NamedTuple

import uuid6

from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.graph.ids import WORKFLOW_ID_PATTERN

__all__ = [
    "ExecutionId",
    "delivery_of_run",
    "manual_prefix",
    "manual_run_id",
    "new_delivery_id",
    "parse_execution_id",
    "rerun_prefix",
    "webhook_run_id",
]

_WORKFLOW_ID = re.compile(WORKFLOW_ID_PATTERN)
_WEBHOOK_PREFIX = "webhook__"
_MANUAL_PREFIX = "manual__"
_RERUN_PREFIX = "rerun__"


class ExecutionId(NamedTuple):
    """Which run of which workflow."""

    workflow_id: str
    run_id: str

    def __str__(self) -> str:
        """Return the id as the API writes it."""
        return f"{self.workflow_id}.{self.run_id}"


def parse_execution_id(text: str) -> ExecutionId:
    """
    Split an execution id.

    :raises NotFoundError: the text cannot name an execution; code ``execution-not-found``
    """
    workflow_id, dot, run_id = text.partition(".")
    if not dot or not run_id or not _WORKFLOW_ID.match(workflow_id):
        raise NotFoundError(
            f'There is no execution "{text[:500]}". An execution id looks like <workflow>.<run>.',
            code="execution-not-found",
        )
    return ExecutionId(workflow_id, run_id)


def new_delivery_id() -> str:
    """Return an id that grows with time: a UUID of version 7, 32 hexadecimal digits."""
    return uuid6.uuid7().hex


def webhook_run_id(delivery_id: str) -> str:
    """Return the run that a delivery becomes; a second attempt to make it meets the database's unique key."""
    return f"{_WEBHOOK_PREFIX}{delivery_id}"


def delivery_of_run(run_id: str) -> str | None:
    """Return the delivery that a run stems from; None for runs that were started another way."""
    delivery_id = run_id.removeprefix(_WEBHOOK_PREFIX)
    return delivery_id if delivery_id != run_id else None


def manual_prefix() -> str:
    """Return how the ids of runs begin that a user or a program has started by the API."""
    return _MANUAL_PREFIX


def rerun_prefix() -> str:
    """Return how the ids of runs begin that repeat another one."""
    return _RERUN_PREFIX


def manual_run_id() -> str:
    """Return a fresh id for a run that a user or a program starts by the API."""
    return f"{_MANUAL_PREFIX}{uuid6.uuid7().hex}"
