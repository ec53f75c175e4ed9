"""Lists of executions on PostgreSQL: each way to a page gives what a plain query gives."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from bench.execution_rows import BUSY, OLD, RARE, Filled, fill
from flowforge_provider.runs import listing
from flowforge_provider.runs.listing import RunFilter, list_runs
from tests.factories import make_graph, make_set, make_trigger
from tests.support.front_door import publish_graph
from tests.support.metadata import connected_airflow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session

    from tests.support.databases import MigratedPostgres

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

RUNS = 6_000
_CANCELLED = (
    "EXISTS (SELECT 1 FROM flowforge_cancellation c WHERE c.workflow_id = dag_id AND c.run_id = r.run_id)"
)
_HANDLED = "EXISTS (SELECT 1 FROM flowforge_handled h WHERE h.workflow_id = dag_id AND h.run_id = r.run_id)"
QUESTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "all": ({}, "true"),
    "success": ({"states": ["success"]}, "state = 'success'"),
    "failed": ({"states": ["failed"]}, f"state = 'failed' AND NOT {_CANCELLED}"),
    "cancelled": ({"states": ["cancelled"]}, f"state = 'failed' AND {_CANCELLED}"),
    "running": ({"states": ["running"]}, "state = 'running'"),
    "busy": ({"workflow_id": BUSY}, "dag_id = 'busy'"),
    "rare": ({"workflow_id": RARE}, "dag_id = 'rare'"),
    "old": ({"workflow_id": OLD}, "dag_id = 'old'"),
    "some workflows": ({"workflow_ids": {RARE, OLD, "nothing"}}, "dag_id IN ('rare', 'old')"),
    "cron": ({"triggers": ["cron"]}, "run_type = 'scheduled'"),
    "webhook": ({"triggers": ["webhook"]}, "run_id LIKE 'webhook%'"),
    "email": ({"triggers": ["email"]}, "false"),
    "handled": ({"handled": True}, _HANDLED),
    "failed and not handled": (
        {"handled": False, "states": ["failed", "cancelled"]},
        f"state = 'failed' AND NOT {_HANDLED}",
    ),
    "name": ({"search": "FILLER 77"}, "dag_id LIKE 'filler-77%'"),
    "comment": (
        {"search": "refunded 4", "workflow_id": BUSY},
        f"dag_id = 'busy' AND {_HANDLED} AND id::text LIKE '4%'",
    ),
}


@pytest.fixture(scope="module")
def filled(migrated_postgres: MigratedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    url = migrated_postgres.copy()
    folder: Path = tmp_path_factory.mktemp("listing")
    with connected_airflow(url, folder=folder):
        steps = [make_set(f"step_{number}", n=number) for number in range(9)]
        publish_graph(make_graph(make_trigger(), *steps, id=BUSY, name="Busy"))
        yield fill(migrated_postgres.server, url.rpartition("/")[2], runs=RUNS)


@pytest.fixture
def session(filled: Filled) -> Iterator[Session]:
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        yield session


def _read_all(wanted: RunFilter, *, limit: int, session: Session) -> list[int]:
    found: list[int] = []
    cursor = None
    for _ in range(RUNS):
        page = list_runs(wanted, limit=limit, cursor=cursor, session=session)
        found += [record.pk for record in page.records]
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("The list has no end.")


def _expected(condition: str, session: Session) -> list[int]:
    query = f"SELECT id FROM dag_run AS r WHERE {condition} ORDER BY id DESC"  # noqa: S608 - ours
    return list(session.scalars(text(query)))


@pytest.mark.parametrize(("most_sorted", "patience_s"), [(20_000, 1.0), (30, 0.0)])
@pytest.mark.parametrize("question", QUESTIONS)
def test_all_ways_to_a_page_give_what_a_plain_query_gives(
    session: Session, monkeypatch: pytest.MonkeyPatch, question: str, most_sorted: int, patience_s: float
) -> None:
    monkeypatch.setattr(listing, "_FIRST_WINDOW", 500)
    monkeypatch.setattr(listing, "_SECOND_WINDOW", 1000)
    monkeypatch.setattr(listing, "_MOST_SORTED", most_sorted)
    monkeypatch.setattr(listing, "_PATIENCE_S", patience_s)
    parameters, condition = QUESTIONS[question]
    assert _read_all(RunFilter(**parameters), limit=200, session=session) == _expected(condition, session)


def test_times_are_found_by_bisection(session: Session) -> None:
    begin = datetime.now(tz=timezone.utc) - timedelta(hours=5)
    end = begin + timedelta(hours=1)
    found = _read_all(RunFilter(created_from=begin, created_to=end), limit=200, session=session)
    bounds = f"created_at >= '{begin.isoformat()}' AND created_at < '{end.isoformat()}'"
    assert found == _expected(bounds, session)
    assert 890 < len(found) < 910


def test_ids_are_found_by_their_beginnings(session: Session, filled: Filled) -> None:
    def found(search: str) -> list[str]:
        page = list_runs(RunFilter(search=search), session=session)
        return [str(record.id) for record in page.records]

    assert found(filled.execution_id) == [filled.execution_id]
    assert filled.execution_id in found(filled.execution_id[:-6])
    (delivered,) = found(filled.delivery_id)
    assert delivered.endswith(filled.delivery_id)
    assert delivered in found(filled.delivery_id[:12])


def test_totals_are_told_where_they_are_cheap(session: Session) -> None:
    def total(**parameters: Any) -> int | None:
        return list_runs(RunFilter(**parameters), limit=10, session=session).total

    assert total(workflow_id=RARE) == len(_expected("dag_id = 'rare'", session))
    assert total() is None
    assert total(states=["running"]) == 8
