"""What a development instance keeps in its AIRFLOW_HOME besides Airflow's own files."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from flowforge_provider.dev.profile import to_config_file
from flowforge_provider.dev.secrets import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCK_NAME = "flowforge-dev.lock"
STATE_NAME = "flowforge-dev.json"
CONFIG_MARK = "# Written by FlowForge's `make run` at every start."
CONFIG_HEADER = f"""{CONFIG_MARK} It is here so that `airflow` commands with this
# AIRFLOW_HOME see the same Airflow. To change a setting, set AIRFLOW__SECTION__OPTION in the environment.

"""


class HomeInUseError(Exception):
    """Another launcher runs from this folder."""


class DevHome:
    """
    The folder of a development instance.

    :param path: AIRFLOW_HOME, absolute
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None

    def prepare(self) -> None:
        """Make the folders that have to be there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # The database and the logs in it are nobody else's business.
        self.path.mkdir(mode=0o700, exist_ok=True)
        for folder in (self.path / "dags", self.path / "logs"):
            folder.mkdir(exist_ok=True)

    def lock(self) -> None:
        """
        Keep other launchers out until this process ends.

        :raises HomeInUseError: one runs from this folder already; says who
        """
        stream = (self.path / LOCK_NAME).open("a+")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            stream.seek(0)
            other = stream.read().strip()
            stream.close()
            raise HomeInUseError(other) from None
        self._lock = stream

    def unlock(self) -> None:
        """Let other launchers in again."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def lock_descriptors(self) -> tuple[int, ...]:
        """Return what a child process has to inherit to hold the lock too."""
        return () if self._lock is None else (self._lock.fileno(),)

    def describe_lock(self, text: str) -> None:
        """
        Tell launchers that come later who holds the lock.

        :param text: one line
        """
        if self._lock is not None:
            self._lock.seek(0)
            self._lock.truncate()
            self._lock.write(text + "\n")
            self._lock.flush()

    def read_state(self) -> dict[str, Any]:
        """Return what earlier starts have noted."""
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            state = json.loads((self.path / STATE_NAME).read_text())
            if isinstance(state, dict):
                return state
        return {}

    def note(self, **values: Any) -> None:
        """
        Note something for later starts.

        :param values: JSON values by name
        """
        write_private(
            self.path / STATE_NAME,
            json.dumps({**self.read_state(), **values}, indent=2, sort_keys=True) + "\n",
        )

    def write_config(self, settings: Mapping[tuple[str, str], str]) -> None:
        """
        Write airflow.cfg for the commands of a person, unless there is one that we have not written.

        :param settings: (section, option) -> value
        """
        path = self.path / "airflow.cfg"
        if path.exists() and path.stat().st_size > 0 and CONFIG_MARK not in path.read_text():
            return
        write_private(path, CONFIG_HEADER + to_config_file(settings))


def schema_fingerprint(database_url: str) -> str:
    """
    Return a text that changes whenever the database may need a migration.

    :param database_url: SQLAlchemy url of the metadata database
    """
    digest = hashlib.sha256(database_url.encode())
    for package in ("apache-airflow-core", "apache-airflow-providers-fab"):
        with contextlib.suppress(PackageNotFoundError):
            digest.update(f"{package}=={version(package)}".encode())
    migrations = Path(__file__).resolve().parents[1] / "store" / "migrations"
    for path in sorted(migrations.rglob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def database_is_there(database_url: str) -> bool:
    """
    Say whether the database of an earlier start can still be there.

    :param database_url: SQLAlchemy url; only SQLite's file can be looked for, a server is believed
    """
    scheme, _, rest = database_url.partition(":///")
    if not scheme.startswith("sqlite"):
        return True
    path = Path(rest.partition("?")[0])
    return path.exists() and os.path.getsize(path) > 0
