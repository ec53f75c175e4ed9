"""Looking for events reads no table of runs from end to end, however many runs there are."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from flowforge_provider.alerts import finding
from tests.support.alerts import add_runs, now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from flowforge_provider.runs.database import Database

LOOKS: dict[str, Callable[[Session], Any]] = {
    "new": lambda session: finding.find_new(10, session),
    "newest": finding.newest_run_pk,
    "active": finding.find_active,
    "ended": lambda session: finding.find_ended([1, 2, 3], session),
    "missed": lambda session: finding.find_missed(now() - timedelta(minutes=3), session, after_pk=40),
    "all missed": lambda session: finding.find_missed(now() - timedelta(minutes=3), session),
    "retries": lambda session: finding.find_retries(None, session),
    "deliveries": lambda session: finding.find_failed_deliveries(now() - timedelta(days=1), session),
}


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements that are executed in the block."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        found.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("metadata_url", ["postgresql"], indirect=True)
def test_no_look_reads_all_runs(database: Database) -> None:
    add_runs(database, 50, "success")
    for name, look in LOOKS.items():
        with database.session("read") as session:
            with statements(database) as found:
                look(session)
            connection = session.connection()
            # In a small table the planner would rather read it all.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            for statement, parameters in found:
                plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
                text = "\n".join(plan)
                for table in ("dag_run", "task_instance", "flowforge_delivery", "flowforge_alert_event"):
                    assert f"Seq Scan on {table}" not in text, f"{name}: {text}"
