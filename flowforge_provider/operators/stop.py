"""The step that ends an execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.base import FlowForgeOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from flowforge_provider.nodes.builtin.stop import StopParameters


class StopOperator(FlowForgeOperator):
    """
    End the execution.

    :param outcome: ``success`` or ``failure``
    :param message: why it ends
    """

    @classmethod
    def parameters_model(cls) -> type[StopParameters]:
        from flowforge_provider.nodes.builtin.stop import StopParameters

        return StopParameters

    def run(self, parameters: StopParameters, context: Context) -> dict[str, Any]:
        """
        Skip all steps that have not begun.

        :return: {outcome, message, skipped}
        :raises StepError: the outcome is a failure
        """
        from flowforge_provider.exceptions import StepError
        from flowforge_provider.operators.run_states import skip_unfinished

        skipped = skip_unfinished(context)
        self.log.info("The execution ends as a %s: %s", parameters.outcome, parameters.message)
        if parameters.outcome == "failure":
            raise StepError(
                parameters.message or "The workflow ends here as a failure.",
                code="execution-stopped",
                detail={"skipped": skipped},
                retryable=False,
            )
        return {"outcome": parameters.outcome, "message": parameters.message, "skipped": skipped}
