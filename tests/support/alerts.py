"""Runs that have ended in one way or another, and rules and channels that tell of them."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import insert, select, update

from flowforge_provider.alerts.composing import compose
from flowforge_provider.alerts.finding import first_id_at
from flowforge_provider.alerts.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.runs.database import Database
    from flowforge_provider.store.alert_tables import AlertMessageRow

BUSY = {
    "type": "StepError",
    "code": "http-status",
    "message": "POST https://pay.example/v1?key=7 answered with status 503.",
    "detail": {"status": 503, "url": "https://pay.example/v1?key=7"},
}
REFUSED = {
    "type": "StepError",
    "code": "postgres-constraint",
    "message": "Key (id)=(7) is there already.",
    "detail": {"sqlstate": "23505"},
}
_CONFIG = {"connection_id": "", "chat": "", "to": [], "sender": "", "url": "", "notifier": ""}


def now() -> datetime:
    """Return this moment, UTC."""
    return datetime.now(tz=timezone.utc)


class Desk:
    """
    One process's alerts without its threads: each look is called by the test.

    :param database: where runs and alerts are
    """

    def __init__(self, database: Database, *, owner: str = "test") -> None:
        self.database = database
        self.watch = Watch(database=database, owner=owner)

    def look(self, *, at: datetime | None = None) -> int:
        """Look for events and write the messages that are due; return the number of messages."""
        self.watch.look()
        return self.compose(at=at)

    def compose(self, *, at: datetime | None = None) -> int:
        """Write the messages that are due."""
        return self.database.transaction(lambda session: compose(session, now=at))

    def messages(self) -> list[AlertMessageRow]:
        """Return all messages, oldest first."""
        from flowforge_provider.store.alert_tables import AlertMessageRow

        with self.database.session("read") as session:
            return list(session.scalars(select(AlertMessageRow).order_by(AlertMessageRow.id)))

    def titles(self) -> list[str]:
        """Return the first lines of all messages, oldest first."""
        return [row.title for row in self.messages()]


def add_channel(database: Database, kind: str = "telegram", **fields: Any) -> str:
    """Store a channel and return its id."""
    from flowforge_provider.alerts.channels import create_channel

    config = {**_CONFIG, "connection_id": "bot", **fields.pop("config", {})}
    values = {"name": kind, "enabled": True, "language": None, "fallback_id": None, **fields}
    return database.transaction(
        lambda session: (
            create_channel({**values, "kind": kind, "config": config}, user="test", session=session).id
        )
    )


def add_rule(database: Database, *channel_ids: str, kind: str = "failure", **fields: Any) -> str:
    """Store a rule and return its id."""
    from flowforge_provider.alerts.rules import create_rule

    values = {
        "workflow_id": None,
        "kind": kind,
        "name": "",
        "enabled": True,
        "conditions": {},
        "channel_ids": list(channel_ids),
        "group_s": 600,
        "max_messages": 20,
        "rate_s": 3600,
        "quiet_hours": None,
        **fields,
    }
    return database.transaction(lambda session: create_rule(values, user="test", session=session).id)


def add_run(database: Database, state: str = "failed", **fields: Any) -> int:
    """Write a run with one task and return its pk; fields as in ``add_runs``."""
    return add_runs(database, 1, state, **fields)[0]


def add_runs(
    database: Database,
    count: int,
    state: str = "failed",
    *,
    workflow_id: str = "orders",
    error: Mapping[str, Any] | None = BUSY,
    node_id: str = "total",
    task_state: str | None = None,
    tries: int = 1,
    max_tries: int = 0,
    started_at: datetime | None = None,
) -> list[int]:
    """Write runs with one task each and return their pks."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.state import DagRunState

    moment = now()
    pks = []
    with database.session() as session:
        for _ in range(count):
            run_id = f"manual__{uuid.uuid4().hex}"
            row = DagRun(
                dag_id=workflow_id,
                run_id=run_id,
                run_type="manual",
                start_date=started_at or moment,
                state=DagRunState(state),
            )
            row.run_after = row.queued_at = moment
            row.end_date = moment if state in {"failed", "success"} else None
            session.add(row)
            session.flush()
            session.execute(
                insert(TaskInstance).values(
                    id=uuid.uuid4(),
                    task_id=node_id,
                    dag_id=workflow_id,
                    run_id=run_id,
                    map_index=-1,
                    state=task_state or state,
                    try_number=tries,
                    max_tries=max_tries,
                    pool="default_pool",
                    start_date=moment,
                    end_date=moment,
                )
            )
            pks.append(int(row.id))
            _report((pks[-1], workflow_id, run_id), node_id, error, session)
    return pks


def end_run(
    database: Database, pk: int, state: str = "failed", *, error: Mapping[str, Any] | None = BUSY
) -> None:
    """Let a run end."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance

    with database.session() as session:
        row = session.get(DagRun, pk)
        assert row is not None
        session.execute(update(DagRun).where(DagRun.id == pk).values(_state=state, end_date=now()))
        this = (TaskInstance.dag_id == row.dag_id, TaskInstance.run_id == row.run_id)
        session.execute(update(TaskInstance).where(*this).values(state=state, end_date=now()))
        node_id = session.scalar(select(TaskInstance.task_id).where(*this))
        if state == "failed":
            _report((pk, row.dag_id, row.run_id), str(node_id), error, session)


def clear_run(database: Database, pk: int, *, at: datetime | None = None) -> None:
    """
    Let a run go on once more, as Airflow does it when its tasks are cleared.

    :param at: when that is by the clock of whoever clears it
    """
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance

    with database.session() as session:
        values = {
            "_state": "queued",
            "end_date": None,
            "clear_number": DagRun.clear_number + 1,
            "queued_at": now(),
        }
        row = session.get_one(DagRun, pk)
        this = (TaskInstance.dag_id == row.dag_id, TaskInstance.run_id == row.run_id)
        step_id = UUID(int=first_id_at(at or now()).int | secrets.randbits(62))
        session.execute(update(TaskInstance).where(*this).values(id=step_id, state=None))
        session.execute(update(DagRun).where(DagRun.id == pk).values(values))


def _report(run: tuple[int, str, str], node_id: str, error: Any, session: Any) -> None:
    from airflow.models.xcom import XComModel
    from sqlalchemy import delete

    pk, dag_id, run_id = run
    session.execute(delete(XComModel).where(XComModel.dag_run_id == pk))
    if error is not None:
        session.execute(
            insert(XComModel).values(
                dag_run_id=pk,
                task_id=node_id,
                map_index=-1,
                key="flowforge_error",
                dag_id=dag_id,
                run_id=run_id,
                value=dict(error),
                timestamp=now(),
            )
        )
