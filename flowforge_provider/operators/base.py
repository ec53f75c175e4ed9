"""
The base of all steps: render the parameters, run, hand on the output.

An operator holds no logic about how steps are arranged in tasks; all it needs comes with the context.
"""

from __future__ import annotations

from abc import abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, BranchMixIn

from flowforge_provider.operators.arguments import PinnedContent, split_arguments
from flowforge_provider.operators.ports import ERROR, SUCCESS, PortOutput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from airflow.sdk import Context

    from flowforge_provider.nodes.spec import Parameters

INPUT_KEY = "flowforge_input"
ERROR_KEY = "flowforge_error"


class FlowForgeOperator(PinnedContent, BaseOperator, BranchMixIn):
    """
    Run one step of a workflow.

    Keyword arguments that Airflow's BaseOperator does not know are the step's parameters. Their strings may
    hold ``{{ expressions }}`` of FlowForge; Airflow's own templating never sees them.

    :param parameters: parameters that cannot be keyword arguments, because Airflow uses their names
    :param ports: port -> ids of the tasks that follow it; leave it out when everything follows ``success``
    :param variables: the workflow's constants, ``vars`` in expressions
    :param workflow_timezone: IANA name of the time zone that dates in expressions are told in
    """

    # Airflow's templates reach connections and variables, which whoever draws a workflow must not.
    template_fields: Sequence[str] = ()
    ui_color = "#e8f0fe"

    def __init__(
        self,
        *,
        parameters: Mapping[str, Any] | None = None,
        ports: Mapping[str, Sequence[str]] | None = None,
        variables: Mapping[str, Any] | None = None,
        workflow_timezone: str = "UTC",
        **kwargs: Any,
    ) -> None:
        own, airflow_arguments = split_arguments(kwargs, parameters=parameters)
        super().__init__(**airflow_arguments)
        self.parameters = own
        self.ports = {port: list(task_ids) for port, task_ids in (ports or {}).items()}
        self.variables = dict(variables or {})
        self.workflow_timezone = workflow_timezone
        self._stop: Callable[[], None] | None = None
        self._was_stopped = False

    def pinned_content(self) -> list[Any]:
        """Return everything that Airflow's own serialization leaves out."""
        policy = self.retry_policy.serialize() if self.retry_policy is not None else None
        return [self.parameters, self.ports, self.variables, self.workflow_timezone, policy]

    @property
    def inherits_from_skipmixin(self) -> bool:
        """Tell the scheduler whether this task may skip others; it then looks for what was skipped."""
        return bool(self.ports)

    @classmethod
    @abstractmethod
    def parameters_model(cls) -> type[Parameters]:
        """Return the model of the parameters; imported here, so that reading a Dag file does not load it."""

    @abstractmethod
    def run(self, parameters: Any, context: Context) -> Any:
        """
        Do the step's work.

        :param parameters: instance of ``parameters_model``, without expressions
        :return: the output: JSON, or a PortOutput to leave through another port than ``success``
        :raises StepError: the step failed for a reason that its user can act on
        """

    def execute(self, context: Context) -> Any:
        """Run the step, record its input and its error, and follow a port."""
        from flowforge_provider.operators.failure import is_control_flow, may_try_again, to_airflow

        try:
            result = self._run(context)
        except BaseException as error:
            if is_control_flow(error):
                raise
            record = self._record_error(error, context)
            if (
                self._was_stopped
                or not self.ports.get(ERROR)
                or may_try_again(error, context, policy=self.retry_policy)
            ):
                raise to_airflow(error) from error
            self.log.warning("The step failed and goes on through its error port: %s", record["message"])
            result = PortOutput(ERROR, {"error": record})
        return self._follow(result, context)

    def on_kill(self) -> None:
        """Stop what the step waits for: the request, the statement, the program."""
        self._was_stopped = True
        if self._stop is not None:
            self._stop()

    @contextmanager
    def stopped_by(self, stop: Callable[[], None]) -> Iterator[None]:
        """
        Have a function called when the task is killed, and when an exception (a timeout) leaves the block.

        :param stop: may run inside a signal handler, while the block is still waiting
        """
        self._stop = stop
        try:
            yield
        except BaseException:
            stop()
            raise
        finally:
            self._stop = None

    def _run(self, context: Context) -> PortOutput:
        from flowforge_provider.operators.masking import mask
        from flowforge_provider.operators.output import to_json, to_record
        from flowforge_provider.operators.rendering import render
        from flowforge_provider.settings import max_output_bytes

        parameters = render(self, context)
        limit = max_output_bytes()
        record = mask(to_record(parameters.model_dump(mode="json"), max_bytes=limit))
        context["ti"].xcom_push(key=INPUT_KEY, value=record)
        result = self.run(parameters, context)
        port, output = (result.port, result.output) if isinstance(result, PortOutput) else (SUCCESS, result)
        return PortOutput(port, to_json(output, max_bytes=limit))

    def _record_error(self, error: BaseException, context: Context) -> dict[str, Any]:
        from flowforge_provider.operators.failure import describe
        from flowforge_provider.operators.masking import mask

        record: dict[str, Any] = mask(describe(error, try_number=context["ti"].try_number))
        try:
            context["ti"].xcom_push(key=ERROR_KEY, value=record)
        except Exception:
            # The step's own error matters more than its record.
            self.log.exception("The step's error could not be recorded")
        return record

    def _follow(self, result: PortOutput, context: Context) -> Any:
        if self.ports:
            # Skipping leaves `execute` by an exception, after which Airflow keeps no output.
            context["ti"].xcom_push(key="return_value", value=result.output)
            self.skip_all_except(context["ti"], self.ports.get(result.port, []))
            return None
        return result.output
