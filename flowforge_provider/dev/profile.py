"""
The settings that ``make run`` gives to Airflow.

:data:`TUNED` makes a single machine answer quickly; docs/tuned-profile.md tells what each setting costs.
:func:`build_profile` adds what follows from the place: ports, paths, secrets.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flowforge_provider.dev.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flowforge_provider.dev.secrets import Secrets

#: (section, option) -> value
Settings = dict[tuple[str, str], str]

TUNED: Mapping[tuple[str, str], str] = {
    ("scheduler", "scheduler_idle_sleep_time"): "0.1",
    ("core", "parallelism"): "8",
    ("core", "hostname_callable"): "socket.gethostname",
    ("dag_processor", "bundle_refresh_check_interval"): "1",
    ("dag_processor", "refresh_interval"): "10",
    ("dag_processor", "min_file_process_interval"): "300",
    ("dag_processor", "parsing_processes"): "1",
    ("api", "workers"): "1",
}

#: What a development instance is: signed in as an administrator, no example Dags, no colours in log files.
DEVELOPMENT: Mapping[tuple[str, str], str] = {
    ("core", "executor"): "LocalExecutor",
    (
        "core",
        "auth_manager",
    ): "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
    ("core", "simple_auth_manager_all_admins"): "True",
    ("core", "load_examples"): "False",
    ("logging", "colored_console_log"): "False",
    ("flowforge", "dev_mode"): "True",
    # The examples call the demo endpoints of this Airflow, and people try services of their own machine.
    ("flowforge", "http_allowed_networks"): "127.0.0.0/8,::1/128",
}

BUNDLES = (
    {"name": "dags-folder", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": {}},
    {
        "name": "flowforge",
        "classpath": "flowforge_provider.bundles.flowforge.FlowForgeDagBundle",
        "kwargs": {},
    },
)

_SQLITE_LOCK_WAIT_S = 60


def sqlite_url(home: Path) -> str:
    """
    Return the url of the SQLite database of an Airflow home.

    Airflow's scheduler, triggerer and dag-processor end when they wait longer for SQLite's one write lock
    than the driver does, which is five seconds unless told.

    :param home: AIRFLOW_HOME, absolute
    """
    return f"sqlite:///{home / 'airflow.db'}?timeout={_SQLITE_LOCK_WAIT_S}"


def build_profile(*, home: Path, port: int, secrets: Secrets, database_url: str | None = None) -> Settings:
    """
    Return every setting of a development instance.

    :param home: AIRFLOW_HOME, absolute
    :param port: port of the api-server on 127.0.0.1
    :param secrets: what signs and encrypts
    :param database_url: SQLAlchemy url of the metadata database; SQLite in ``home`` when omitted
    """
    url = f"http://{LOOPBACK}:{port}"
    return {
        **TUNED,
        **DEVELOPMENT,
        ("core", "dags_folder"): str(home / "dags"),
        ("core", "plugins_folder"): str(home / "plugins"),
        ("core", "fernet_key"): secrets.fernet_key,
        ("core", "execution_api_server_url"): f"{url}/execution/",
        ("core", "simple_auth_manager_passwords_file"): str(home / "simple_auth_manager_passwords.json"),
        ("database", "sql_alchemy_conn"): database_url or sqlite_url(home),
        ("dag_processor", "dag_bundle_config_list"): json.dumps(BUNDLES),
        ("dag_processor", "dag_bundle_storage_path"): str(home / "dag_bundles"),
        ("logging", "base_log_folder"): str(home / "logs"),
        ("logging", "dag_processor_child_process_log_directory"): str(home / "logs" / "dag_processor"),
        ("api", "host"): LOOPBACK,
        ("api", "port"): str(port),
        ("api", "base_url"): url,
        ("api", "secret_key"): secrets.api_secret_key,
        ("api_auth", "jwt_secret"): secrets.jwt_secret,
    }


def to_environment(settings: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """
    Return settings as the environment variables that Airflow reads.

    :param settings: (section, option) -> value
    """
    return {f"AIRFLOW__{section}__{option}".upper(): value for (section, option), value in settings.items()}


def to_config_file(settings: Mapping[tuple[str, str], str]) -> str:
    """
    Return settings as the text of an airflow.cfg.

    :param settings: (section, option) -> value
    """
    lines: list[str] = []
    for section in sorted({section for section, _ in settings}):
        lines.append(f"[{section}]")
        # A percent sign starts an interpolation in airflow.cfg; doubled, it is itself.
        lines += [
            f"{option} = {value.replace('%', '%%')}"
            for (name, option), value in settings.items()
            if name == section
        ]
        lines.append("")
    return "\n".join(lines)
