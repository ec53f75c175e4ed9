"""The step in which ways come together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.base import FlowForgeOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from flowforge_provider.nodes.builtin.merge import MergeParameters


class MergeOperator(FlowForgeOperator):
    """
    Hand on what the steps before have made.

    :param mode: ``all``, ``first``, ``append``, ``join`` or ``position``
    :param lists: lists to append
    :param left: list of objects
    :param right: list of objects
    :param keys: list of {left, right}: fields that must be equal
    :param rows: rows to keep without a counterpart: ``inner``, ``left``, ``right``, ``full``
    :param clash: what becomes of fields that both rows have: ``suffix``, ``left``, ``right``
    :param convert: compare a text as the number that it holds
    """

    @classmethod
    def parameters_model(cls) -> type[MergeParameters]:
        from flowforge_provider.nodes.builtin.merge import MergeParameters

        return MergeParameters

    def run(self, parameters: MergeParameters, context: Context) -> Any:
        """Return what the mode makes of the steps before."""
        from flowforge_provider.operators.joins import join_by_key, join_by_position

        if parameters.mode == "all":
            return _outputs(context)
        if parameters.mode == "first":
            return next((output for output in _taken(context).values()), None)
        if parameters.mode == "append":
            lists = [_or_none(value) for value in parameters.lists] or list(_taken(context).values())
            return [item for value in lists if value is not None for item in _as_list(value)]
        left, right = _rows(parameters.left, "left"), _rows(parameters.right, "right")
        if parameters.mode == "position":
            return join_by_position(left, right, kept=parameters.rows, clash=parameters.clash)
        return join_by_key(
            left,
            right,
            keys=[(key.left, key.right or key.left) for key in parameters.keys],
            kept=parameters.rows,
            clash=parameters.clash,
            convert_types=parameters.convert,
        )


def _outputs(context: Context) -> dict[str, Any]:
    """Return node id -> output of each step just before, in the order of ids; None where it did not come."""
    taken = _taken(context)
    return {node_id: taken.get(node_id) for node_id in sorted(_ways(context))}


def _taken(context: Context) -> dict[str, Any]:
    """Return node id -> output of the steps just before whose way was taken, in the order of ids."""
    from flowforge_provider.operators.run_states import task_states
    from flowforge_provider.operators.step_data import item_of, step_outputs, trigger_data

    item = item_of(context)
    if item is not None:
        return step_outputs(context, item.batch.steps_taken_to(context["task"], item.index))  # type: ignore[arg-type]
    ways = _ways(context)
    states = task_states(context, [task_id for tasks in ways.values() for task_id in tasks])
    done = [
        node_id
        for node_id, tasks in sorted(ways.items())
        if any(states.get(task_id) == "success" for task_id in tasks)
    ]
    outputs = step_outputs(context, done)
    for node_id in done:
        if context["dag"].get_task(node_id).inherits_from_empty_operator:
            outputs[node_id] = trigger_data(context)["body"]
    return {node_id: outputs.get(node_id) for node_id in done}


def _ways(context: Context) -> dict[str, list[str]]:
    """Return node id -> ids of the tasks by which its way comes here: its own, or those of its ports."""
    ways: dict[str, list[str]] = {}
    for task_id in sorted(context["task"].upstream_task_ids):
        ways.setdefault(task_id.partition("-")[0], []).append(task_id)
    return ways


def _or_none(value: Any) -> Any:
    """Return a value, or None where a step that was skipped left none."""
    from flowforge_provider.nodes.conditions import Unavailable

    if isinstance(value, Unavailable):
        if not value.is_missing:
            raise value.error
        return None
    return value


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _rows(value: Any, side: str) -> list[dict[str, Any]]:
    from flowforge_provider.exceptions import StepError

    rows = _or_none(value)
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise StepError(
            f"The {side} list is no list. Set it to one, for example to {{{{ steps.<id>.rows }}}}.",
            code="merge-input",
            retryable=False,
        )
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise StepError(
                f"Item {index} of the {side} list is no object, so it has no fields. Make objects of the "
                "items in a transform first.",
                code="merge-input",
                retryable=False,
            )
    return rows
