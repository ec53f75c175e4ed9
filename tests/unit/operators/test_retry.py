"""Which failures are tried again, and when."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowTaskTimeout
from pydantic import ValidationError

from flowforge_provider.exceptions import ExpressionValueError, StepError
from flowforge_provider.graph.models import Retry
from flowforge_provider.operators.retry import StepRetryPolicy

CONNECTION = StepError("No connection.", code="http-connection", kind="connection")
STATUS_400 = StepError("Answered 400.", code="http-status", status=400)
STATUS_503 = StepError("Answered 503.", code="http-status", status=503)


def context(*, delay_s: float = 10, factor: float = 0, longest_s: float | None = None, run: str = "r") -> Any:
    task = SimpleNamespace(
        task_id="call",
        retry_delay=timedelta(seconds=delay_s),
        retry_exponential_backoff=factor,
        max_retry_delay=timedelta(seconds=longest_s) if longest_s is not None else None,
    )
    return {
        "task": task,
        "ti": SimpleNamespace(map_index=-1),
        "dag_run": SimpleNamespace(dag_id="d", run_id=run),
    }


def delay_of(policy: StepRetryPolicy, error: BaseException, *, try_number: int = 1, **task: Any) -> float:
    decision = policy.evaluate(error, try_number, 9, context(**task))
    assert decision.action is RetryAction.RETRY
    assert decision.retry_delay is not None
    return decision.retry_delay.total_seconds()


@pytest.mark.parametrize(
    ("error", "rules", "action"),
    [
        (CONNECTION, {}, RetryAction.RETRY),
        (CONNECTION, {"retry_on": ["connection"]}, RetryAction.RETRY),
        (CONNECTION, {"retry_on": ["timeout"]}, RetryAction.FAIL),
        (CONNECTION, {"retry_on": ["http-connection"]}, RetryAction.RETRY),
        (CONNECTION, {"retry_on": ["connection"], "never_on": ["http-connection"]}, RetryAction.FAIL),
        (STATUS_400, {"retry_on": ["connection", "429", "5xx"]}, RetryAction.FAIL),
        (STATUS_503, {"retry_on": ["connection", "429", "5xx"]}, RetryAction.RETRY),
        (STATUS_503, {"retry_on": ["500-502"]}, RetryAction.FAIL),
        (STATUS_503, {"retry_on": ["500-503"]}, RetryAction.RETRY),
        (STATUS_503, {"never_on": ["503"]}, RetryAction.FAIL),
        (AirflowTaskTimeout("Slow."), {"retry_on": ["connection"]}, RetryAction.FAIL),
        (AirflowTaskTimeout("Slow."), {"retry_on": ["timeout"]}, RetryAction.RETRY),
        (RuntimeError("Odd."), {"retry_on": ["connection"]}, RetryAction.RETRY),
        (RuntimeError("Odd."), {"never_on": ["unexpected"]}, RetryAction.FAIL),
        (StepError("Wrong.", retryable=False, kind="connection"), {}, RetryAction.FAIL),
        (
            StepError("Wrong.", retryable=False, kind="connection"),
            {"retry_on": ["connection"]},
            RetryAction.FAIL,
        ),
        (ExpressionValueError("No such name."), {}, RetryAction.FAIL),
    ],
)
def test_rules_decide(error: BaseException, rules: dict[str, Any], action: RetryAction) -> None:
    decision = StepRetryPolicy(**rules).evaluate(error, 1, 3, context())
    assert decision.action is action
    assert decision.reason


def test_delays_double_up_to_the_longest() -> None:
    policy = StepRetryPolicy(jitter=False)
    delays = [delay_of(policy, CONNECTION, try_number=n, factor=2, longest_s=60) for n in (1, 2, 3, 4, 99)]
    assert delays == [10, 20, 40, 60, 60]


def test_no_delay_is_longer_than_a_day() -> None:
    assert delay_of(StepRetryPolicy(jitter=False), CONNECTION, try_number=500, factor=2) == 86_400


def test_jitter_shortens_by_at_most_a_half_and_differs_between_runs() -> None:
    delays = {delay_of(StepRetryPolicy(), CONNECTION, run=str(run)) for run in range(50)}
    assert len(delays) > 40
    assert all(5 <= delay <= 10 for delay in delays)
    assert max(delays) - min(delays) > 3


def test_the_same_try_gets_the_same_delay() -> None:
    assert delay_of(StepRetryPolicy(), CONNECTION) == delay_of(StepRetryPolicy(), CONNECTION)


@pytest.mark.parametrize(("asked_s", "waits_s"), [(120, 120), (1, 10), (1_000_000, 86_400)])
def test_the_service_may_ask_for_a_longer_wait(asked_s: float, waits_s: float) -> None:
    error = StepError("Slow down.", kind="rate_limit", status=429, retry_after_s=asked_s)
    assert delay_of(StepRetryPolicy(jitter=False), error, longest_s=30) == waits_s


def test_the_policy_survives_its_json() -> None:
    policy = StepRetryPolicy(retry_on=["429"], never_on=["400"], jitter=False)
    assert StepRetryPolicy.deserialize(policy.serialize()).serialize() == policy.serialize()


@pytest.mark.parametrize("rule", ["connection", "unexpected", "429", "5xx", "500-599", "http-tls"])
def test_rules_that_a_graph_may_hold(rule: str) -> None:
    assert Retry(retry_on=[rule]).retry_on == [rule]


@pytest.mark.parametrize("rule", ["", "connexion", "6xx", "42", "HTTP", "4xx-5xx", "a b"])
def test_other_rules_are_refused(rule: str) -> None:
    with pytest.raises(ValidationError):
        Retry(retry_on=[rule])
