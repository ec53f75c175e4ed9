"""Which failures of a step are tried again, and when: an Airflow retry policy."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import RetryDecision, RetryPolicy

from flowforge_provider import retry_reasons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context

# What a service asks for may exceed the node's own longest delay: coming back earlier would be in vain.
_LONGEST_WAIT_S = 86_400.0
_STEEPEST = 60


class StepRetryPolicy(RetryPolicy):
    """
    Retry by kind of error, HTTP status or error code; wait as long as the service asks.

    Rules are ``connection``, ``timeout``, ``rate_limit``, ``database_conflict``, ``unexpected``; statuses
    such as ``429``, ``5xx`` and ``500-599``; and error codes such as ``http-tls``. How often and how long is
    said by the task's own ``retries``, ``retry_delay``, ``retry_exponential_backoff``, ``max_retry_delay``.

    :param retry_on: rules for errors that are tried again; all that a retry could mend when empty. Errors
        that the step did not foresee (``unexpected``) are tried again in any case.
    :param never_on: rules for errors that are not tried again, whatever ``retry_on`` says
    :param jitter: shorten each delay by up to a half, so that many runs do not come back at one moment
    """

    def __init__(
        self, *, retry_on: Sequence[str] = (), never_on: Sequence[str] = (), jitter: bool = True
    ) -> None:
        self.retry_on = list(retry_on)
        self.never_on = list(never_on)
        self.jitter = jitter

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,  # noqa: ARG002 - Airflow's signature; Airflow itself counts the tries
        context: Context | None = None,
    ) -> RetryDecision:
        """
        Decide about one failure.

        :param exception: what the task raised
        :param try_number: number of the try that failed, from 1
        :param max_tries: tries after the first one
        :param context: of the task; without it, Airflow's own delay counts
        """
        from flowforge_provider.operators.failure import is_final

        if is_final(exception):
            return RetryDecision.fail(retry_reasons.FINAL)
        names = _names_of(exception)
        told = ", ".join(sorted(names))
        if any(_matches(rule, exception, names) for rule in self.never_on):
            return RetryDecision.fail(retry_reasons.NEVER.format(names=told))
        is_listed = any(_matches(rule, exception, names) for rule in self.retry_on)
        if self.retry_on and not is_listed and "unexpected" not in names:
            return RetryDecision.fail(retry_reasons.UNLISTED.format(names=told))
        return self._retry(exception, try_number=try_number, context=context, told=told)

    def serialize(self) -> dict[str, Any]:
        """Return the policy as JSON."""
        return {"retry_on": self.retry_on, "never_on": self.never_on, "jitter": self.jitter}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> StepRetryPolicy:
        """Return the policy that ``serialize`` made this JSON of."""
        return cls(**data)

    def _retry(
        self, exception: BaseException, *, try_number: int, context: Context | None, told: str
    ) -> RetryDecision:
        asked_s = getattr(exception, "retry_after_s", None)
        delay_s = self._delay_s(try_number, context) if context is not None else None
        if asked_s is not None:
            wait_s = min(max(float(asked_s), delay_s or 0.0), _LONGEST_WAIT_S)
            reason = retry_reasons.ASKED.format(seconds=f"{asked_s:g}", names=told)
            return RetryDecision.retry(timedelta(seconds=wait_s), reason)
        delay = timedelta(seconds=delay_s) if delay_s is not None else None
        return RetryDecision.retry(delay, retry_reasons.HELPS.format(names=told))

    def _delay_s(self, try_number: int, context: Context) -> float:
        task = context["task"]
        delay_s = _seconds(task.retry_delay)
        factor = float(task.retry_exponential_backoff or 1)
        if factor > 1:
            delay_s *= factor ** min(try_number - 1, _STEEPEST)
        if task.max_retry_delay is not None:
            delay_s = min(delay_s, _seconds(task.max_retry_delay))
        delay_s = min(delay_s, _LONGEST_WAIT_S)
        if not self.jitter:
            return delay_s
        run = context["dag_run"]
        # From names, so that the same try gets the same delay however often it is asked for.
        seed = f"{run.dag_id}/{run.run_id}/{task.task_id}/{context['ti'].map_index}/{try_number}"
        return delay_s * random.Random(seed).uniform(0.5, 1)  # noqa: S311 - nobody gains by guessing a delay


def _seconds(delay: timedelta | float) -> float:
    return delay.total_seconds() if isinstance(delay, timedelta) else float(delay)


def _names_of(error: BaseException) -> set[str]:
    """Return what rules may call an error: its kind, code and status."""
    from airflow.sdk.exceptions import AirflowTaskTimeout

    from flowforge_provider.exceptions import FlowForgeError, StepError

    if isinstance(error, StepError):
        status = str(error.status) if error.status is not None else None
        return {name for name in (error.kind, error.error_code, status) if name}
    if isinstance(error, FlowForgeError):
        return {error.error_code}
    if isinstance(error, AirflowTaskTimeout):
        return {"timeout", "step-timeout"}
    return {"unexpected"}


def _matches(rule: str, error: BaseException, names: set[str]) -> bool:
    if rule in names:
        return True
    status = getattr(error, "status", None)
    if not isinstance(status, int) or not rule[:1].isdigit():
        return False
    low, _, high = rule.replace("xx", "00").partition("-")
    last = int(high) if high else int(low) + (99 if rule.endswith("xx") else 0)
    return int(low) <= status <= last
