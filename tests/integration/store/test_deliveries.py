"""Lists of deliveries stay fast: each way to ask is answered from an index, the last page like the first."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session

from flowforge_provider.store.deliveries import (
    DeliveryFilter,
    DeliveryPage,
    count_deliveries,
    list_deliveries,
)
from tests.support.deliveries import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.databases import MigratedPostgres

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

# Every hundredth goes to the workflow that has few, every thousandth has failed; few are emails.
_FILL = """
INSERT INTO flowforge_delivery (id, workflow_id, node_id, kind, state, method, path, size, headers, query,
                                body, received_at, attempts, dedup_key)
SELECT lpad(to_hex(n), 12, '0') || repeat('0', 20), CASE WHEN n % 100 = 0 THEN 'few' ELSE 'many' END, 'hook',
       CASE WHEN n % 2000 = 7 THEN 'email' ELSE 'webhook' END,
       CASE WHEN n % 1000 = 1 THEN 'failed' ELSE 'dispatched' END, 'POST', '', 100,
       '{"content-type": "application/json"}', '{}', json_build_object('id', n, 'text', repeat('x', 80)),
       CAST(:noon AS timestamptz) + n * interval '1 second', 1, 'key ' || n
FROM generate_series(1, :count) AS n
"""


@contextmanager
def _filled(migrated_postgres: MigratedPostgres, count: int) -> Iterator[Session]:
    engine = create_engine(migrated_postgres.copy())
    with engine.begin() as connection:
        connection.execute(text(_FILL), {"noon": NOON, "count": count})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE flowforge_delivery"))
    with Session(engine) as session:
        yield session
    engine.dispose()


_QUESTIONS: dict[str, DeliveryFilter] = {
    "all": DeliveryFilter(),
    "a workflow": DeliveryFilter(workflow_id="few"),
    "a busy workflow": DeliveryFilter(workflow_id="many"),
    "a state": DeliveryFilter(states=("failed",)),
    "a state of a workflow": DeliveryFilter(workflow_id="many", states=("failed",)),
    "what a user may see": DeliveryFilter(workflow_ids={"few", "many"}),
    "a time": DeliveryFilter(received_to=NOON + timedelta(seconds=1000)),
    "a rare kind": DeliveryFilter(kind="email"),
    "an id": DeliveryFilter(search="000000000200"),
}


def _page_in_the_middle(wanted: DeliveryFilter, *, count: int, session: Session) -> DeliveryPage:
    cursor = None
    if wanted.received_to is None and wanted.search is None:
        middle = NOON + timedelta(seconds=count // 2)
        cursor = f"{int(middle.timestamp() * 1_000_000)}-{'f' * 32}"
    return list_deliveries(wanted, limit=50, cursor=cursor, session=session)


def _plans(session: Session) -> list[str]:
    """Note how PostgreSQL answers each question to the table of deliveries, from here on."""
    plans: list[str] = []

    def explain(
        connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if "FROM flowforge_delivery" in statement and not statement.startswith("EXPLAIN") and not many:
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(row[0] for row in rows))

    event.listen(session.get_bind(), "before_cursor_execute", explain)
    return plans


def test_every_list_is_read_from_an_index(migrated_postgres: MigratedPostgres) -> None:
    with _filled(migrated_postgres, 20_000) as session:
        plans = _plans(session)
        for name, wanted in _QUESTIONS.items():
            page = _page_in_the_middle(wanted, count=20_000, session=session)
            assert page.rows, name
            assert plans, name
            for plan in plans:
                assert "Seq Scan on flowforge_delivery" not in plan, f"{name}\n{plan}"
                # Who looks for an id does not wait for a search through all keys.
                assert name != "an id" or "dedup_key" not in plan, plan
                assert name != "a rare kind" or "idx_flowforge_delivery_kind" in plan, plan
            plans.clear()


@pytest.mark.slow
def test_a_million_deliveries_are_read_as_fast_as_a_few(migrated_postgres: MigratedPostgres) -> None:
    count = 1_000_000
    with _filled(migrated_postgres, count) as session:
        # The first question pays for the connection and for compiling it.
        list_deliveries(DeliveryFilter(), limit=1, session=session)
        for name, wanted in _QUESTIONS.items():
            began = time.monotonic()
            page = _page_in_the_middle(wanted, count=count, session=session)
            read = time.monotonic()
            total = count_deliveries(wanted, session=session)
            counted = time.monotonic()
            session.expire_all()
            assert len(page.rows) in range(1, 51), name
            print(f"{name}: page {1000 * (read - began):.1f} ms, count {1000 * (counted - read):.1f} ms")
            assert total <= 1001
