"""Questions that wait for people: list them, and answer them as Airflow's own page does."""

from __future__ import annotations

from datetime import datetime, timezone
from time import sleep
from typing import TYPE_CHECKING, Any

from airflow.models.hitl import HITLDetail
from airflow.models.taskinstance import TaskInstance
from airflow.utils.state import TaskInstanceState
from fastapi import HTTPException
from sqlalchemy import select

from flowforge_provider.api.datamodels.executions import ApprovalField, ApprovalRequest, ApprovalUser
from flowforge_provider.api.errors import ApiError
from flowforge_provider.nodes.form import describe_param, read_values

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from sqlalchemy.orm import Session

    from flowforge_provider.api.datamodels.executions import AnswerBody
    from flowforge_provider.runs.ids import ExecutionId

__all__ = ["answer_approval", "list_approvals"]

# Seconds after a question in which its answer is held back.
_HAND_OVER_S = 2.0
# In which the scheduler or the triggerer takes an answer up.
_WAITING = (TaskInstanceState.AWAITING_INPUT, TaskInstanceState.DEFERRED)


def list_approvals(execution_id: ExecutionId, *, session: Session) -> list[ApprovalRequest]:
    """Return the questions of an execution that wait for an answer, oldest first."""
    rows = session.execute(
        select(HITLDetail, TaskInstance)
        .join(TaskInstance, TaskInstance.id == HITLDetail.ti_id)
        .where(
            TaskInstance.dag_id == execution_id.workflow_id,
            TaskInstance.run_id == execution_id.run_id,
            TaskInstance.state.in_(_WAITING),
            HITLDetail.responded_at.is_(None),
        )
        .order_by(HITLDetail.created_at, TaskInstance.task_id, TaskInstance.map_index)
    )
    return [
        ApprovalRequest(
            node_id=task.task_id,
            map_index=task.map_index,
            title=question.subject,
            body=question.body,
            options=list(question.options),
            fields=[
                ApprovalField(**describe_param(name, _as_param(param)))
                for name, param in question.params.items()
            ],
            assigned_users=[
                ApprovalUser(id=user["id"], name=user["name"]) for user in question.assigned_users
            ],
            requested_at=question.created_at,
            expires_at=task.trigger_timeout,
        )
        for question, task in rows
    ]


def answer_approval(
    execution_id: ExecutionId, node_id: str, answer: AnswerBody, *, user: BaseUser, session: Session
) -> None:
    """
    Answer a question, by the function behind Airflow's own API: its locks, its rules, its records.

    :raises ApiError: 404 no question was asked, 409 it is answered already or has expired, 403 others are to
        answer it, 422 the form is wrong
    """
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail

    question, state = _find(execution_id, node_id, map_index=answer.map_index, session=session)
    if question.responded_at is not None or state not in _WAITING:
        raise ApiError(
            409,
            "approval-answered",
            "The question does not wait for an answer any more: somebody has answered, its time is over, or "
            "the run was cancelled.",
        )
    params = {name: _as_param(param) for name, param in question.params.items()}
    try:
        values = read_values(params, answer.values, is_approved=answer.option == question.options[0])
    except ValueError as error:
        raise ApiError(422, "approval-form", f"The form is not filled in right: {error}.") from error
    _wait_for_hand_over(question.created_at)
    try:
        update_hitl_detail(
            dag_id=execution_id.workflow_id,
            dag_run_id=execution_id.run_id,
            task_id=node_id,
            update_hitl_detail_payload=UpdateHITLDetailPayload(
                chosen_options=[answer.option], params_input=values
            ),
            user=user,
            session=session,
            map_index=answer.map_index,
        )
    except HTTPException as error:
        raise _translate(error) from error
    session.flush()


def _wait_for_hand_over(asked_at: datetime) -> None:
    """
    Let the report of the worker that asked reach the scheduler first.

    Airflow 3.3.2 takes a task whose answer overtakes that report for a killed one.
    """
    age_s = (datetime.now(tz=timezone.utc) - asked_at).total_seconds()
    if age_s < _HAND_OVER_S:
        sleep(_HAND_OVER_S - max(age_s, 0))


def _find(
    execution_id: ExecutionId, node_id: str, *, map_index: int, session: Session
) -> tuple[HITLDetail, Any]:
    row = session.execute(
        select(HITLDetail, TaskInstance.state)
        .join(TaskInstance, TaskInstance.id == HITLDetail.ti_id)
        .where(
            TaskInstance.dag_id == execution_id.workflow_id,
            TaskInstance.run_id == execution_id.run_id,
            TaskInstance.task_id == node_id,
            TaskInstance.map_index == map_index,
        )
    ).one_or_none()
    if row is None:
        raise ApiError(
            404, "approval-not-found", f'Step "{node_id[:100]}" has asked nobody in this execution.'
        )
    return row[0], row[1]


def _translate(error: HTTPException) -> ApiError:
    if error.status_code == 403:
        return ApiError(403, "forbidden", "Others are to answer this question; ask one of them.")
    if error.status_code == 400:
        return ApiError(422, "approval-form", str(error.detail))
    # Somebody else was faster.
    return ApiError(409, "approval-answered", str(error.detail))


def _as_param(value: Any) -> dict[str, Any]:
    """Return a param as Airflow keeps it, or as it takes plain values for one."""
    if isinstance(value, dict) and {"value", "schema"} <= value.keys():
        return value
    return {"value": value, "schema": {}}
