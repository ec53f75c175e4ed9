"""Mend executions: cancel many, retry what has failed, run again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun
from sqlalchemy import select

from flowforge_provider import settings
from flowforge_provider.api.datamodels.repair import (
    MOST_AT_ONCE,
    CancelFilter,
    CancelManyResponse,
    CancelResult,
    RerunBody,
    RerunPlanResponse,
)
from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.security import authorize, is_allowed, user_name
from flowforge_provider.api.services.execution_actions import cancel_execution
from flowforge_provider.exceptions import FlowForgeError, RerunError
from flowforge_provider.graph.issues import Issue
from flowforge_provider.nodes.payload.checking import find_faults
from flowforge_provider.nodes.payload.messages import fault_text
from flowforge_provider.nodes.payload.schema import schema_of
from flowforge_provider.redaction.redactor import Redactor
from flowforge_provider.runs.database import get_database
from flowforge_provider.runs.ids import ExecutionId, parse_execution_id
from flowforge_provider.runs.masking import mask
from flowforge_provider.runs.payload import PayloadError, check_payload
from flowforge_provider.runs.rerun import MISSING, RerunPlan, plan_rerun, rerun, rerun_run_id
from flowforge_provider.runs.retry import retry_failed
from flowforge_provider.store.transactions import run_in_transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from sqlalchemy.orm import Session

    from flowforge_provider.nodes.payload.messages import Language

__all__ = ["cancel_many", "find_unfinished", "read_rerun_plan", "rerun_execution", "retry_execution"]

_STATES = ("queued", "running")


def find_unfinished(wanted: CancelFilter, *, session: Session) -> tuple[list[str], bool]:
    """
    Return the executions that a filter matches, oldest first, and whether there are more than one call takes.
    """
    run = DagRun
    query = select(run.run_id).where(
        run.dag_id == wanted.workflow_id,
        run._state.in_([wanted.state] if wanted.state is not None else _STATES),
    )
    if wanted.created_before is not None:
        query = query.where(run.created_at < wanted.created_before)
    if wanted.created_after is not None:
        query = query.where(run.created_at >= wanted.created_after)
    run_ids = session.scalars(query.order_by(run.id).limit(MOST_AT_ONCE + 1)).all()
    ids = [str(ExecutionId(wanted.workflow_id, run_id)) for run_id in run_ids[:MOST_AT_ONCE]]
    return ids, len(run_ids) > MOST_AT_ONCE


def cancel_many(ids: Sequence[str], *, more: bool = False, user: BaseUser) -> CancelManyResponse:
    """
    Cancel executions, each in a transaction of its own; what cannot be cancelled does not keep others.

    :param more: there are others that the caller's filter matches
    """
    results = [_cancel(execution_id, user=user) for execution_id in dict.fromkeys(ids)]
    cancelled = sum(result.cancelled for result in results)
    return CancelManyResponse(
        results=results, cancelled=cancelled, refused=len(results) - cancelled, more=more
    )


def _cancel(text: str, *, user: BaseUser) -> CancelResult:
    try:
        execution_id = parse_execution_id(text)
        if not is_allowed(user=user, action="run", workflow_id=execution_id.workflow_id):
            return CancelResult(
                id=text,
                cancelled=False,
                code="forbidden",
                message=f'You may not run workflow "{execution_id.workflow_id}".',
            )
        run_in_transaction(
            lambda session: cancel_execution(execution_id, user=user_name(user), session=session)
        )
    except FlowForgeError as error:
        return CancelResult(id=text, cancelled=False, code=error.error_code, message=error.message)
    return CancelResult(id=text, cancelled=True, code=None, message=None)


def retry_execution(execution_id: ExecutionId, *, nodes: Collection[str] | None) -> list[str]:
    """
    Retry the failed steps of an execution; see :func:`flowforge_provider.runs.retry.retry_failed`.

    :return: the nodes that run again
    """
    return run_in_transaction(lambda session: retry_failed(execution_id, nodes=nodes, session=session))


def read_rerun_plan(
    execution_id: ExecutionId, *, latest: bool, from_node: str | None, session: Session
) -> RerunPlanResponse:
    """
    Tell what running an execution again would do.

    :raises NotFoundError: there is no such execution
    """
    plan = plan_rerun(execution_id, latest=latest, from_node=from_node, session=session)
    reused, runs = plan.node_ids()
    return RerunPlanResponse(
        possible=plan.is_possible,
        revision=plan.revision,
        latest_revision=plan.latest_revision,
        from_step=from_node,
        reused=reused,
        runs=runs,
        input=mask(plan.original),
        input_kind="payload" if plan.edits_payload else "parameters",
        issues=plan.issues,
    )


def rerun_execution(
    execution_id: ExecutionId, body: RerunBody, *, user: BaseUser, language: Language = "en"
) -> ExecutionId:
    """
    Run an execution again.

    Whoever edits the input of a step makes it do something else than was published, and needs the right to
    edit the workflow.

    :raises NotFoundError: there is no such execution
    :raises RerunError: something is in the way; carries all issues
    :raises ApiError: 403 the input may not be edited; 413, 422 it cannot be kept
    """
    edited = body.input if "input" in body.model_fields_set else MISSING
    if edited is not MISSING:
        _check_size(edited)
    run_id = rerun_run_id()

    def work(session: Session) -> ExecutionId:
        plan = plan_rerun(
            execution_id,
            latest=body.revision == "latest",
            from_node=body.from_step,
            edited=edited,
            session=session,
        )
        if plan.edited is not None:
            # The step does something else now, with the connections that it has: as if it were published.
            for action in ("edit", "publish"):
                authorize(user=user, action=action, workflow_id=execution_id.workflow_id)
        issues = [*plan.issues, *_payload_issues(plan, edited, language)]
        if any(issue.severity == "error" for issue in issues):
            raise RerunError(issues)
        return rerun(
            execution_id,
            run_id=run_id,
            latest=body.revision == "latest",
            from_node=body.from_step,
            edited=edited,
            user=user_name(user),
            session=session,
        )

    return get_database().transaction(work, mode="snapshot")


def _payload_issues(plan: RerunPlan, edited: Any, language: Language) -> list[Issue]:
    """Return what is wrong with an edited payload, where its trigger has a form."""
    if edited is MISSING or not plan.edits_payload or plan.graph is None:
        return []
    wanted = plan.trigger_node.id if plan.trigger_node is not None else plan.trigger.get("id")
    node = next((node for node in plan.graph.nodes if node.id == wanted), None)
    schema = schema_of(node.parameters, trigger_type=node.type) if node is not None else None
    if node is None or schema is None:
        return []
    # What the form sees is what the run will see.
    opened = Redactor((), scope=plan.record.id.workflow_id).open(plan.trigger.get("body"))
    return [
        Issue(
            code=fault.code,
            message=fault_text(fault, language),
            node_id=node.id,
            field=f"input.{fault.place}" if fault.place else "input",
        )
        for fault in find_faults(opened, schema)
    ]


def _check_size(value: Any) -> None:
    limit = settings.max_body_bytes()
    try:
        size = check_payload(value)
    except PayloadError as exc:
        raise ApiError(422, exc.error_code, exc.message) from exc
    if size > limit:
        raise ApiError(
            413,
            "body-too-large",
            f"The input has {size} bytes as JSON; at most {limit} are allowed. Send less, or raise "
            "[flowforge] max_body_bytes.",
        )
