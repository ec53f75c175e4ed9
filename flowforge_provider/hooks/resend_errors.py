"""What went wrong with Resend, told so that people can act on it (https://resend.com/docs/api-reference/errors)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import ReadTimeoutError

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.retry_after import parse_retry_after

if TYPE_CHECKING:
    from resend.exceptions import ResendError

_QUOTAS = frozenset({"daily_quota_exceeded", "monthly_quota_exceeded"})
_KEY = frozenset({"missing_api_key", "invalid_api_key", "restricted_api_key"})


def explain_no_answer(error: Exception, *, timeout_s: float, was_stopped: bool) -> StepError:
    """
    Return the error of a request that got no whole answer.

    :param error: what requests, urllib3 or the operating system raised
    :param timeout_s: seconds that it waited for each part of the answer
    :param was_stopped: whether the step itself cut the connection
    """
    if was_stopped:
        return StepError("The email was stopped while it was being sent.", code="resend-stopped")
    if _is_timeout(error):
        return StepError(
            f"Resend did not answer within {timeout_s:g} s. Another try cannot send the email twice.",
            code="resend-timeout",
            kind="timeout",
        )
    return StepError(
        f"No connection to Resend, or it broke off: {type(error).__name__}. Check the worker's network.",
        code="resend-connection",
        kind="connection",
    )


def _is_timeout(error: Exception) -> bool:
    # A time-out in the middle of the answer comes wrapped in a connection error.
    return isinstance(error, requests.Timeout) or any(
        isinstance(cause, ReadTimeoutError) for cause in error.args
    )


def explain_refusal(error: ResendError) -> StepError:
    """
    Return the error of an answer that is no success.

    :param error: of the SDK; ``code`` is the HTTP status, ``error_type`` Resend's name of the error
    """
    status = int(error.code) if str(error.code).isdigit() else 500
    name = str(error.error_type)
    told = str(error.message).strip().rstrip(".")
    facts: dict[str, Any] = {
        "detail": {"status": status, "name": name, "message": told},
        "status": status,
    }
    if status == 429:
        return _explain_limit(error, name, told, facts)
    if status == 409 and name == "concurrent_idempotent_requests":
        return StepError(
            "Resend is still working on an earlier try of this email.",
            code="resend-busy",
            kind="rate_limit",
            **facts,
        )
    if status == 409:
        return StepError(
            "An earlier try of this step has already sent the email, with other content. Nothing was sent "
            "again. Let its expressions yield the same on each try: use run.started_at instead of now().",
            code="resend-already-sent",
            retryable=False,
            **facts,
        )
    if status == 401 or name in _KEY:
        return StepError(
            f"Resend does not accept the API key of the connection: {told}. Correct its password.",
            code="resend-key",
            retryable=False,
            **facts,
        )
    if status >= 500:
        return StepError(f"Resend failed with status {status}: {told}.", code="resend-failed", **facts)
    return StepError(
        f"Resend refuses the email: {told} ({name}). Correct what it names.",
        code="resend-refused",
        retryable=False,
        **facts,
    )


def _explain_limit(error: ResendError, name: str, told: str, facts: dict[str, Any]) -> StepError:
    if name in _QUOTAS:
        return StepError(
            f"Resend's quota is used up: {told}. Wait until it is renewed, or raise the plan.",
            code="resend-quota",
            **facts,
        )
    return StepError(
        f"Resend takes no more requests for now: {told}.",
        code="resend-rate-limit",
        kind="rate_limit",
        retry_after_s=_retry_after_s(error),
        **facts,
    )


def _retry_after_s(error: ResendError) -> float | None:
    headers = CaseInsensitiveDict(error.headers)
    given = headers.get("Retry-After") or headers.get("RateLimit-Reset")
    return parse_retry_after(given, now=datetime.now(timezone.utc))
