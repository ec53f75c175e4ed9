"""The inbox in this process, watching mailboxes of a real mail server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from flowforge_provider.store.tables import DeliveryRow, MailboxRow
from tests.factories import make_graph, make_node
from tests.support.dovecot import PASSWORD
from tests.support.front_door import open_front_door, publish_graph, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.runs.database import Database
    from tests.support.databases import MigratedSqlite
    from tests.support.dovecot import DovecotServer


class MailKit:
    """Workflows that emails start, in an Airflow of this process."""

    def __init__(self, database: Database, server: DovecotServer) -> None:
        self.database = database
        self.server = server

    def connect(self, connection_id: str, fields: dict[str, Any]) -> None:
        """Make an Airflow connection, or change it."""
        from airflow.models.connection import Connection
        from airflow.utils.session import create_session
        from sqlalchemy import delete

        given = {**fields, "extra": json.dumps(fields.get("extra", {}))}
        with create_session() as session:
            session.execute(delete(Connection).where(Connection.conn_id == connection_id))
            session.add(Connection(conn_id=connection_id, **given))

    def publish(
        self,
        workflow_id: str,
        *,
        server: DovecotServer | None = None,
        password: str = PASSWORD,
        fields: dict[str, Any] | None = None,
        **parameters: Any,
    ) -> str:
        """
        Publish a workflow that a mailbox of the same name starts; its runs need no worker.

        :param password: what the connection holds
        :param fields: the whole connection, in place of server and password
        """
        server = server or self.server
        self.connect(workflow_id, fields or server.connection(workflow_id, password=password))
        node = make_node("mail", "email.receive", parameters={"connection_id": workflow_id, **parameters})
        return publish_graph(make_graph(node, id=workflow_id))

    def watched(self, workflow_id: str) -> MailboxRow:
        """Return the mailbox's row once its mailbox has been looked at."""
        row: MailboxRow = wait_until(lambda: self._checked(workflow_id), timeout_s=30)
        return row

    def mailbox(self, workflow_id: str) -> MailboxRow | None:
        """Return what is known of the mailbox of a workflow."""
        with self.database.session("read") as session:
            return session.scalar(select(MailboxRow).where(MailboxRow.workflow_id == workflow_id))

    def deliveries(self, workflow_id: str) -> list[DeliveryRow]:
        """Return the deliveries of a workflow, the oldest first."""
        with self.database.session("read") as session:
            query = select(DeliveryRow).where(DeliveryRow.workflow_id == workflow_id).order_by(DeliveryRow.id)
            return list(session.scalars(query))

    def wait_for(self, workflow_id: str, count: int) -> list[DeliveryRow]:
        """Return the deliveries once there are so many, and all of them have their runs."""

        def look() -> list[DeliveryRow] | None:
            found = self.deliveries(workflow_id)
            done = all(row.state in {"dispatched", "failed"} for row in found)
            return found if done and len(found) >= count else None

        rows: list[DeliveryRow] = wait_until(look, timeout_s=30)
        assert len(rows) == count
        return rows

    def run_ids(self, workflow_id: str) -> list[str]:
        """Return the runs of a workflow."""
        from airflow.models.dagrun import DagRun

        with self.database.session("read") as session:
            return list(session.scalars(select(DagRun.run_id).where(DagRun.dag_id == workflow_id)))

    def _checked(self, workflow_id: str) -> MailboxRow | None:
        row = self.mailbox(workflow_id)
        return row if row is not None and row.checked_at is not None else None


@pytest.fixture(scope="module")
def kit(
    migrated_sqlite: MigratedSqlite, dovecot: DovecotServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MailKit]:
    """An inbox that watches mailboxes; tests share it, and have workflows and mailboxes of their own."""
    from flowforge_provider.runs.database import get_database
    from tests.support.metadata import connected_airflow

    folder = tmp_path_factory.mktemp("mailboxes")
    with connected_airflow(migrated_sqlite.copy(folder / "metadata.db"), folder=folder), open_front_door():
        yield MailKit(get_database(), dovecot)
