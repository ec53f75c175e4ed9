"""Outputs and other records of a step as JSON that Airflow can keep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import StepError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Airflow's serializer gives these keys a meaning of its own: it would build objects from them, or refuse
# them.
_AIRFLOW_KEYS = frozenset({"__classname__", "__id__", "__type", "__var"})
_MAX_DEPTH = 200


def to_json(value: Any, *, max_bytes: int) -> Any:
    """
    Return a copy of an output that holds JSON only.

    :param value: what a step returned
    :param max_bytes: bytes that it may have as UTF-8 JSON
    :raises StepError: it is no JSON, is too large, or Airflow could not keep it
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        size = len(text.encode("utf-8", "surrogatepass"))
    except (TypeError, ValueError, RecursionError) as error:
        raise StepError(
            f"The step's output is not JSON: {error}. Return objects, lists, strings, finite numbers, "
            "booleans and null only.",
            code="output-not-json",
            retryable=False,
        ) from error
    if size > max_bytes:
        raise StepError(
            f"The step's output has {size} bytes as JSON; at most {max_bytes} are allowed. Return less, "
            "raise [flowforge] max_output_bytes, or keep large data in the object storage XCom backend.",
            code="output-too-large",
            detail={"size": size, "limit": max_bytes},
            retryable=False,
        )
    copy = json.loads(text)
    for path in _kept_by_airflow(copy):
        raise StepError(
            f"The step's output holds the key {path!r}, which Airflow keeps for itself. Rename it in a "
            "transform, or hand on only the fields that are needed.",
            code="output-reserved-key",
            retryable=False,
        )
    return copy


def to_record(value: Any, *, max_bytes: int) -> Any:
    """
    Return a copy of a record that people read, and no step: made to fit rather than refused.

    :param value: JSON
    :param max_bytes: bytes that it may have; a larger one is replaced by its beginning
    """
    text = json.dumps(value, ensure_ascii=False, default=str)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        return {"truncated": True, "size": size, "beginning": text[: max_bytes // 8]}
    return _without_airflow_keys(json.loads(text))


def _kept_by_airflow(value: Any, path: str = "", depth: int = 0) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise StepError(
            f"The step's output is nested deeper than {_MAX_DEPTH} levels. Flatten it in a transform.",
            code="output-too-deep",
            retryable=False,
        )
    if isinstance(value, dict):
        for key, item in value.items():
            below = f"{path}.{key}" if path else key
            if key in _AIRFLOW_KEYS:
                yield below
            yield from _kept_by_airflow(item, below, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _kept_by_airflow(item, f"{path}.{index}", depth + 1)


def _without_airflow_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            f"{key} (renamed)" if key in _AIRFLOW_KEYS else key: _without_airflow_keys(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_without_airflow_keys(item) for item in value]
    return value
