"""The operation that runs a jq program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import StepError
from flowforge_provider.transforms.errors import OperationError
from flowforge_provider.transforms.jq_run import TIME_LIMIT_S, JqRun

if TYPE_CHECKING:
    from flowforge_provider.transforms.work import Operation, Work


def jq(operation: Operation, value: Any, work: Work) -> Any:
    """Run a program on the whole value, in a process of its own."""
    limit = min(TIME_LIMIT_S, work.time_left_s())
    try:
        return JqRun(operation["program"], max_bytes=work.max_bytes, time_limit_s=limit).on(value)
    except StepError as error:
        raise OperationError(error.message, field="program", code=error.error_code) from None
