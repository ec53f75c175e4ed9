"""Answers that wait for what a delivery comes to."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.services.urls import api_path
from flowforge_provider.inbox.replies import answer_of_step, explain_failure

if TYPE_CHECKING:
    from starlette.requests import Request

    from flowforge_provider.inbox.incoming import Answer
    from flowforge_provider.inbox.responses import Responses

__all__ = ["wait_for_answer"]


async def wait_for_answer(request: Request, answer: Answer, responses: Responses) -> Answer:
    """
    Return what the delivery has come to, in time; else what its sender is told at once.

    :param answer: the delivery is stored; with what is waited for
    :raises ApiError: 500 the run failed
    """
    wait = answer.wait
    if wait is None:
        return answer
    outcome = await responses.wait(wait, gone=partial(_leaves, request))
    if outcome is None:
        # The execution is still under way, also where this delivery is a repeated one.
        return replace(answer, status=202)
    if wait.for_step and outcome.result is not None:
        return answer_of_step(outcome)
    execution_id = str(wait.execution)
    if outcome.kind != "success":
        raise ApiError(
            500,
            "execution-failed",
            explain_failure(outcome, execution_id),
            headers={
                "Location": api_path(request, f"/executions/{execution_id}"),
                "Cache-Control": "no-store",
            },
            extra={
                "delivery_id": answer.body["delivery_id"],
                "execution_id": execution_id,
                "failed_steps": [step.id for step in outcome.failed],
            },
        )
    body = {**answer.body, "state": "success", "result": _shown(outcome.result)}
    return replace(answer, status=200, body=body)


def _shown(result: dict[str, Any] | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {name: result.get(name) for name in ("status", "headers", "content", "body")}


async def _leaves(request: Request) -> None:
    """Return when the caller has gone away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
