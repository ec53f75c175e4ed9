"""`airflow flowforge` as people type it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_document
from tests.support.airflow import AirflowInstance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.dev.guard import Guard
    from tests.support.databases import MigratedSqlite

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def instance(
    migrated_sqlite: MigratedSqlite, tmp_path_factory: pytest.TempPathFactory, guard: Guard
) -> Iterator[AirflowInstance]:
    home = tmp_path_factory.mktemp("airflow-cli")
    value = AirflowInstance(home=home, database_url=migrated_sqlite.copy(home), guard=guard)
    yield value
    value.stop()


def flowforge(instance: AirflowInstance, *arguments: str, stdin: str | None = None) -> Any:
    return json.loads(instance.run_cli("flowforge", *arguments, "-o", "json", stdin=stdin).stdout)


def test_from_a_file_to_a_queued_run_and_back(instance: AirflowInstance) -> None:
    document = json.dumps(make_document())
    (imported,) = flowforge(instance, "import", "-", "--publish", "-m", "First", stdin=document)
    assert (imported["workflow_id"], imported["state"], imported["revision"]) == ("orders", "runnable", "1")
    (again,) = flowforge(instance, "import", "-", "--update", stdin=document)
    assert again == {"workflow_id": "orders", "state": "published"}
    (listed,) = flowforge(instance, "list", "--state", "published")
    assert listed["workflow_id"] == "orders"
    (started,) = flowforge(instance, "run", "orders", "--payload", '{"quantity": 2}')
    assert started["state"] == "queued"
    assert started["execution_id"].startswith("orders.manual__")
    misspelt = instance.run_cli("flowforge", "run", "orders", "--payload", "{bad", check=False)
    assert misspelt.returncode == 1
    assert misspelt.stderr.startswith("--payload: ")
    late = instance.run_cli("flowforge", "run", "orders", "--wait", "--timeout", "0.1", check=False)
    assert late.returncode == 3
    exported = json.loads(instance.run_cli("flowforge", "export", "orders").stdout)
    assert exported["nodes"] == make_document()["nodes"]
    assert "TransformOperator" in instance.run_cli("flowforge", "export", "orders", "-f", "python").stdout
    (withdrawn,) = flowforge(instance, "unpublish", "orders")
    assert withdrawn["state"] == "unpublished"
    refused = instance.run_cli("flowforge", "run", "orders", check=False)
    assert refused.returncode == 1
    assert "[workflow-not-published]" in refused.stderr


def test_publish_prints_every_issue(instance: AirflowInstance) -> None:
    graph = make_document(id="broken", name="Broken")
    graph["nodes"][1]["type"] = "transfrom"
    graph["settings"]["timezone"] = "Mars/Phobos"
    flowforge(instance, "import", "-", stdin=json.dumps(graph))
    refused = instance.run_cli("flowforge", "publish", "broken", check=False)
    assert refused.returncode == 1
    assert refused.stderr.count("error: ") >= 2
    assert "Traceback" not in refused.stderr


def test_sync_permissions_is_not_needed_here(instance: AirflowInstance) -> None:
    (row,) = flowforge(instance, "sync-permissions")
    assert row["change"] == "none"


def test_doctor_names_what_is_wrong(instance: AirflowInstance) -> None:
    done = instance.run_cli("flowforge", "doctor", check=False)
    assert done.returncode == 1, "no api-server runs"
    assert "[api-unreachable]" in done.stdout
    bundle_line = next(line for line in done.stdout.splitlines() if "[bundle-not-configured]" in line)
    assert bundle_line.startswith("ok")


def test_run_waits_for_the_end(airflow_sqlite: AirflowInstance) -> None:
    graph = make_document(id="cli_waits", name="CLI waits")
    fields = [{"name": "total", "value": "{{ 100 / trigger.body.quantity }}"}]
    graph["nodes"][1]["parameters"] = {"operations": [{"operation": "set_fields", "fields": fields}]}
    graph["nodes"][0]["parameters"] = {"sample_payload": {"quantity": 5}}
    flowforge(airflow_sqlite, "import", "-", "--publish", stdin=json.dumps(graph))
    command = ("flowforge", "run", "cli_waits", "--wait", "-o", "json", "--payload")
    good = airflow_sqlite.run_cli(*command, '{"quantity": 4}')
    assert json.loads(good.stdout)[0]["state"] == "success"
    sample = airflow_sqlite.run_cli(*command[:-1])
    assert json.loads(sample.stdout)[0]["state"] == "success"
    bad = airflow_sqlite.run_cli(*command, '{"quantity": 0}', check=False)
    assert bad.returncode == 1
    assert json.loads(bad.stdout)[0]["state"] == "failed"
