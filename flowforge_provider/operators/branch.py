"""The steps that decide which way a run goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowforge_provider.operators.base import FlowForgeOperator
from flowforge_provider.operators.ports import PortOutput

if TYPE_CHECKING:
    from airflow.sdk import Context

    from flowforge_provider.nodes.builtin.if_ import IfParameters
    from flowforge_provider.nodes.builtin.switch import SwitchCase, SwitchParameters


class IfOperator(FlowForgeOperator):
    """
    Go on through the port ``true`` or ``false``.

    :param conditions: {match, conditions, groups, convert}, or {mode: expression, expression}
    """

    @classmethod
    def parameters_model(cls) -> type[IfParameters]:
        from flowforge_provider.nodes.builtin.if_ import IfParameters

        return IfParameters

    def run(self, parameters: IfParameters, context: Context) -> PortOutput:  # noqa: ARG002
        """Return ``{result: …}`` through the port of the same name."""
        from flowforge_provider.nodes.condition_check import holds

        result = holds(parameters.conditions, timezone=self.workflow_timezone)
        return PortOutput("true" if result else "false", {"result": result})


class SwitchOperator(FlowForgeOperator):
    """
    Go on through the ports of the cases that apply, or through ``default``.

    :param mode: ``conditions`` or ``value``
    :param value: what the cases look at
    :param cases: list of {id, label, conditions, value}; the id is the port
    :param match: ``first`` or ``all``
    :param ignore_case: compare texts without regard to capitals
    :param convert: compare a text as the number that it holds
    """

    @classmethod
    def parameters_model(cls) -> type[SwitchParameters]:
        from flowforge_provider.nodes.builtin.switch import SwitchParameters

        return SwitchParameters

    def run(self, parameters: SwitchParameters, context: Context) -> PortOutput:  # noqa: ARG002
        """Return ``{matched: [ids]}``."""
        matched: list[str] = []
        for case in parameters.cases:
            if self._applies(case, parameters):
                matched.append(case.id)
                if parameters.match == "first":
                    break
        return PortOutput(tuple(matched) or "default", {"matched": matched})

    def _applies(self, case: SwitchCase, parameters: SwitchParameters) -> bool:
        from flowforge_provider.exceptions import StepError
        from flowforge_provider.nodes.condition_check import holds
        from flowforge_provider.nodes.conditions import Condition, Conditions

        conditions = case.conditions
        if parameters.mode == "value":
            row = Condition.model_construct(
                left=parameters.value,
                type="any",
                operator="equals",
                right=case.value,
                ignore_case=parameters.ignore_case,
            )
            conditions = Conditions.model_construct(conditions=[row], groups=[], convert=parameters.convert)
        try:
            return holds(conditions, timezone=self.workflow_timezone)
        except StepError as error:
            raise StepError(
                f'Case "{case.label or case.id}": {error.message}', code=error.error_code, retryable=False
            ) from error
