"""The step that makes new data, one operation after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.base import FlowForgeOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from flowforge_provider.nodes.builtin.transform import TransformParameters

# Operations whose work and memory the expressions in them and their input bound; on a value that is not
# large they need no process of their own, which costs 0.15 CPU-seconds.
_LIGHT = frozenset({"set_fields", "rename_fields", "remove_fields", "keep_fields", "text", "filter", "limit"})
_LIGHT_ITEMS = 1_000


class TransformOperator(FlowForgeOperator):
    """
    Take a value through operations.

    :param input: value to start from; the output of the step before this one when left out
    :param operations: list of objects, each with ``operation`` and the fields of that one
    """

    @classmethod
    def parameters_model(cls) -> type[TransformParameters]:
        from flowforge_provider.nodes.builtin.transform import TransformParameters

        return TransformParameters

    def run(self, parameters: TransformParameters, context: Context) -> Any:
        """Return what the last operation makes."""
        from flowforge_provider import settings
        from flowforge_provider.expressions import Limits
        from flowforge_provider.transforms.errors import OperationError, PipelineError

        operations = [operation.model_dump(mode="json") for operation in parameters.operations]
        value = _input(parameters, operations, context)
        limits = Limits(
            time_s=settings.expression_time_limit_s(), output_chars=settings.expression_max_output_bytes()
        )
        try:
            return self._transform(value, operations, limits)
        except PipelineError as error:
            raise _failure(error.error, operation=error.operation, name=error.name) from error
        except OperationError as error:
            raise _failure(error, operation=None, name="") from error

    def _transform(self, value: Any, operations: list[dict[str, Any]], limits: Any) -> Any:
        from flowforge_provider import settings

        secrets = _secrets(operations)
        time_limit_s, max_bytes = settings.transform_time_limit_s(), settings.max_output_bytes()
        if _is_light(value, operations):
            from flowforge_provider.transforms.pipeline import run_pipeline
            from flowforge_provider.transforms.work import Work

            work = Work(
                data=self.expression_data,
                time_limit_s=time_limit_s,
                max_bytes=max_bytes,
                limits=limits,
                secrets=secrets,
            )
            return run_pipeline(operations, value, work)
        from flowforge_provider.transforms.limited import LimitedRun

        run = LimitedRun(
            time_limit_s=time_limit_s,
            memory_bytes=settings.transform_memory_bytes(),
            max_bytes=max_bytes,
            limits=limits,
        )
        with self.stopped_by(run.stop):
            return run.on(value, operations, data=self.expression_data, secrets=secrets).value


def _is_light(value: Any, operations: list[dict[str, Any]]) -> bool:
    few = not isinstance(value, list) or len(value) <= _LIGHT_ITEMS
    return few and all(operation["operation"] in _LIGHT for operation in operations)


def _input(parameters: TransformParameters, operations: list[dict[str, Any]], context: Context) -> Any:
    from flowforge_provider.nodes.builtin.transform import needs_input

    if parameters.input is not None:
        return parameters.input
    from flowforge_provider.operators.step_data import step_outputs, steps_just_before, trigger_data

    if not needs_input(operations):
        return None
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


def _secrets(operations: list[dict[str, Any]]) -> dict[str, str]:
    """
    Return connection id -> password, of the connections that operations name.

    Only of those made for it: with the password of a database, the result would help to guess it.
    """
    ids = {
        operation["secret_connection_id"] for operation in operations if operation.get("secret_connection_id")
    }
    if not ids:
        return {}
    from flowforge_provider.hooks.connections import connection_type, find_connection
    from flowforge_provider.nodes.transform.labels import KEY_CONNECTION_TYPES

    for conn_id in sorted(ids):
        connection_type(conn_id, offered=KEY_CONNECTION_TYPES)
    return {conn_id: find_connection(conn_id).password or "" for conn_id in sorted(ids)}


def _failure(error: Any, *, operation: int | None, name: str) -> Exception:
    from flowforge_provider.exceptions import StepError
    from flowforge_provider.nodes.transform.labels import TITLES

    where = "" if operation is None else f"Operation {operation + 1} ({TITLES[name]})"
    if error.item is not None:
        where += f", item {error.item}"
    if error.field:
        where += f", {error.field}"
    detail = {"operation": operation, "field": error.field, "item": error.item}
    return StepError(
        f"{where}: {error.message}" if where else error.message,
        code=error.code,
        detail=detail,
        retryable=False,
    )


def _error(message: str) -> Exception:
    from flowforge_provider.exceptions import StepError

    return StepError(message, code="transform-input", retryable=False)
