"""Runs whose tasks report what a test wants, without a scheduler and workers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.models.taskinstance import TaskInstance

    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/executions"
NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def start(client: AsgiClient, workflow_id: str = "orders", **body: Any) -> str:
    """Start a workflow; return the execution's id."""
    answer = client.post(URL, json={"workflow_id": workflow_id, **body})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def report(
    execution_id: str, task_id: str, state: str | None, *, map_index: int = -1, tries: int = 1, **xcoms: Any
) -> None:
    """Do to a task what a worker would have done; one of a loop's tasks is made when it is not there yet."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    dag_id, _, run_id = execution_id.partition(".")
    with create_session() as session:
        found = {
            ti.map_index: ti
            for ti in session.scalars(
                select(TaskInstance).where(TaskInstance.run_id == run_id, TaskInstance.task_id == task_id)
            )
        }
        ti = found.get(map_index)
        if ti is None:
            ti = _expanded(found, map_index)
            session.add(ti)
        ti.state = state
        ti.try_number = tries
        ti.start_date = NOW
        ti.end_date = NOW + timedelta(seconds=2) if state in ("success", "failed", "skipped") else None
        session.flush()
        for key, value in xcoms.items():
            XComModel.set(
                key=key,
                value=value,
                dag_id=dag_id,
                task_id=task_id,
                run_id=run_id,
                map_index=map_index,
                serialize=False,
                session=session,
            )


def _expanded(found: dict[int, TaskInstance], map_index: int) -> TaskInstance:
    from airflow.models.dagbag import DBDagBag
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy.orm import object_session

    known = next(iter(found.values()))
    session = object_session(known)
    assert session is not None
    dag = DBDagBag().get_dag_for_run(known.dag_run, session=session)
    assert dag is not None
    if -1 in found:
        session.delete(found[-1])
        session.flush()
    return TaskInstance(
        task=dag.get_task(known.task_id),
        dag_version_id=known.dag_version_id,
        run_id=known.run_id,
        map_index=map_index,
    )


def succeed(execution_id: str, task_id: str, output: Any = None, **xcoms: Any) -> None:
    """Let a step end well, with its input recorded as every step does it."""
    report(execution_id, task_id, "success", **{"return_value": output, "flowforge_input": {}, **xcoms})


def end(execution_id: str, state: str) -> None:
    """Let a run end."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from sqlalchemy import select

    with create_session() as session:
        run = session.scalars(select(DagRun).where(DagRun.run_id == execution_id.partition(".")[2])).one()
        run.set_state(DagRunState(state))


def states(execution_id: str) -> dict[str, str | None]:
    """Return task -> state of a run; a loop's tasks as ``task[index]``."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        rows = session.execute(
            select(TaskInstance.task_id, TaskInstance.map_index, TaskInstance.state).where(
                TaskInstance.run_id == execution_id.partition(".")[2]
            )
        ).all()
    return {
        task_id if index < 0 else f"{task_id}[{index}]": str(state) if state is not None else None
        for task_id, index, state in rows
    }


def xcoms(execution_id: str, task_id: str) -> dict[tuple[str, int], Any]:
    """Return (key, map index) -> value of a task."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        rows = session.execute(
            select(XComModel.key, XComModel.map_index, XComModel.value).where(
                XComModel.run_id == execution_id.partition(".")[2], XComModel.task_id == task_id
            )
        ).all()
    return {(key, index): value for key, index, value in rows}
