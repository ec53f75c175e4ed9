"""When a step may not be tested: while all work is paused, and while its user has enough tests under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.utils.state import DagRunState
from sqlalchemy import func, select

from flowforge_provider.exceptions import ConflictError, TooManyTestsError
from flowforge_provider.queue.pauses import EVERYTHING, read_pauses
from flowforge_provider.settings import STEP_TEST_DAG_ID, step_tests_per_user

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["check_limit", "check_pause"]


def check_pause(session: Session) -> None:
    """
    Refuse a test that would wait until somebody resumes.

    A pause of the step's own workflow is no obstacle: a test touches nothing that is published, and that is
    when people mend what they have paused.

    :raises ConflictError: everything is paused, or Airflow's Dag for tests is; code ``step-tests-paused``
    """
    pause = read_pauses(session).get(EVERYTHING)
    if pause is not None:
        who = f"by {pause.paused_by}" if pause.paused_by else "in Airflow"
        why = f' ("{pause.reason}")' if pause.reason else ""
        raise ConflictError(
            f"All work is paused {who}{why}, so no step can be tested. Test it when work is resumed.",
            code="step-tests-paused",
        )
    if session.scalar(select(DagModel.is_paused).where(DagModel.dag_id == STEP_TEST_DAG_ID)):
        raise ConflictError(
            f'The Dag "{STEP_TEST_DAG_ID}", which tests steps, is paused in Airflow. Switch it on there.',
            code="step-tests-paused",
        )


def check_limit(user: str, *, session: Session) -> None:
    """
    Refuse a test beyond those that a user may have under way at once.

    :raises TooManyTestsError: there are as many
    """
    limit = step_tests_per_user()
    running = (
        select(func.count())
        .select_from(DagRun)
        .where(
            DagRun.dag_id == STEP_TEST_DAG_ID,
            DagRun.state.in_((DagRunState.QUEUED, DagRunState.RUNNING)),
            DagRun.triggering_user_name == user,
        )
    )
    if (session.scalar(running) or 0) >= limit:
        raise TooManyTestsError(limit)
