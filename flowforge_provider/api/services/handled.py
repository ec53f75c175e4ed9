"""Mark executions as looked after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowforge_provider.api.datamodels.execution_parts import HandledManyResponse, HandledRefusal
from flowforge_provider.api.security import is_allowed
from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.runs.ids import parse_execution_id
from flowforge_provider.runs.reading import find_run, unknown_execution
from flowforge_provider.store.handled import mark_handled, unmark_handled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from sqlalchemy.orm import Session

    from flowforge_provider.runs.ids import ExecutionId

__all__ = ["set_handled", "set_many_handled"]


def set_handled(
    execution_id: ExecutionId, *, handled: bool, comment: str, user: str, session: Session
) -> None:
    """
    Mark an execution, or take the mark away.

    :raises NotFoundError: there is no such execution; code ``execution-not-found``
    """
    if find_run(execution_id, session) is None:
        raise unknown_execution(execution_id)
    workflow_id, run_id = execution_id
    if handled:
        mark_handled(workflow_id=workflow_id, run_id=run_id, user=user, comment=comment, session=session)
    else:
        unmark_handled(workflow_id=workflow_id, run_id=run_id, session=session)


def set_many_handled(
    ids: Sequence[str], *, handled: bool, comment: str, user: BaseUser, session: Session
) -> HandledManyResponse:
    """
    Mark executions, or take their marks away, each for itself: one that is refused does not hold up others.

    :param user: needs the right to run each one's workflow
    """
    answer = HandledManyResponse(ids=[], refused=[])
    allowed: dict[str, bool] = {}
    for text in dict.fromkeys(ids):
        try:
            execution_id = parse_execution_id(text)
            workflow_id = execution_id.workflow_id
            if workflow_id not in allowed:
                allowed[workflow_id] = is_allowed(user=user, action="run", workflow_id=workflow_id)
            if not allowed[workflow_id]:
                message = "You may not run this workflow."
                answer.refused.append(HandledRefusal(id=text, code="forbidden", message=message))
                continue
            name = user.get_name() or str(user.get_id())
            set_handled(execution_id, handled=handled, comment=comment, user=name, session=session)
        except NotFoundError as exc:
            answer.refused.append(HandledRefusal(id=text, code=exc.error_code, message=exc.message))
        else:
            answer.ids.append(text)
    return answer
