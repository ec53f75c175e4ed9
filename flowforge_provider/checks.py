"""
What can be wrong with an installation, looked for on the machine where this runs.

``airflow flowforge doctor``, the health route and the editor's banner all show these.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from flowforge_provider import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

__all__ = ["Check", "Status", "run_checks"]

log = logging.getLogger(__name__)

Status = Literal["ok", "warning", "error"]

# A dag-processor looks at the bundle every few seconds, and notes it.
_BUNDLE_SILENCE = timedelta(minutes=5)
# A delivery becomes a run within seconds, unless its workflow cannot run.
_DELIVERY_PATIENCE = timedelta(minutes=10)
_CLOCK_TOLERANCE_S = 5.0
_MAILBOX_SILENCE = timedelta(minutes=1)
_ALERT_SILENCE = timedelta(minutes=2)
_REQUEST_TIMEOUT_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Check:
    """
    One thing that was looked at.

    :param code: kebab-case and stable; has a heading in docs/errors.md
    :param status: ``error`` when workflows cannot be published or run, ``warning`` when something may fail
    :param message: what was found
    :param fix: what to do; empty when nothing needs doing
    """

    code: str
    status: Status
    message: str
    fix: str = ""


def run_checks(*, session: Session | None = None, network: bool = False) -> list[Check]:
    """
    Look at everything that can be wrong; never raises for what it finds.

    :param session: a session of Airflow's metadata database; one of its own when omitted
    :param network: also call the api-server as a worker would; takes up to some seconds
    """
    checks: list[Check] = []
    for look in (_bundle_configured, _secrets, _fernet_key, _dev_mode, _packages, _node_types, _editor):
        checks += _run("check-failed", look)
    if session is not None:
        checks += _database(session)
    else:
        checks += _run("database-unavailable", _own_database)
    if network:
        checks += _run("api-unreachable", _api_server)
    return checks


def _run(code: str, look: Callable[[], Iterator[Check]]) -> list[Check]:
    try:
        return list(look())
    except Exception as error:
        log.debug("A check failed", exc_info=True)
        return [Check(code=code, status="error", message=f"{type(error).__name__}: {error}")]


def _own_database() -> Iterator[Check]:
    from airflow.utils.session import create_session

    if _only_runs_steps():
        yield Check(
            code="database-unavailable",
            status="ok",
            message="This machine only runs steps: it has no database, and needs none.",
        )
        return
    with create_session(scoped=False) as session:
        yield from _database(session)


def _only_runs_steps() -> bool:
    from airflow.configuration import conf

    # These executors need another database than SQLite, which is what Airflow takes where none is named.
    remote = any(name in conf.get("core", "executor") for name in ("Celery", "Kubernetes"))
    return remote and conf.get("database", "sql_alchemy_conn").startswith("sqlite")


def _database(session: Session) -> list[Check]:
    from sqlalchemy import func, select

    def answers() -> Iterator[Check]:
        now = session.scalar(select(func.current_timestamp()))
        yield Check(code="database-unavailable", status="ok", message="Airflow's database answers.")
        yield from _clock(now, where="database", code="clock-database")

    checks = _run("database-unavailable", answers)
    if checks[0].status == "error":
        return checks
    migrations = _run("not-migrated", lambda: _migrations(session))
    checks += migrations
    if migrations[0].status == "ok":
        checks += _run("bundle-not-read", lambda: _bundle_read(session))
        checks += _run("mailbox-unread", lambda: _mailboxes(session))
        checks += _run("alerts-failing", lambda: _alerts(session))
        checks += _run("deliveries-stuck", lambda: _deliveries(session))
    checks += _run("permissions-missing", lambda: _permissions(session))
    return checks


def _migrations(session: Session) -> Iterator[Check]:
    from sqlalchemy import text

    from flowforge_provider.store.db_manager import FlowForgeDBManager

    newest = list(FlowForgeDBManager.revision_heads_map.values())[-1]
    table = FlowForgeDBManager.version_table_name
    current = None
    # Asked first: on PostgreSQL a failed query would spoil the caller's transaction.
    if _has_table(table, session):
        current = session.scalar(text(f"SELECT version_num FROM {table}"))  # noqa: S608 - a constant
    if current == newest:
        yield Check(
            code="not-migrated", status="ok", message=f"FlowForge's tables are up to date ({current})."
        )
        return
    found = f"at {current}" if current else "missing"
    yield Check(
        code="not-migrated",
        status="error",
        message=f"FlowForge's tables are {found}; this version needs {newest}.",
        fix="Run `airflow db migrate`, then restart Airflow.",
    )


def _deliveries(session: Session) -> Iterator[Check]:
    from sqlalchemy import select

    from flowforge_provider.store.retention import table_bytes
    from flowforge_provider.store.tables import DeliveryRow

    size = table_bytes(session)
    days = settings.delivery_retention_days()
    kept = f"Deliveries are kept for {days} days" + (f"; they take {size / 2**20:.1f} MiB." if size else ".")
    waiting = (
        select(DeliveryRow.received_at)
        .where(DeliveryRow.state == "pending", DeliveryRow.run_after.is_(None))
        .order_by(DeliveryRow.received_at)
        .limit(1)
    )
    oldest = session.scalar(waiting)
    if oldest is None or datetime.now(tz=timezone.utc) - oldest < _DELIVERY_PATIENCE:
        yield Check(code="deliveries-stuck", status="ok", message=kept)
        return
    yield Check(
        code="deliveries-stuck",
        status="warning",
        message=f"A delivery has waited for its run since {oldest:%Y-%m-%d %H:%M:%S} UTC. {kept}",
        fix="Look at the page of deliveries for its error, and whether a process dispatches: an api-server, "
        "or `airflow flowforge front-door`.",
    )


def _has_table(name: str, session: Session) -> bool:
    from sqlalchemy import inspect

    return bool(inspect(session.connection()).has_table(name))


def _bundle_configured() -> Iterator[Check]:
    fix = (
        "Put this line under [dag_processor] in airflow.cfg on every component, then restart them:\n"
        f"{settings.bundle_config_line()}"
    )
    bundle = settings.configured_bundle()
    if bundle is None:
        message = "Airflow's configuration lacks FlowForge's bundle, so published workflows cannot run."
        yield Check(code="bundle-not-configured", status="error", message=message, fix=fix)
    elif bundle.get("classpath") != settings.BUNDLE_CLASSPATH:
        message = f'The bundle "{settings.BUNDLE_NAME}" is of the class {bundle.get("classpath")}.'
        yield Check(code="bundle-not-configured", status="error", message=message, fix=fix)
    else:
        yield Check(code="bundle-not-configured", status="ok", message="FlowForge's bundle is configured.")


def _bundle_read(session: Session) -> Iterator[Check]:
    from airflow.models.dagbundle import DagBundleModel

    bundle = session.get(DagBundleModel, settings.BUNDLE_NAME)
    seen = bundle.last_refreshed if bundle is not None and bundle.active else None
    if seen is not None and datetime.now(tz=timezone.utc) - seen < _BUNDLE_SILENCE:
        yield Check(code="bundle-not-read", status="ok", message="A dag-processor reads FlowForge's bundle.")
        return
    when = f"since {seen:%Y-%m-%d %H:%M:%S} UTC" if seen is not None else "so far"
    yield Check(
        code="bundle-not-read",
        status="warning",
        message=f"No dag-processor has read FlowForge's bundle {when}.",
        fix="Start a dag-processor whose configuration has the bundle. Workflows can be published and run "
        "without it, but Airflow checks and updates their Dags through it.",
    )


def _mailboxes(session: Session) -> Iterator[Check]:
    from flowforge_provider.store.mailboxes import count_unread_mailboxes

    before = datetime.now(tz=timezone.utc) - _MAILBOX_SILENCE
    failing, unwatched = count_unread_mailboxes(before=before, session=session)
    if not failing and not unwatched:
        yield Check(code="mailbox-unread", status="ok", message="All mailboxes of workflows can be read.")
        return
    # Anybody may ask for health: whose mailboxes they are is told where the workflow is.
    yield Check(
        code="mailbox-unread",
        status="warning",
        message=f"Emails may start no workflows: {failing} mailboxes cannot be read, and {unwatched} are "
        "watched by no process.",
        fix="Open the email triggers of the workflows, which tell the errors. For mailboxes that nobody "
        "watches, start an api-server or a front door, or raise [flowforge] mailbox_max_watched.",
    )


def _alerts(session: Session) -> Iterator[Check]:
    from flowforge_provider.alerts.health import count_troubles

    troubles = count_troubles(silent_since=datetime.now(tz=timezone.utc) - _ALERT_SILENCE, session=session)
    if not any(troubles):
        yield Check(code="alerts-failing", status="ok", message="Alerts are looked for, and channels work.")
        return
    watched = "" if not troubles.is_unwatched else " No process looks for what they are to tell."
    # Anybody may ask for health: which channels they are is told where alerts are.
    yield Check(
        code="alerts-failing",
        status="warning",
        message=f"Alerts may reach nobody: {troubles.failing_channels} channels do not work, and "
        f"{troubles.late_messages} messages wait for more than 10 minutes.{watched}",
        fix="Open the alert settings, which tell the errors of channels, and try them. If no process "
        "looks for events, start an api-server that dispatches, or a front door.",
    )


def _secrets() -> Iterator[Check]:
    from airflow.configuration import conf

    from flowforge_provider.bundles.tokens import BundleTokenError, signing_key

    try:
        signing_key()
    except BundleTokenError as error:
        yield Check(code="bundle-secret-missing", status="error", message=error.message)
        return
    secret = conf.get("api_auth", "jwt_secret", fallback="")
    if not settings.bundle_secret() and secret == conf.get_default_value("api_auth", "jwt_secret", raw=True):
        yield Check(
            code="bundle-secret-missing",
            status="error",
            message="[api_auth] jwt_secret is not set, so each process makes up its own, and the api-server "
            "refuses the workers.",
            fix="Set [api_auth] jwt_secret to the same long random text on every component.",
        )
        return
    yield Check(code="bundle-secret-missing", status="ok", message="Requests for Dag files can be signed.")


def _fernet_key() -> Iterator[Check]:
    from airflow.configuration import conf

    if _only_runs_steps():
        return
    if conf.get("core", "fernet_key", fallback=""):
        yield Check(code="fernet-key-missing", status="ok", message="Connections are stored encrypted.")
        return
    yield Check(
        code="fernet-key-missing",
        status="warning",
        message="[core] fernet_key is not set, so passwords of connections are stored as plain text.",
        fix="Set [core] fernet_key on every component.",
    )


def _dev_mode() -> Iterator[Check]:
    if settings.dev_mode():
        yield Check(
            code="dev-mode",
            status="ok",
            message="[flowforge] dev_mode is on: this is a development instance with demo endpoints.",
        )


_PACKAGES = {
    "jq": ("jq", "Transform steps with a jq program"),
    "airflow.providers.http": ("apache-airflow-providers-http", "HTTP request steps with a connection"),
    "airflow.providers.postgres": ("apache-airflow-providers-postgres", "PostgreSQL steps"),
}


def _packages() -> Iterator[Check]:
    from airflow.configuration import conf

    wanted = dict(_PACKAGES)
    if "FabAuthManager" in conf.get("core", "auth_manager"):
        wanted["airflow.providers.fab"] = ("airflow-provider-flowforge[fab]", "The configured auth manager")
    if "CeleryExecutor" in conf.get("core", "executor"):
        wanted["airflow.providers.celery"] = ("airflow-provider-flowforge[celery]", "The configured executor")
    missing = {name: what for name, what in wanted.items() if not _is_installed(name)}
    for package, user in missing.values():
        yield Check(
            code="package-missing",
            status="error",
            message=f"{user} cannot work: a package is missing on this machine.",
            fix=f"Run `pip install '{package}'`.",
        )
    if not missing:
        yield Check(code="package-missing", status="ok", message="All packages are installed.")


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _node_types() -> Iterator[Check]:
    from flowforge_provider.nodes.registry import get_registry

    registry = get_registry()
    for problem in registry.problems:
        yield Check(
            code="node-type-broken",
            status="warning",
            message=f"A node type could not be loaded. {problem}",
            fix="Repair or remove the package that offers it.",
        )
    if not registry.problems:
        count = len(list(registry.all()))
        yield Check(code="node-type-broken", status="ok", message=f"{count} node types are available.")


def _editor() -> Iterator[Check]:
    from flowforge_provider import plugins

    bundle = Path(plugins.__path__[0], "www", "dist", "main.js")
    if bundle.is_file():
        yield Check(code="editor-missing", status="ok", message="The editor is built.")
        return
    yield Check(
        code="editor-missing",
        status="error",
        message="The editor is not built, so its page stays empty.",
        fix="Install the provider from a wheel, or run `make setup` in its sources.",
    )


def _permissions(session: Session) -> Iterator[Check]:
    from airflow.configuration import conf
    from sqlalchemy import text

    if "FabAuthManager" not in conf.get("core", "auth_manager"):
        return
    query = text("SELECT 1 FROM ab_view_menu WHERE name = 'FlowForge'")
    if _has_table("ab_view_menu", session) and session.execute(query).first() is not None:
        yield Check(code="permissions-missing", status="ok", message="FlowForge's permissions exist.")
        return
    yield Check(
        code="permissions-missing",
        status="error",
        message="FlowForge's permissions do not exist yet, so nobody but administrators can use it.",
        fix="Run `airflow flowforge sync-permissions`.",
    )


def _api_server() -> Iterator[Check]:
    import httpx

    from flowforge_provider.bundles.client import api_url

    url = f"{api_url()}/health"
    problem = ""
    try:
        response = httpx.get(url, timeout=_REQUEST_TIMEOUT_S)
        if "migrations" not in response.json():
            problem = f"HTTP {response.status_code}"
    except (httpx.HTTPError, ValueError) as error:
        problem = str(error)
    if problem:
        yield Check(
            code="api-unreachable",
            status="error",
            message=f"FlowForge's api does not answer at {url} ({problem}). Workers on this machine cannot "
            "get the files of workflows.",
            fix="Start the api-server, or correct [core] execution_api_server_url or [flowforge] "
            "bundle_api_url on this machine.",
        )
        return
    yield Check(code="api-unreachable", status="ok", message=f"FlowForge's api answers at {url}.")
    if date := response.headers.get("date"):
        from email.utils import parsedate_to_datetime

        yield from _clock(parsedate_to_datetime(date), where="api-server", code="clock-api-server")


def _clock(then: datetime | str | None, *, where: str, code: str) -> Iterator[Check]:
    if isinstance(then, str):
        then = datetime.fromisoformat(then)
    if then is None:
        return
    if then.tzinfo is None:
        then = then.replace(tzinfo=timezone.utc)
    difference_s = abs((datetime.now(tz=timezone.utc) - then).total_seconds())
    if difference_s <= _CLOCK_TOLERANCE_S:
        yield Check(code=code, status="ok", message=f"The clocks here and of the {where} agree.")
        return
    yield Check(
        code=code,
        status="error" if difference_s >= settings.bundle_token_lifetime_s() else "warning",
        message=f"The clock here ({os.uname().nodename}) and that of the {where} differ by "
        f"{difference_s:.0f} s.",
        fix="Synchronise the clocks, for example with chrony.",
    )
