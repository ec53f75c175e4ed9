"""What a service means by an answer that is no success, told without the secrets of its address."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.retry_after import parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.hooks.guarded import Answer
    from flowforge_provider.hooks.secrets import SecretValues

__all__ = ["explain_answer", "without_secrets"]

_MAX_TOLD = 300
# What the same request may get another answer to.
_PASSING = frozenset({404, 408, 409, 421, 425, 429})


def explain_answer(answer: Answer, *, service: str) -> StepError:
    """
    Return the error of an answer that is no success.

    :param service: who has answered, as a sentence begins
    """
    told = " ".join(answer.content.decode("utf-8", "replace").split())[:_MAX_TOLD]
    retryable = answer.status in _PASSING or answer.status >= 500
    return StepError(
        f"{service} answered with status {answer.status}{f': {told}' if told else ''}.",
        code="alert-refused",
        detail={"status": answer.status},
        retryable=retryable,
        kind="rate_limit" if answer.status == 429 else None,
        status=answer.status,
        retry_after_s=parse_retry_after(answer.headers.get("Retry-After"), now=datetime.now(tz=timezone.utc)),
    )


@contextmanager
def without_secrets(secrets: SecretValues) -> Iterator[None]:
    """Keep secrets out of the errors of a block."""
    try:
        yield
    except StepError as error:
        raise StepError(
            secrets.hide(error.message),
            code=error.error_code,
            detail=secrets.hide(error.detail),
            retryable=error.retryable,
            kind=error.kind,
            status=error.status,
            retry_after_s=error.retry_after_s,
        ) from None
