"""What is wrong with the installation, as far as this api-server can see."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import Literal

from airflow.configuration import conf
from airflow.utils.session import create_session
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from flowforge_provider import settings

log = logging.getLogger(__name__)


@dataclass
class InstallationReport:
    """
    The state of the parts that FlowForge needs.

    :param problems: pairs of a stable code and a text that says what to do
    """

    database: Literal["ok", "error"] = "ok"
    migrations: Literal["ok", "missing", "unknown"] = "ok"
    bundle: Literal["ok", "missing", "unknown"] = "ok"
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        """Tell whether all parts are in order."""
        return (self.database, self.migrations, self.bundle) == ("ok", "ok", "ok")


def check_installation() -> InstallationReport:
    """Look at the database, the tables and the bundle's configuration; never raises for what it finds."""
    report = InstallationReport()
    _check_database(report)
    _check_bundle(report)
    return report


def _check_database(report: InstallationReport) -> None:
    try:
        with create_session(scoped=False) as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        log.exception("The database does not answer")
        report.database, report.migrations = "error", "unknown"
        report.problems.append(("database-unavailable", "Airflow's database does not answer."))
        return
    try:
        with create_session(scoped=False) as session:
            session.execute(text("SELECT id FROM flowforge_workflow WHERE 1 = 0"))
    except SQLAlchemyError:
        report.migrations = "missing"
        report.problems.append(
            ("not-migrated", "The tables of FlowForge are missing. Run `airflow db migrate` and restart.")
        )


def _check_bundle(report: InstallationReport) -> None:
    try:
        bundles = json.loads(conf.get("dag_processor", "dag_bundle_config_list", fallback="") or "[]")
        names = {str(bundle.get("name")) for bundle in bundles}
    except (ValueError, AttributeError, TypeError):
        report.bundle = "unknown"
        report.problems.append(
            ("bundle-not-configured", "[dag_processor] dag_bundle_config_list is not a JSON list of bundles.")
        )
        return
    if settings.BUNDLE_NAME not in names:
        report.bundle = "missing"
        report.problems.append(
            (
                "bundle-not-configured",
                "Airflow does not know FlowForge's bundle. Under [dag_processor] of every component, set: "
                + settings.bundle_config_line(),
            )
        )
