"""The input that somebody has edited before running an execution again from a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from flowforge_provider.nodes.templated import Verbatim, verbatim
from flowforge_provider.operators.rendering import render
from flowforge_provider.redaction.sealing import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow.sdk import Context

    from flowforge_provider.nodes.spec import Parameters
    from flowforge_provider.operators.base import FlowForgeOperator

__all__ = ["CONF_KEY", "HIDDEN", "PURPOSE", "edited_input", "render_edited", "reveal"]

#: entry of a run's configuration: {of: run id, from: node, task_id, input: sealed}
CONF_KEY = "flowforge_rerun"
PURPOSE = "input"


def edited_input(context: Context) -> dict[str, Any] | None:
    """
    Return the parameters that take the place of the task's own; None where nothing was edited.

    :raises StepError: they were not put there by FlowForge; code ``conf-not-sealed``
    """
    run = context["dag_run"]
    entry = (run.conf or {}).get(CONF_KEY)
    if not isinstance(entry, dict) or entry.get("task_id") != context["ti"].task_id:
        return None
    from flowforge_provider.runs.sealed import unseal

    value = unseal(
        entry.get("input"), purpose=f"{PURPOSE}:{entry['task_id']}", dag_id=run.dag_id, run_id=run.run_id
    )
    return value if isinstance(value, dict) else None


def render_edited(
    operator: FlowForgeOperator, data: Mapping[str, Any], edited: Mapping[str, Any]
) -> Parameters:
    """
    Return an operator's parameters with some of them edited; those are taken as they are.

    :param data: what the expressions of the others see
    :param edited: parameters that take the place of the operator's own; a hidden value among them stands for
        what the operator's own gives
    :raises ExpressionError: as ``render``
    :raises StepError: as ``render``
    """
    values = dict(edited)
    if _hides(values):
        own = render(operator, data).model_dump(mode="json")
        values = {name: reveal(value, own.get(name)) for name, value in values.items()}
    rendered = render(operator, data, parameters={**operator.parameters, **verbatim(values)})
    _make_plain(rendered)
    return rendered


def _make_plain(value: Any) -> Any:
    """Make plain texts of those that were marked as no templates; drivers know no others."""
    if isinstance(value, Verbatim):
        return str(value)
    if isinstance(value, dict):
        return {_make_plain(key): _make_plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_make_plain(item) for item in value]
    if isinstance(value, BaseModel):
        value.__dict__.update({name: _make_plain(item) for name, item in value.__dict__.items()})
    return value


def _hides(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_hides, value.values()))
    if isinstance(value, list):
        return any(map(_hides, value))
    return bool(value == HIDDEN)


def reveal(value: Any, own: Any) -> Any:
    """Return a value with what stands at the same place of another one in place of each ``***``."""
    if value == HIDDEN:
        return value if own is None else own
    if isinstance(value, dict):
        known = own if isinstance(own, dict) else {}
        return {key: reveal(item, known.get(key)) for key, item in value.items()}
    if isinstance(value, list):
        find = _finder(own if isinstance(own, list) else [])
        return [reveal(item, find(index, item)) for index, item in enumerate(value)]
    return value


def _finder(own: list[Any]) -> Callable[[int, Any], Any]:
    """Return what finds the counterpart of an item: the one of the same name, else at the same place."""
    names = {
        item["name"]: item for item in own if isinstance(item, dict) and isinstance(item.get("name"), str)
    }

    def find(index: int, item: Any) -> Any:
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            return names.get(item["name"])
        return own[index] if index < len(own) else None

    return find
