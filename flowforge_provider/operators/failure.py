"""What a failed step tells: its record, and whether another try makes sense."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
    AirflowTaskTerminated,
    AirflowTaskTimeout,
    DagRunTriggerException,
    DownstreamTasksSkipped,
    TaskAwaitingInput,
    TaskDeferralError,
    TaskDeferred,
)

from flowforge_provider.exceptions import ExpressionError, FlowForgeError, StepError
from flowforge_provider.operators.output import to_record

if TYPE_CHECKING:
    from airflow.sdk import Context, RetryPolicy

_CONTROL_FLOW = (
    AirflowRescheduleException,
    AirflowSkipException,
    AirflowTaskTerminated,
    DagRunTriggerException,
    DownstreamTasksSkipped,
    TaskAwaitingInput,
    TaskDeferred,
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
)
_MAX_MESSAGE = 4_000
_MAX_DETAIL_BYTES = 64_000


def is_control_flow(error: BaseException) -> bool:
    """Tell exceptions by which Airflow steers a task, or stops it, from failures of the step."""
    return isinstance(error, _CONTROL_FLOW)


def is_final(error: BaseException) -> bool:
    """Tell whether another try would end the same way."""
    if isinstance(error, StepError):
        return not error.retryable
    return isinstance(error, (ExpressionError, AirflowFailException))


def may_try_again(error: BaseException, context: Context, *, policy: RetryPolicy | None = None) -> bool:
    """
    Tell whether Airflow will try the task again.

    :param context: of the task; ``ti`` has ``try_number`` (from 1) and ``max_tries`` (tries after the first)
    :param policy: the task's retry policy
    """
    from airflow.sdk import RetryAction

    ti = context["ti"]
    if is_final(error) or ti.try_number > ti.max_tries:
        return False
    if policy is None:
        return True
    decision = policy.evaluate(error, ti.try_number, ti.max_tries, context)
    return decision.action is not RetryAction.FAIL


def to_airflow(error: BaseException) -> BaseException:
    """Return the exception that makes Airflow do what the error means."""
    if is_final(error) and not isinstance(error, AirflowFailException):
        return AirflowFailException(_message(error))
    return error


def deferral_timed_out() -> BaseException:
    """Return the error of a step whose timeout ended while it waited outside of a worker."""
    return AirflowTaskTimeout("The step waited longer than its timeout.")


def deferral_broken(error: TaskDeferralError) -> StepError:
    """
    Return the error of a step whose wait outside of a worker broke.

    :param error: what Airflow raises in place of an event
    """
    return StepError(
        f"The wait outside of a worker broke: {error}. The log of the triggerer says why.",
        code="wait-broken",
    )


def describe(error: BaseException, *, try_number: int) -> dict[str, Any]:
    """
    Return the record of an error.

    :return: {type, code, message, detail, try_number}; ``code`` is kebab-case, ``detail`` any JSON or None
    """
    return {
        "type": type(error).__name__,
        "code": _code(error),
        "message": _message(error)[:_MAX_MESSAGE],
        "detail": to_record(getattr(error, "detail", None), max_bytes=_MAX_DETAIL_BYTES)
        if isinstance(error, StepError)
        else None,
        "try_number": try_number,
    }


def _code(error: BaseException) -> str:
    if isinstance(error, FlowForgeError):
        return error.error_code
    return "step-timeout" if isinstance(error, AirflowTaskTimeout) else "step-error"


def _message(error: BaseException) -> str:
    if isinstance(error, FlowForgeError):
        return error.message
    if isinstance(error, AirflowTaskTimeout):
        return "The step ran longer than its timeout and was stopped. Raise the timeout, or let it do less."
    if isinstance(error, AirflowException):
        return str(error)
    return f"{type(error).__name__}: {error}"
