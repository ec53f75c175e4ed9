"""The operator that runs a greeting; only the compiled Dag imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.base import FlowForgeOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from .nodes import GreetParameters


class GreetOperator(FlowForgeOperator):
    """
    Return {text}.

    :param name: whom to greet
    :param times: how often
    """

    @classmethod
    def parameters_model(cls) -> type[GreetParameters]:
        """Return the model of the parameters."""
        from .nodes import GreetParameters

        return GreetParameters

    def run(self, parameters: GreetParameters, context: Context) -> dict[str, Any]:
        """Say hello."""
        return {"text": " ".join([f"Hello, {parameters.name}!"] * parameters.times)}
