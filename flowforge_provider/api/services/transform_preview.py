"""What a transform step would make of sample data: the code of a run, with tighter limits."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from flowforge_provider import settings
from flowforge_provider.api.datamodels.previews import (
    TransformFault,
    TransformPreviewResponse,
    TransformSample,
)
from flowforge_provider.api.errors import ApiError
from flowforge_provider.exceptions import ExpressionError
from flowforge_provider.expressions import Limits, render
from flowforge_provider.graph import codes
from flowforge_provider.nodes.builtin.transform import Transform, TransformParameters
from flowforge_provider.nodes.parameters import dotted
from flowforge_provider.transforms.errors import OperationError, PipelineError
from flowforge_provider.transforms.limited import LimitedRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TIME_LIMIT_S = 5.0
MEMORY_BYTES = 512 * 1024 * 1024
SAMPLE_ITEMS = 50
# Each preview is a process; the api-server has other work too.
_SLOTS = threading.BoundedSemaphore(4)
_WAIT_S = 5.0


def preview_transform(
    parameters: Mapping[str, Any], data: Mapping[str, Any], given: Any
) -> TransformPreviewResponse:
    """
    Return the result of each operation.

    What is wrong with one operation does not hide the results of those before it, since people look at the
    preview while they write.

    :param parameters: as the graph holds them; may be incomplete
    :param data: what expressions see
    :param given: input when the parameters set none
    :raises ApiError: 503 when too many previews run at once
    """
    limits = Limits(
        time_s=settings.expression_time_limit_s(), output_chars=settings.expression_max_output_bytes()
    )
    model, fault = _read(parameters, data, limits)
    if model is None:
        return TransformPreviewResponse(ok=False, input=None, steps=[], error=fault)
    value = given if model.input is None else model.input
    operations = [operation.model_dump(mode="json") for operation in model.operations]
    run = LimitedRun(
        time_limit_s=min(TIME_LIMIT_S, settings.transform_time_limit_s()),
        memory_bytes=min(MEMORY_BYTES, settings.transform_memory_bytes()),
        max_bytes=settings.max_output_bytes(),
        limits=limits,
    )
    steps: Sequence[Any] = []
    notes: list[str] = []
    with _slot():
        try:
            done = run.on(value, operations, data=data, secrets=None, sample_items=SAMPLE_ITEMS)
            steps, notes = done.steps, done.notes
        except PipelineError as error:
            steps, fault = error.steps, _from_run(error.error, operation=error.operation)
        except OperationError as error:
            fault = _from_run(error, operation=None)
    return TransformPreviewResponse(
        ok=fault is None,
        input=_sample(value),
        steps=[TransformSample(**step) for step in steps],
        error=fault,
        notes=notes,
    )


@contextmanager
def _slot() -> Iterator[None]:
    if not _SLOTS.acquire(timeout=_WAIT_S):
        raise ApiError(503, "overloaded", "Too many previews run at once. Try again in some seconds.")
    try:
        yield
    finally:
        _SLOTS.release()


def _read(
    parameters: Mapping[str, Any], data: Mapping[str, Any], limits: Limits
) -> tuple[TransformParameters | None, TransformFault | None]:
    """Return the parameters with as many operations as are right, and what is wrong with the next one."""
    left = dict(parameters)
    fault = None
    while True:
        wrong = _first_gap(left)
        if wrong is None:
            try:
                context = {"render": lambda value: render(value, data, limits=limits)}
                return TransformParameters.model_validate(left, context=context), fault
            except ValidationError as error:
                wrong = _from_validation(error)
        if wrong.operation is None:
            return None, wrong
        fault = wrong
        left["operations"] = list(left["operations"])[: wrong.operation]


def _first_gap(parameters: Mapping[str, Any]) -> TransformFault | None:
    """Return the first thing that is missing; what a saved graph would be told, too."""
    for problem in Transform.check(parameters, upstream=()):
        if problem.severity == "error":
            return _at(problem.code, problem.message, problem.field)
    return None


def _from_validation(error: ValidationError) -> TransformFault:
    def place(detail: Any) -> int:
        return detail["loc"][1] if len(detail["loc"]) > 1 and detail["loc"][0] == "operations" else -1

    detail = min(error.errors(include_url=False), key=place)
    cause = detail.get("ctx", {}).get("error")
    path = dotted(detail["loc"])
    if isinstance(cause, ExpressionError):
        return _at(cause.error_code, cause.message, path)
    code = detail["type"] if detail["type"] in codes.ALL_CODES else codes.WRONG_PARAMETER
    return _at(code, detail["msg"], path)


def _at(code: str, message: str, path: str) -> TransformFault:
    parts = path.split(".")
    if len(parts) > 1 and parts[0] == "operations" and parts[1].isdecimal():
        return TransformFault(
            code=code, message=message, operation=int(parts[1]), field=".".join(parts[2:]), item=None
        )
    return TransformFault(code=code, message=message, operation=None, field=path, item=None)


def _from_run(error: OperationError, *, operation: int | None) -> TransformFault:
    return TransformFault(
        code=error.code, message=error.message, operation=operation, field=error.field, item=error.item
    )


def _sample(value: Any) -> TransformSample:
    if not isinstance(value, list):
        return TransformSample(count=None, cut=False, value=value)
    return TransformSample(count=len(value), cut=len(value) > SAMPLE_ITEMS, value=value[:SAMPLE_ITEMS])
