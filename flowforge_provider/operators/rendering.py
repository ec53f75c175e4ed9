"""Fill in the expressions of a step's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from flowforge_provider import settings
from flowforge_provider.exceptions import StepError
from flowforge_provider.expressions import Limits, references
from flowforge_provider.expressions import render as render_template
from flowforge_provider.nodes.parameters import dotted, inspect_parameters, render_parameters
from flowforge_provider.operators.step_data import (
    item_data,
    run_data,
    step_outputs,
    steps_before,
    trigger_data,
    workflow_data,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from flowforge_provider.nodes.spec import Parameters
    from flowforge_provider.operators.base import FlowForgeOperator


def templates_of(operator: FlowForgeOperator) -> list[str]:
    """Return the strings with expressions in an operator's parameters."""
    templates, _ = inspect_parameters(operator.parameters_model(), operator.parameters)
    return [template.text for template in templates]


def render(
    operator: FlowForgeOperator, data: Mapping[str, Any], *, parameters: Mapping[str, Any] | None = None
) -> Parameters:
    """
    Return an operator's parameters without expressions.

    :param data: what the expressions see
    :param parameters: in place of the operator's own
    :raises ExpressionError: an expression cannot be evaluated
    :raises StepError: a rendered value is not what the field takes
    """
    model = operator.parameters_model()
    try:
        return render_parameters(
            model,
            operator.parameters if parameters is None else parameters,
            data,
            limits=_limits(),
        )
    except ValidationError as error:
        problems = [
            {"field": dotted(detail["loc"]), "message": detail["msg"]}
            for detail in error.errors(include_url=False, include_input=False)
        ]
        told = "; ".join(f"{problem['field']}: {problem['message']}" for problem in problems[:5])
        raise StepError(
            f"Step {operator.task_id!r} has wrong parameters after its expressions were filled in. {told}",
            code="wrong-parameter",
            detail=problems,
            retryable=False,
        ) from error


def expression_data(operator: FlowForgeOperator, context: Context, templates: list[str]) -> dict[str, Any]:
    """
    Return what the expressions of a step see.

    :param templates: only the outputs that they name are fetched
    """
    used = references(templates)
    return {
        "trigger": trigger_data(context),
        "steps": step_outputs(context, steps_before(context) if used.whole_steps else used.steps),
        "run": run_data(context),
        "workflow": workflow_data(context),
        "vars": operator.variables,
        **item_data(context),
    }


def render_one(template: str, data: dict[str, Any]) -> Any:
    """
    Return the value of a template that a step evaluates while it runs.

    :raises ExpressionError: it cannot be evaluated
    """
    return render_template(template, data, limits=_limits())


def _limits() -> Limits:
    return Limits(
        time_s=settings.expression_time_limit_s(), output_chars=settings.expression_max_output_bytes()
    )
