"""The doctor's checks on real databases: each is found, named and told how to mend."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from airflow.models.dagbundle import DagBundleModel
from airflow.utils.session import create_session
from sqlalchemy import text

from flowforge_provider import checks
from flowforge_provider.checks import Check, run_checks
from flowforge_provider.dev.ports import find_free_port
from flowforge_provider.store.db_manager import FlowForgeDBManager

if TYPE_CHECKING:
    from tests.support.airflow import AirflowInstance

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def sound_installation(metadata: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that the tests' own configuration lacks, so that each test breaks one thing."""
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPs=")
    with create_session() as session:
        bundle = DagBundleModel(name="flowforge")
        bundle.last_refreshed = datetime.now(tz=timezone.utc)
        session.add(bundle)


def find(code: str, *, network: bool = False) -> Check:
    found = [check for check in run_checks(network=network) if check.code == code]
    assert len(found) == 1, found
    return found[0]


def test_a_sound_installation_has_no_findings() -> None:
    findings = [check for check in run_checks() if check.status != "ok" and check.code != "editor-missing"]

    assert findings == []


def test_a_worker_needs_neither_database_nor_fernet_key(
    metadata: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "")
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite:////nowhere/airflow.db")

    codes = [check.code for check in run_checks()]
    assert find("database-unavailable").message.startswith("This machine only runs steps")
    assert {"not-migrated", "fernet-key-missing"} & set(codes) == set()

    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://nowhere/airflow")
    assert find("fernet-key-missing").status == "warning"


def test_a_missing_bundle_gets_the_exact_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", '[{"name": "mine"}]')

    check = find("bundle-not-configured")

    assert check.status == "error"
    line = check.fix.splitlines()[-1]
    option, _, value = line.partition(" = ")
    assert option == "dag_bundle_config_list"
    assert [bundle["name"] for bundle in json.loads(value)] == ["mine", "flowforge"]


def test_a_bundle_of_another_class_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    bundles = json.dumps([{"name": "flowforge", "classpath": "my.Bundle"}])
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", bundles)

    check = find("bundle-not-configured")

    assert check.status == "error"
    assert "my.Bundle" in check.message


@pytest.mark.parametrize("minutes", [None, 30])
def test_a_silent_dag_processor_is_a_warning(minutes: int | None) -> None:
    seen = None if minutes is None else datetime.now(tz=timezone.utc) - timedelta(minutes=minutes)
    with create_session() as session:
        bundle = session.get(DagBundleModel, "flowforge")
        assert bundle is not None
        bundle.last_refreshed = seen

    assert find("bundle-not-read").status == "warning"


def test_missing_tables_are_found_without_an_exception() -> None:
    with create_session() as session:
        session.execute(text(f"DROP TABLE {FlowForgeDBManager.version_table_name}"))

    check = find("not-migrated")

    assert (check.status, "airflow db migrate" in check.fix) == ("error", True)


def test_old_tables_are_found() -> None:
    with create_session() as session:
        session.execute(text(f"UPDATE {FlowForgeDBManager.version_table_name} SET version_num = 'old'"))  # noqa: S608

    check = find("not-migrated")

    assert check.status == "error"
    assert "old" in check.message


def test_a_callers_session_stays_usable() -> None:
    """On PostgreSQL a failed query would end the caller's transaction."""
    with create_session() as session:
        session.execute(text(f"DROP TABLE {FlowForgeDBManager.version_table_name}"))
        run_checks(session=session)
        assert session.scalar(text("SELECT 1")) == 1


def test_a_secret_that_each_process_makes_up_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW__API_AUTH__JWT_SECRET")

    assert find("bundle-secret-missing").status == "error"

    monkeypatch.setenv("AIRFLOW__FLOWFORGE__BUNDLE_SECRET", "one for bundles alone")
    assert find("bundle-secret-missing").status == "ok"


def test_a_missing_fernet_key_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "")

    assert find("fernet-key-missing").status == "warning"


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(checks._PACKAGES, "no_such_module.at_all", ("no-such-package", "A step"))

    check = find("package-missing")

    assert check.status == "error"
    assert "no-such-package" in check.fix


def test_missing_permissions_of_fab_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
    monkeypatch.setenv("AIRFLOW__CORE__AUTH_MANAGER", manager)

    assert find("permissions-missing").status == "error"


@pytest.mark.parametrize(("seconds", "status"), [(2, "ok"), (20, "warning"), (200, "error")])
def test_clocks_are_compared(seconds: int, status: str) -> None:
    then = datetime.now(tz=timezone.utc) + timedelta(seconds=seconds)

    (check,) = checks._clock(then, where="database", code="clock-database")

    assert check.status == status


def test_an_api_server_that_does_not_answer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://127.0.0.1:{find_free_port()}/flowforge"
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__BUNDLE_API_URL", url)

    check = find("api-unreachable", network=True)

    assert check.status == "error"
    assert url in check.message


def test_a_check_that_fails_itself_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode() -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(checks, "_fernet_key", explode)

    assert "unforeseen" in find("check-failed").message


def test_the_doctor_finds_a_running_instance_sound(airflow_api: AirflowInstance) -> None:
    source = """
import json
from flowforge_provider.checks import run_checks
print(json.dumps([[c.code, c.status] for c in run_checks(network=True)]))
"""
    began = time.monotonic()
    found = dict(json.loads(airflow_api.run_python(source).splitlines()[-1]))

    assert found["api-unreachable"] == "ok"
    assert found["clock-api-server"] == "ok"
    # No dag-processor runs beside this api-server.
    assert found["bundle-not-read"] == "warning"
    assert time.monotonic() - began < 60
