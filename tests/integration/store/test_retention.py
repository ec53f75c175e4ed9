"""Old executions go with all that belongs to them; what runs or waits, and the newest, stay."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from sqlalchemy import func, select, update

from flowforge_provider.graph.models import Settings
from flowforge_provider.retention.executions import count_old_executions, deadlines, remove_executions
from flowforge_provider.retention.sizes import KINDS, read_sizes
from flowforge_provider.runs.start import start_run
from flowforge_provider.store.queue_tables import DeadLetterGroupRow, DeadLetterRow
from flowforge_provider.store.tables import CancellationRow, HandledRow
from tests.factories import make_graph
from tests.support.deliveries import add_delivery
from tests.support.front_door import publish_graph
from tests.support.runs import report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.integration

NOW = datetime.now(tz=timezone.utc)


@pytest.fixture(autouse=True)
def _own_connections(metadata: str) -> Iterator[None]:
    from flowforge_provider.runs.database import close_database
    from flowforge_provider.runs.published import forget_published

    close_database()
    forget_published()
    yield
    close_database()


def publish(workflow_id: str = "orders", keep_days: int | None = None) -> None:
    publish_graph(make_graph(id=workflow_id, name=workflow_id, settings=Settings(keep_days=keep_days)))


def add_run(run_id: str, *, age_days: float, state: str = "success", workflow_id: str = "orders") -> None:
    start_run(workflow_id=workflow_id, run_id=run_id, trigger={"type": "manual", "body": {"x": "y" * 500}})
    report(f"{workflow_id}.{run_id}", "total", "success", return_value={"text": "z" * 1000})
    moment = NOW - timedelta(days=age_days)
    with create_session() as session:
        session.execute(
            update(DagRun)
            .where(DagRun.dag_id == workflow_id, DagRun.run_id == run_id)
            .values({"_state": state, "end_date": moment, "run_after": moment - timedelta(minutes=1)})
        )


def add_marks(run_id: str) -> None:
    with create_session() as session:
        mine = {"workflow_id": "orders", "run_id": run_id}
        session.add(CancellationRow(**mine, cancelled_at=NOW, cancelled_by="ann"))
        session.add(HandledRow(**mine, handled_at=NOW, handled_by="ann", comment="", search_text=""))


def add_dead_letters(*run_ids: str, state: str = "open", redrive_id: str | None = None) -> None:
    with create_session() as session:
        group: dict[str, Any] = {"id": "g" * 32, "workflow_id": "orders", "source": "execution", "code": "x"}
        count = len(run_ids)
        session.add(
            DeadLetterGroupRow(
                **group, cause="", sample="", open_count=count, total_count=count, first_at=NOW, last_at=NOW
            )
        )
        for run_id in run_ids:
            session.add(
                DeadLetterRow(
                    workflow_id="orders",
                    run_id=run_id,
                    group_id="g" * 32,
                    failed_at=NOW,
                    message="",
                    state=state,
                    redrive_id=redrive_id,
                )
            )


def runs_left(workflow_id: str = "orders") -> set[str]:
    with create_session() as session:
        return set(session.scalars(select(DagRun.run_id).where(DagRun.dag_id == workflow_id)))


def number_of(model: Any) -> int:
    with create_session() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def remove(workflow_id: str = "orders", *, limit: int = 100) -> Any:
    with create_session() as session:
        before = deadlines(session)[workflow_id]
        return remove_executions(session, workflow_id=workflow_id, before=before, limit=limit)


def test_old_executions_go_with_everything_of_theirs() -> None:
    publish(keep_days=10)
    for name, age in (("old", 30), ("older", 40), ("young", 5)):
        add_run(name, age_days=age)
    for name in ("old", "young"):
        add_marks(name)
    add_dead_letters("old", "young")

    with create_session() as session:
        counted = count_old_executions(deadlines(session), session)["orders"]
    removed = remove()

    assert removed == counted
    assert removed.executions == removed.steps / 2 == 2
    assert (removed.values, removed.dead_letters) == (2, 1)
    assert removed.bytes > 100
    assert runs_left() == {"young"}
    assert (number_of(TaskInstance), number_of(XComModel)) == (2, 1)
    assert (number_of(CancellationRow), number_of(HandledRow), number_of(DeadLetterRow)) == (1, 1, 1)
    with create_session() as session:
        group = session.scalars(select(DeadLetterGroupRow)).one()
        assert (group.open_count, group.total_count) == (1, 1)
    assert not remove().executions


def test_what_runs_or_waits_stays_and_so_does_the_newest() -> None:
    publish(keep_days=1)
    for name, state in (
        ("running", "running"),
        ("queued", "queued"),
        ("redriven", "failed"),
        ("done", "success"),
    ):
        add_run(name, age_days=30, state=state)
    add_run("newest", age_days=20)
    add_dead_letters("redriven", redrive_id="r" * 32)

    assert remove().executions == 1
    assert runs_left() == {"running", "queued", "redriven", "newest"}


def test_a_batch_removes_no_more_than_it_may() -> None:
    publish(keep_days=1)
    for number in range(4):
        add_run(f"run{number}", age_days=30)

    assert [remove(limit=2).executions for _ in range(3)] == [2, 1, 0]


def test_a_workflow_may_say_otherwise_than_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for workflow_id, days in (("usual", None), ("longer", 90), ("always", 0)):
        publish(workflow_id, days)

    def days_of(**options: Any) -> dict[str, float]:
        with create_session() as session:
            found = deadlines(session, now=NOW, **options)
        return {id_: (NOW - moment).days for id_, moment in found.items()}

    assert days_of() == {"longer": 90}
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__EXECUTION_RETENTION_DAYS", "30")
    assert days_of() == {"usual": 30, "longer": 90}
    assert days_of(workflow_id="longer") == {"longer": 90}
    assert days_of(older_than_days=7) == {"usual": 7, "longer": 7, "always": 7}


def test_the_housekeeper_removes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from flowforge_provider.inbox.housekeeping import Housekeeper
    from flowforge_provider.runs.database import get_database

    monkeypatch.setenv("AIRFLOW__FLOWFORGE__EXECUTION_RETENTION_DAYS", "30")
    publish()
    add_run("old", age_days=31)
    add_run("young", age_days=29)

    Housekeeper(database=get_database()).clean()

    assert runs_left() == {"young"}


def test_the_command_tells_what_it_would_remove_and_then_removes_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish(keep_days=10)
    add_run("old", age_days=30)
    add_run("young", age_days=5)

    first = run_command(capsys.readouterr, "--dry-run")
    assert runs_left() == {"old", "young"}
    second = run_command(capsys.readouterr)

    assert runs_left() == {"young"}
    for rows in (first, second):
        found = {(row["kind"], row["workflow"]): int(row["removed"]) for row in rows}
        assert found["executions", "orders"] == 1
        assert found["steps", "orders"] == 2
        assert found["values", "orders"] == 1
        assert next(int(row["bytes"]) for row in rows if row["kind"] == "values") > 0
    everything = run_command(capsys.readouterr, "--workflow", "orders", "--older-than", "0", "--dry-run")
    # The newest stays in any case.
    assert {row["kind"] for row in everything} == {"deliveries", "all"}


def run_command(read: Callable[[], Any], *arguments: str) -> list[dict[str, Any]]:
    from airflow.cli import cli_parser

    parser = cli_parser.get_parser()
    args = parser.parse_args(["flowforge", "cleanup", "--output", "json", *arguments])
    read()
    args.func(args)
    rows: list[dict[str, Any]] = json.loads(read().out)
    return rows


def test_sizes_are_told_by_kind_and_by_workflow() -> None:
    publish()
    publish("small")
    for number in range(3):
        add_run(f"run{number}", age_days=1)
    add_delivery(workflow_id="small", body={"text": "a" * 100})

    with create_session() as session:
        found = read_sizes(session)
        some = read_sizes(session, readable={"small"})

    assert {each.kind for each in found.kinds} == set(KINDS)
    assert found.database_bytes is not None
    assert found.database_bytes > 100_000
    assert [each.workflow_id for each in found.workflows] == ["orders", "small"]
    assert found.workflows[0].executions == 3
    assert found.workflows[0].values_bytes > 0
    assert found.workflows[1].delivery_bytes > 100
    assert [each.workflow_id for each in some.workflows] == ["small"]
