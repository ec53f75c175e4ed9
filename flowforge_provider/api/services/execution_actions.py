"""Start and cancel executions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from flowforge_provider import settings
from flowforge_provider.api.errors import ApiError
from flowforge_provider.exceptions import ConflictError
from flowforge_provider.inbox.delivery import from_row
from flowforge_provider.inbox.dispatch import dispatch
from flowforge_provider.runs.cancel import cancel_run
from flowforge_provider.runs.database import get_database
from flowforge_provider.runs.ids import ExecutionId, manual_run_id
from flowforge_provider.runs.payload import PayloadError, check_payload
from flowforge_provider.runs.payload_schema import PayloadMismatchError, check_against_schema
from flowforge_provider.runs.reading import find_run, find_waiting_delivery
from flowforge_provider.runs.start import begin_at, manual_trigger, sample_payload, start_run

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowforge_provider.nodes.payload.messages import Language
    from flowforge_provider.runs.published import PublishedWorkflow

__all__ = ["cancel_execution", "start_execution"]


def start_execution(
    *,
    workflow_id: str,
    payload: Any,
    has_payload: bool,
    trigger: str | None = None,
    user: str,
    language: Language = "en",
) -> ExecutionId:
    """
    Start the live revision of a workflow.

    :param payload: any JSON, ``trigger.body`` in expressions
    :param has_payload: False when the trigger's sample is to be used
    :param trigger: the trigger node that the run begins at; the one for starts by hand when omitted
    :param user: who starts it
    :param language: of what is said about single fields
    :raises ApiError: 413 the payload is too large; 422 it cannot be stored, or the trigger asks for another
    :raises NotFoundError: there is no such workflow, or it has no such trigger
    :raises ConflictError: it cannot run at present
    """
    _check(payload)

    def trigger_data(published: PublishedWorkflow) -> dict[str, Any]:
        body = payload if has_payload else sample_payload(published, node_id=trigger)
        try:
            check_against_schema(body, begin_at(published, trigger), language=language)
        except PayloadMismatchError as exc:
            raise ApiError(422, exc.error_code, exc.message, issues=exc.issues) from exc
        return manual_trigger(published, payload=body, node_id=trigger)

    run_id = manual_run_id()
    start_run(workflow_id=workflow_id, run_id=run_id, trigger=trigger_data, user=user, refuse_paused=True)
    return ExecutionId(workflow_id, run_id)


def cancel_execution(execution_id: ExecutionId, *, user: str, session: Session) -> None:
    """
    Cancel an execution, also one whose delivery waits for its run.

    :raises NotFoundError: there is no such execution
    :raises ConflictError: it has ended by itself, or cannot be stopped yet
    """
    if find_run(execution_id, session) is None:
        _dispatch_waiting(execution_id, session)
    cancel_run(execution_id, user=user, session=session)
    # The answer is read in this transaction; what is read next shows the run as cancelled.
    session.flush()


def _check(payload: Any) -> None:
    limit = settings.max_body_bytes()
    try:
        size = check_payload(payload)
    except PayloadError as exc:
        raise ApiError(422, exc.error_code, exc.message) from exc
    if size > limit:
        raise ApiError(
            413,
            "body-too-large",
            f"The payload has {size} bytes as JSON; at most {limit} are allowed. Send less, or raise "
            "[flowforge] max_body_bytes.",
        )


def _dispatch_waiting(execution_id: ExecutionId, session: Session) -> None:
    # A run can be cancelled only when there is one, and the delivery was promised exactly one.
    delivery = find_waiting_delivery(execution_id, session)
    if delivery is not None and delivery.state == "held":
        waits = "its turn" if delivery.reason == "concurrency" else "the other deliveries of its group"
        raise ConflictError(
            f'Execution "{execution_id}" waits for {waits} and cannot be cancelled yet. Try again when it '
            "has a run.",
            code="execution-waiting",
        )
    if delivery is None or delivery.state != "pending":
        return
    waiting = from_row(delivery)
    # Ends the read: on SQLite the dispatcher's connection could not write beside it, and a later read must
    # see it.
    session.rollback()
    try:
        dispatch(waiting, database=get_database())
    except (ConflictError, DBAPIError) as exc:
        raise ConflictError(
            f'Execution "{execution_id}" waits for its run and cannot be cancelled yet: {exc}',
            code="execution-waiting",
        ) from exc
