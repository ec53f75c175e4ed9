"""The step that makes new data: fields set by expressions, or a jq program."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.base import FlowForgeOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from flowforge_provider.nodes.builtin.transform import FieldValue, TransformParameters


class TransformOperator(FlowForgeOperator):
    """
    Make an object from fields, or run a jq program.

    :param mode: ``fields`` or ``jq``
    :param fields: list of {name, value}; dots in a name make nested objects
    :param keep_input: start from a copy of the input object
    :param program: jq program
    :param input: value to start from; the output of the step before this one when left out
    """

    @classmethod
    def parameters_model(cls) -> type[TransformParameters]:
        from flowforge_provider.nodes.builtin.transform import TransformParameters

        return TransformParameters

    def run(self, parameters: TransformParameters, context: Context) -> Any:
        """Return the object, or what the program yields."""
        if parameters.mode == "jq":
            return self._run_jq(parameters.program, _input(parameters, context))
        base: Any = {}
        if parameters.keep_input:
            base = _input(parameters, context)
            if not isinstance(base, dict):
                raise _error(
                    f"The input to keep is {_kind(base)}, not an object. Set the input to an object, or do "
                    "not keep it."
                )
        return set_fields(copy.deepcopy(base), parameters.fields)

    def _run_jq(self, program: str, value: Any) -> Any:
        from flowforge_provider.operators.jq_program import JqRun
        from flowforge_provider.settings import max_output_bytes

        run = JqRun(program, max_bytes=max_output_bytes())
        with self.stopped_by(run.stop):
            return run.on(value)


def set_fields(target: dict[str, Any], fields: list[FieldValue]) -> dict[str, Any]:
    """
    Set fields in order and return the object.

    :param target: is changed
    :param fields: name and value; a dot in a name leads into an object, which is made when it is missing
    :raises StepError: a name leads into something that is no object
    """
    for field in fields:
        *parents, name = field.name.split(".")
        inner = target
        for depth, parent in enumerate(parents):
            inner = inner.setdefault(parent, {})
            if not isinstance(inner, dict):
                path = ".".join(parents[: depth + 1])
                raise _error(
                    f"Field {field.name!r} cannot be set: {path!r} is {_kind(inner)}, not an object. Rename "
                    "one of them."
                )
        inner[name] = field.value
    return target


def _input(parameters: TransformParameters, context: Context) -> Any:
    if parameters.input is not None:
        return parameters.input
    from flowforge_provider.operators.step_data import step_outputs, steps_just_before, trigger_data

    before = sorted(steps_just_before(context))
    if len(before) != 1:
        raise _error(
            f"{len(before)} steps lead here ({', '.join(before)}), so the input must be said. Set it, for "
            "example to {{ steps.<id> }}."
            if before
            else "No step leads here, so the input must be said."
        )
    [node_id] = before
    if context["dag"].get_task(node_id).inherits_from_empty_operator:
        return trigger_data(context)["body"]
    return step_outputs(context, [node_id])[node_id]


def _error(message: str) -> Exception:
    from flowforge_provider.exceptions import StepError

    return StepError(message, code="transform-input", retryable=False)


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "a string"}
    return names.get(type(value), "a list" if isinstance(value, list) else "an object")
