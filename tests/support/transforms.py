"""Run operations of the transform step as it does, without Airflow."""

from __future__ import annotations

from typing import Any

from flowforge_provider.nodes.transform.operation import Operation
from flowforge_provider.transforms.pipeline import run_pipeline
from flowforge_provider.transforms.work import Work


def dump(*operations: dict[str, Any]) -> list[dict[str, Any]]:
    """Return operations as a step hands them on: checked, with their defaults."""
    return [Operation.model_validate(operation).model_dump(mode="json") for operation in operations]


def run(value: Any, *operations: dict[str, Any], **work: Any) -> Any:
    """Return what the operations make of a value; ``work`` are arguments of ``Work``."""
    return run_pipeline(dump(*operations), value, Work(**work))
