"""
The base of all steps: render the parameters, run, hand on the output.

An operator holds no logic about how steps are arranged in tasks; all it needs comes with the context.
"""

from __future__ import annotations

from abc import abstractmethod
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import BaseOperator, BranchMixIn

from flowforge_provider.operators.arguments import PinnedContent, split_arguments
from flowforge_provider.operators.ports import ERROR, SUCCESS, PortOutput
from flowforge_provider.operators.redaction import node_of, redactor_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from airflow.sdk import Context
    from airflow.triggers.base import BaseTrigger

    from flowforge_provider.nodes.spec import Parameters

INPUT_KEY = "flowforge_input"
ERROR_KEY = "flowforge_error"
# Airflow's task state store takes 64 KiB; the error has its part of them.
_MAX_KEPT_INPUT_BYTES = 32_768


class FlowForgeOperator(PinnedContent, BaseOperator, BranchMixIn):
    """
    Run one step of a workflow.

    Keyword arguments that Airflow's BaseOperator does not know are the step's parameters. Their strings may
    hold ``{{ expressions }}`` of FlowForge; Airflow's own templating never sees them.

    :param parameters: parameters that cannot be keyword arguments, because Airflow uses their names
    :param ports: port -> ids of the tasks that follow it; leave it out when everything follows ``success``
    :param variables: the workflow's constants, ``vars`` in expressions
    :param workflow_timezone: IANA name of the time zone that dates in expressions are told in
    :param redact: the workflow's redaction rules: JSONPaths to what executions hide
    :param loop: the loop in whose body the step is; it then runs for each item that its task takes, and
        ``execution_timeout`` is the time for one item
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
        redact: Sequence[str] = (),
        loop: str | None = None,
        **kwargs: Any,
    ) -> None:
        own, airflow_arguments = split_arguments(kwargs, parameters=parameters)
        super().__init__(**airflow_arguments)
        self.parameters = own
        self.ports = {port: list(task_ids) for port, task_ids in (ports or {}).items()}
        self.variables = dict(variables or {})
        self.workflow_timezone = workflow_timezone
        self.redact = list(redact)
        self.loop = loop
        self.item_timeout: timedelta | None = None
        if loop is not None:
            # Airflow's own would be the time for all items that a task takes.
            self.item_timeout, self.execution_timeout = self.execution_timeout, None
        self.expression_data: Mapping[str, Any] = {}
        self._input: Any = None
        self._stop: Callable[[], None] | None = None
        self.was_stopped = False

    def pinned_content(self) -> list[Any]:
        """Return everything that Airflow's own serialization leaves out."""
        policy = self.retry_policy.serialize() if self.retry_policy is not None else None
        content: list[Any] = [
            self.parameters,
            self.ports,
            self.variables,
            self.workflow_timezone,
            policy,
        ]
        if self.redact:
            content.append(self.redact)
        if self.loop is None:
            return content
        return [*content, self.loop, self.item_timeout.total_seconds() if self.item_timeout else None]

    @property
    def inherits_from_skipmixin(self) -> bool:
        """Tell the scheduler whether this task may skip others; it then looks for what was skipped."""
        # Inside a loop Airflow would look in the wrong place; see loops/body.py.
        return bool(self.ports) and self.loop is None

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
        :raises TaskDeferred: by ``pause``: the worker is given back, and ``resume`` goes on later
        """

    def execute(self, context: Context) -> Any:
        """Run the step, record its input and its error, and follow a port; in a loop, for each item."""
        return self._attempt(self.begin, context)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """
        Go on after a wait outside of a worker; Airflow calls this in place of ``execute``.

        Whatever method goes on, what it returns and raises is treated as that of ``run``.
        """

        def go_on(context: Context) -> Any:
            return self.go_on_after_wait(next_method, next_kwargs, context)

        return self._attempt(go_on, context, resumes=True)

    def go_on_after_wait(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """
        Do the rest of a step's work after a wait, and return what it returns.

        :raises StepError: the wait broke
        """
        from airflow.sdk.exceptions import TaskDeferralError, TaskDeferralTimeout

        from flowforge_provider.operators.failure import deferral_broken, deferral_timed_out

        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralTimeout as error:
            raise deferral_timed_out() from error
        except TaskDeferralError as error:
            raise deferral_broken(error) from error

    def pause(
        self, trigger: BaseTrigger, context: Context, *, state: Mapping[str, Any] | None = None
    ) -> NoReturn:
        """
        Give the worker back until a trigger fires; ``resume`` then goes on.

        The node's timeout counts from the start of the step, the wait included.

        :param trigger: runs in Airflow's triggerer
        :param state: JSON that ``resume`` gets. Parameters are not rendered a second time, so hand on what is
            needed of them. It is kept in Airflow's database: no secrets but those that a rule hides
        """
        self.defer(
            trigger=trigger,
            method_name=self._go_on.__name__,
            kwargs={"state": redactor_of(self).seal_known(dict(state or {}))},
            timeout=self.time_left(context),
        )

    def resume(self, state: Mapping[str, Any], event: Any, context: Context) -> Any:  # noqa: ARG002
        """
        Go on after ``pause``.

        :param state: what ``pause`` was given
        :param event: payload of the trigger's event
        :return: as ``run``
        :raises StepError: as ``run``
        """
        raise TypeError(f"{type(self).__name__} pauses, but has no `resume` that says how it goes on.")

    def time_left(self, context: Context) -> timedelta | None:
        """Return what is left of the node's timeout, none of it being 0; None when it has no timeout."""
        limit = self.execution_timeout or self.item_timeout
        if limit is None:
            return None
        # Airflow keeps the start over a deferral, and sets it anew for each try.
        started_at = context["ti"].start_date
        left = limit - (datetime.now(tz=timezone.utc) - started_at)
        return max(left, timedelta(0))

    def _attempt(self, work: Callable[[Context], Any], context: Context, *, resumes: bool = False) -> Any:
        from flowforge_provider.operators.failure import is_control_flow, may_try_again, to_airflow

        if self.loop is not None:
            from flowforge_provider.operators.loops.body import run_items

            return run_items(self, context, work, resumes=resumes)
        try:
            result = self.finish(work(context))
        except BaseException as error:
            if is_control_flow(error):
                raise
            record = self.record_error(error, context)
            if (
                self.was_stopped
                or not self.ports.get(ERROR)
                or may_try_again(error, context, policy=self.retry_policy)
            ):
                raise to_airflow(error) from error
            self.log.warning("The step failed and goes on through its error port: %s", record["message"])
            result = PortOutput(ERROR, {"error": record})
        return self._follow(result, context)

    def on_kill(self) -> None:
        """Stop what the step waits for: the request, the statement, the program."""
        self.was_stopped = True
        if self._stop is not None:
            self._stop()

    @contextmanager
    def stopped_by(self, stop: Callable[[], None]) -> Iterator[None]:
        """
        Have a function called when the task is killed, and when an exception (a timeout) leaves the block.

        :param stop: may run inside a signal handler, while the block is still waiting
        """
        self._stop = stop
        if self.was_stopped:
            # The task was killed between two things that can be stopped.
            stop()
        try:
            yield
        except BaseException:
            stop()
            raise
        finally:
            self._stop = None

    def begin(self, context: Context) -> Any:
        """Fill in the parameters, record them, and do the step's work; return what it returns."""
        from flowforge_provider.operators.edited_input import edited_input, render_edited
        from flowforge_provider.operators.masking import mask
        from flowforge_provider.operators.output import to_record
        from flowforge_provider.operators.rendering import expression_data, render, templates_of
        from flowforge_provider.settings import max_output_bytes

        # One operator takes all items of a task, and may fail before it knows an item's input.
        self._input = None
        redactor = redactor_of(self)
        # Kept for steps that fill in expressions while they work, such as those about one item of a list.
        self.expression_data = expression_data(self, context, templates_of(self))
        edited = edited_input(context)
        if edited is None:
            parameters = render(self, self.expression_data)
        else:
            self.log.info("The input was edited: %s", ", ".join(sorted(edited)))
            parameters = render_edited(self, self.expression_data, redactor.open(edited))
        shown = redactor.hide(parameters.model_dump(mode="json"), step=node_of(self), part="input")
        self._input = mask(to_record(shown, max_bytes=max_output_bytes()))
        context["ti"].xcom_push(key=INPUT_KEY, value=self._input)
        return self.run(parameters, context)

    def _go_on(self, context: Context, event: Any = None, state: Mapping[str, Any] | None = None) -> Any:
        return self.resume(redactor_of(self).open(state or {}), event, context)

    def finish(self, result: Any) -> PortOutput:
        """Return what ``run`` returned with its port, as JSON that Airflow can keep."""
        from flowforge_provider.operators.output import to_json
        from flowforge_provider.settings import max_output_bytes

        port, output = (result.port, result.output) if isinstance(result, PortOutput) else (SUCCESS, result)
        return PortOutput(port, self.seal(to_json(output, max_bytes=max_output_bytes())))

    def seal(self, output: Any) -> Any:
        """Return the output as it is stored: what rules hide is encrypted."""
        return redactor_of(self).seal(output, step=node_of(self))

    def record_error(self, error: BaseException, context: Context) -> dict[str, Any]:
        """Keep why the step failed, with secrets masked, and return it."""
        from flowforge_provider.operators.failure import describe
        from flowforge_provider.operators.masking import mask
        from flowforge_provider.operators.output import to_record

        number = context["ti"].try_number
        described = describe(error, try_number=number)
        record: dict[str, Any] = mask(redactor_of(self).hide(described, step=node_of(self), part="error"))
        try:
            context["ti"].xcom_push(key=ERROR_KEY, value=record)
            store: Any = context.get("task_state_store")
            if store is not None:
                # The next try begins by clearing the XComs of this one.
                kept = to_record(self._input_of_this_try(context), max_bytes=_MAX_KEPT_INPUT_BYTES)
                store.set(f"{ERROR_KEY}_{number}", {**record, "input": kept})
        except Exception:
            # The step's own error matters more than its record.
            self.log.exception("The step's error could not be recorded")
        return record

    def _input_of_this_try(self, context: Context) -> Any:
        if self._input is not None:
            return self._input
        # After a wait outside of a worker the operator is a new one; Airflow keeps the XComs over it.
        ti: Any = context["ti"]
        kept = ti.xcom_pull(task_ids=self.task_id, key=INPUT_KEY, map_indexes=ti.map_index)
        item: Any = context.get("flowforge_item")
        return kept.get(str(item.index)) if item is not None and isinstance(kept, dict) else kept

    def _follow(self, result: PortOutput, context: Context) -> Any:
        if self.ports:
            # Skipping leaves `execute` by an exception, after which Airflow keeps no output.
            context["ti"].xcom_push(key="return_value", value=result.output)
            followed = {task_id for port in result.ports for task_id in self.ports.get(port, [])}
            self.skip_all_except(context["ti"], sorted(followed))
            return None
        return result.output
