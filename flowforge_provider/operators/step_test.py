"""The task that does what one step of a draft would do, for somebody who tests it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow.sdk import Context

    from flowforge_provider.operators.base import FlowForgeOperator
    from flowforge_provider.step_tests.document import TestDocument

#: XCom: the ports that the step went on through
PORTS_KEY = "flowforge_ports"


class StepTestOperator(BaseOperator):
    """
    Build the operator of a node that came with the run, and run it with the data that came with it.

    Input, output and error are recorded, masked and bounded as those of the step itself. There is one try.
    """

    template_fields: Sequence[str] = ()
    ui_color = "#e8f0fe"

    _operator: FlowForgeOperator | None = None

    def execute(self, context: Context) -> Any:
        """Run the step."""
        return self._test(lambda operator, inner: operator.begin(inner), context)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after the step has waited outside of a worker."""
        return self._test(
            lambda operator, inner: operator.go_on_after_wait(next_method, next_kwargs, inner), context
        )

    def on_kill(self) -> None:
        """Stop what the step waits for."""
        if self._operator is not None:
            self._operator.on_kill()

    def _test(self, work: Callable[[FlowForgeOperator, Context], Any], context: Context) -> Any:
        from airflow.sdk.exceptions import AirflowFailException

        from flowforge_provider.operators.failure import is_control_flow
        from flowforge_provider.operators.step_context import build_step

        test = _document(context)
        operator, inner = build_step(test, context)
        self._operator = operator
        try:
            with _time_limit(test.timeout_s):
                result = operator.finish(work(operator, inner))
        except BaseException as error:
            if is_control_flow(error):
                raise
            record = operator.record_error(error, inner)
            raise AirflowFailException(record["message"]) from error
        context["ti"].xcom_push(key=PORTS_KEY, value=list(result.ports))
        return result.output


def _document(context: Context) -> TestDocument:
    from flowforge_provider.runs.sealed import unseal
    from flowforge_provider.step_tests.document import CONF_KEY, PURPOSE, TestDocument

    run = context["dag_run"]
    sealed = (run.conf or {}).get(CONF_KEY)
    value = unseal(sealed, purpose=PURPOSE, dag_id=run.dag_id, run_id=run.run_id)
    return TestDocument.model_validate(value)


def _time_limit(seconds: float) -> Any:
    if seconds <= 0:
        return nullcontext()
    from airflow.sdk.execution_time.timeout import timeout

    return timeout(seconds)  # type: ignore[no-untyped-call]
