"""What became of the test of a step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.state import DagRunState
from sqlalchemy import CursorResult, delete, func, select

from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.operators.step_test import PORTS_KEY
from flowforge_provider.runs.masking import mask
from flowforge_provider.runs.steps import CHILD_KEY, ERROR_KEY, INPUT_KEY, OUTPUT_KEY, read_values
from flowforge_provider.settings import STEP_TEST_DAG_ID
from flowforge_provider.step_tests.registration import TASK_ID

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["KEEP_TESTS", "TestResult", "cancel_test", "clean_tests", "count_old_tests", "read_test"]

KEEP_TESTS = timedelta(days=1)
TestState = Literal["queued", "running", "success", "failed"]
_WAITING = frozenset({None, "scheduled", "queued"})


@dataclass(frozen=True)
class TestResult:
    """
    A test and what came of it; secrets are masked.

    :param ports: through which the step went on
    """

    # Not a test of pytest's.
    __test__ = False

    id: str
    workflow_id: str
    node_id: str
    state: TestState
    created_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    input: Any
    output: Any
    error: Any
    ports: list[str]
    child_execution_id: str | None


def read_test(test_id: str, *, workflow_id: str, node_id: str, session: Session) -> TestResult:
    """
    Return a test of a node.

    :raises NotFoundError: there is no such test of it; code ``step-test-not-found``
    """
    run, conf = _find(test_id, workflow_id=workflow_id, node_id=node_id, session=session)
    task = TaskInstance
    row = session.execute(
        select(task.state, task.start_date, task.end_date).where(
            task.dag_id == STEP_TEST_DAG_ID, task.run_id == test_id, task.task_id == TASK_ID
        )
    ).one_or_none()
    data: dict[str, Any] = {}
    for key in (INPUT_KEY, OUTPUT_KEY, ERROR_KEY, PORTS_KEY, CHILD_KEY):
        values = read_values([TASK_ID], key, run_pk=run.id, session=session)
        data.update((key, value) for _, _, value in values)
    state = _state(str(run.state), str(row.state) if row is not None and row.state is not None else None)
    error = mask(data.get(ERROR_KEY))
    if error is None and state == "failed":
        error = _died()
    child = data.get(CHILD_KEY)
    return TestResult(
        id=test_id,
        workflow_id=str(conf.get("workflow_id")),
        node_id=str(conf.get("node_id")),
        state=state,
        created_at=run.created_at,
        started_at=row.start_date if row is not None else None,
        ended_at=row.end_date if row is not None and state in ("success", "failed") else None,
        input=mask(data.get(INPUT_KEY)),
        output=mask(data.get(OUTPUT_KEY)),
        error=error,
        ports=list(data.get(PORTS_KEY) or ()),
        child_execution_id=f"{child['workflow_id']}.{child['run_id']}" if isinstance(child, dict) else None,
    )


def cancel_test(test_id: str, *, workflow_id: str, node_id: str, session: Session) -> None:
    """
    Stop a test; one that has ended stays as it is.

    :raises NotFoundError: there is no such test of the node
    """
    from flowforge_provider.runs.cancel import fail_run

    run, _ = _find(test_id, workflow_id=workflow_id, node_id=node_id, session=session)
    if run.state not in (DagRunState.SUCCESS, DagRunState.FAILED):
        fail_run(run, session=session)


def clean_tests(*, now: datetime | None = None, limit: int = 200, session: Session) -> int:
    """
    Remove tests that are older than a day, with their data; several processes may do so at once.

    :return: how many have gone
    """
    moment = (now or datetime.now(tz=timezone.utc)) - KEEP_TESTS
    ids = session.scalars(
        select(DagRun.id)
        .where(DagRun.dag_id == STEP_TEST_DAG_ID, DagRun.created_at < moment)
        .order_by(DagRun.id)
        .limit(limit)
    ).all()
    if not ids:
        return 0
    # What belongs to a run goes with it, by Airflow's own foreign keys.
    result = session.execute(
        delete(DagRun).where(DagRun.id.in_(ids)).execution_options(synchronize_session=False)
    )
    return result.rowcount if isinstance(result, CursorResult) else 0


def count_old_tests(*, session: Session) -> int:
    """Return how many tests ``clean_tests`` would remove in the end."""
    moment = datetime.now(tz=timezone.utc) - KEEP_TESTS
    query = (
        select(func.count())
        .select_from(DagRun)
        .where(DagRun.dag_id == STEP_TEST_DAG_ID, DagRun.created_at < moment)
    )
    return session.scalar(query) or 0


def _find(test_id: str, *, workflow_id: str, node_id: str, session: Session) -> tuple[DagRun, dict[str, Any]]:
    run = session.scalar(select(DagRun).where(DagRun.dag_id == STEP_TEST_DAG_ID, DagRun.run_id == test_id))
    conf = run.conf if run is not None and isinstance(run.conf, dict) else {}
    if run is None or (conf.get("workflow_id"), conf.get("node_id")) != (workflow_id, node_id):
        raise NotFoundError(
            f'There is no test "{test_id[:100]}" of this step. Tests are removed after a day.',
            code="step-test-not-found",
        )
    return run, conf


def _state(run_state: str, task_state: str | None) -> TestState:
    if task_state == "success":
        return "success"
    if task_state in ("failed", "upstream_failed", "skipped", "removed") or run_state == "failed":
        return "failed"
    return "queued" if task_state in _WAITING else "running"


def _died() -> dict[str, Any]:
    return {
        "type": "StepDied",
        "code": "step-died",
        "message": "The step ended without a report: it was stopped, or crashed, or ran out of memory or "
        "time. Its log tells more.",
        "detail": None,
        "try_number": 1,
    }
