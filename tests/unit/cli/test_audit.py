"""What commands change is in Airflow's event log, under the names of the API's operations."""

from __future__ import annotations

import getpass
import json
from argparse import Namespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.models.log import Log
from airflow.utils.session import create_session
from sqlalchemy import select

from flowforge_provider.cli.commands import cleanup, deliveries, runs, workflows
from tests.factories import make_document, make_graph
from tests.support.front_door import publish_graph
from tests.unit.inbox.conftest import database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowforge_provider.runs.database import Database

__all__ = ["database"]


def _call(command: Callable[[Namespace], None], **arguments: Any) -> int:
    """Run a command in this process and return its exit code."""
    try:
        command(Namespace(verbose=False, output="json", **arguments))
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _entries() -> list[tuple[str, str | None, str | None, str | None, dict[str, Any]]]:
    with create_session() as session:
        rows = session.scalars(select(Log).where(Log.event.startswith("flowforge.")).order_by(Log.id))
        return [(row.event, row.dag_id, row.run_id, row.owner, json.loads(str(row.extra))) for row in rows]


def test_what_is_imported_published_started_and_withdrawn(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "orders.json"
    path.write_text(json.dumps(make_document(id="orders")))
    given = {"name": None, "update": False, "publish": True, "message": "First"}
    assert _call(workflows.import_file, file=str(path), **given) == 0
    payload = {"payload": '{"quantity": 2}', "payload_file": None, "wait": False, "timeout": None}
    capsys.readouterr()
    # One that Airflow has registered already.
    publish_graph(make_graph(id="shop"))
    assert _call(runs.run_workflow, workflow_id="shop", **payload) == 0, capsys.readouterr().err
    started = json.loads(capsys.readouterr().out.strip().splitlines()[-1])[0]["execution_id"]
    assert _call(workflows.unpublish_workflow, workflow_id="orders") == 0
    entries = _entries()
    assert [entry[:3] for entry in entries] == [
        ("flowforge.import_workflow", "orders", None),
        ("flowforge.publish_workflow", "orders", None),
        ("flowforge.start_execution", "shop", started.removeprefix("shop.")),
        ("flowforge.unpublish_workflow", "orders", None),
    ]
    assert {entry[3] for entry in entries} == {getpass.getuser()}
    assert entries[1][4] == {"method": "CLI", "message": "First"}
    assert "quantity" not in json.dumps(entries)


def test_what_was_refused_says_so(database: Database) -> None:
    assert _call(workflows.publish_workflow, workflow_id="nothing", message="") == 1
    ((event, workflow_id, _, _, extra),) = _entries()
    assert (event, workflow_id) == ("flowforge.publish_workflow", "nothing")
    assert extra == {"method": "CLI", "refused": "workflow-not-found"}


@pytest.mark.parametrize(("dry_run", "entries"), [(True, 0), (False, 2)])
def test_counting_what_is_old_changes_nothing(database: Database, dry_run: bool, entries: int) -> None:
    assert _call(deliveries.clean, older_than=7, dry_run=dry_run, batch=100) == 0
    assert _call(cleanup.cleanup, older_than=7, dry_run=dry_run, batch=100, workflow=None) == 0
    assert [entry[0] for entry in _entries()] == ["flowforge.clean", "flowforge.cleanup"][:entries]
