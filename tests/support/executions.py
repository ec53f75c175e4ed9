"""Executions in the Airflow of this process, as workers would have left them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/executions"
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def start(client: AsgiClient, workflow_id: str = "orders", **body: Any) -> dict[str, Any]:
    """Start an execution by the API and return it."""
    answer = client.post(URL, json={"workflow_id": workflow_id, **body})
    assert answer.status_code == 201, answer.text
    execution: dict[str, Any] = answer.json()
    return execution


def change_run(execution: Mapping[str, Any], **columns: Any) -> None:
    """Set columns of a Dag run, for example ``_state`` and ``created_at``."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        run = session.scalars(
            select(DagRun).where(
                DagRun.dag_id == execution["workflow_id"], DagRun.run_id == execution["run_id"]
            )
        ).one()
        for name, value in columns.items():
            setattr(run, name, value)


def report(
    execution: Mapping[str, Any],
    task_id: str,
    *,
    state: str | None,
    try_number: int = 1,
    xcoms: Mapping[str, Any] | None = None,
    **columns: Any,
) -> None:
    """
    Do to a task what a worker would have done.

    :param xcoms: key -> value
    :param columns: more columns of the task instance
    """
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    begin = NOON + timedelta(minutes=try_number)
    values: dict[str, Any] = {
        "state": state,
        "try_number": try_number,
        "start_date": begin,
        "end_date": begin + timedelta(seconds=2) if state in ("success", "failed", "up_for_retry") else None,
        "hostname": f"worker-{try_number}",
        **columns,
    }
    with create_session() as session:
        ti = session.scalars(
            select(TaskInstance).where(
                TaskInstance.dag_id == execution["workflow_id"],
                TaskInstance.run_id == execution["run_id"],
                TaskInstance.task_id == task_id,
            )
        ).one()
        for name, value in values.items():
            setattr(ti, name, value)
        for key, value in (xcoms or {}).items():
            XComModel.set(
                key=key,
                value=value,
                dag_id=execution["workflow_id"],
                task_id=task_id,
                run_id=execution["run_id"],
                serialize=False,
                session=session,
            )


def archive(execution: Mapping[str, Any], task_id: str, *, error: Mapping[str, Any] | None = None) -> None:
    """
    Let the present try of a task be over and another one follow, as Airflow does for a retry.

    :param error: what the operator has kept of the try
    """
    import json

    from airflow.models.task_state_store import TaskStateStoreModel
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        ti = session.scalars(
            select(TaskInstance).where(
                TaskInstance.dag_id == execution["workflow_id"],
                TaskInstance.run_id == execution["run_id"],
                TaskInstance.task_id == task_id,
            )
        ).one()
        if error is not None:
            session.add(
                TaskStateStoreModel(
                    dag_run_id=ti.dag_run.id,
                    task_id=task_id,
                    map_index=-1,
                    key=f"flowforge_error_{ti.try_number}",
                    dag_id=ti.dag_id,
                    run_id=ti.run_id,
                    value=json.dumps(error),
                )
            )
        ti.prepare_db_for_next_try(session=session)
