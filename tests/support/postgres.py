"""A real PostgreSQL server for tests: its own cluster in a temporary folder, on a free port of 127.0.0.1."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2 import sql

from flowforge_provider.dev.components import Component
from flowforge_provider.dev.guard import Guard
from flowforge_provider.dev.ports import LOOPBACK, find_free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

USER = "flowforge"
PASSWORD = "flowforge-test"

#: A cluster that is thrown away need not survive a power cut.
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresNotInstalledError(RuntimeError):
    """There is no PostgreSQL server on this machine."""


def find_postgres_bin() -> Path:
    """
    Return the folder that holds ``initdb`` and ``postgres``.

    :raises PostgresNotInstalledError: there is none; the message says what to install
    """
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    for pattern in (
        "usr/lib/postgresql/*/bin",
        "opt/homebrew/opt/postgresql*/bin",
        "usr/local/opt/postgresql*/bin",
    ):
        # Newest first: version numbers grow.
        candidates += sorted(
            Path("/").glob(pattern), key=lambda path: path.parent.name.zfill(20), reverse=True
        )
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise PostgresNotInstalledError(
        "The tests need a PostgreSQL server: install the package postgresql "
        "(Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql)."
    )


class PostgresServer:
    """
    One running cluster.

    :param durable: keep fsync and synchronous commits, for tests that kill things and look at what is left
    :param settings: more of PostgreSQL's settings
    """

    def __init__(
        self,
        *,
        durable: bool = False,
        guard: Guard | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.port = 0
        self._guard = guard or Guard()
        self._durable = durable
        self._settings = dict(settings or {})
        self._folder = Path(tempfile.mkdtemp(prefix="flowforge-pg-"))
        self._process: Component | None = None
        self._bin = find_postgres_bin()
        # PostgreSQL refuses to run as root.
        self._user = _unprivileged_user() if os.geteuid() == 0 else None

    def start(self) -> None:
        """Make the cluster and start it."""
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._initialise()
        for attempt in range(5):
            self.port = find_free_port()
            self._process = self._start_on_port()
            if self._wait_until_ready():
                return
            self._process.stop()
            if attempt == 4:
                raise RuntimeError(f"PostgreSQL did not start:\n{self._process.log_tail()}")

    def stop(self) -> None:
        """Stop the cluster and remove its files."""
        if self._process is not None:
            # SIGINT is a fast shutdown: it does not wait for clients.
            self._process.stop(number=signal.SIGINT, timeout_s=20)
        # Thousands of files; nobody has to wait for that.
        subprocess.run(["sh", "-c", 'rm -rf "$0" &', str(self._folder)], check=True)

    def kill(self) -> None:
        """Kill the server as a crash would; :meth:`restart` brings it back."""
        if self._process is not None:
            self._process.kill()

    def restart(self) -> None:
        """Start the server again, on the same port, with the same data."""
        self._process = self._start_on_port()
        if not self._wait_until_ready():
            raise RuntimeError(f"PostgreSQL did not start again:\n{self._process.log_tail()}")

    @property
    def pid(self) -> int:
        """Process id of the server, the parent of those that serve connections."""
        return self._process.pid if self._process is not None else 0

    def url(self, database: str, *, driver: str = "postgresql+psycopg2") -> str:
        """
        Return the SQLAlchemy url of a database.

        :param database: its name
        :param driver: scheme of the url
        """
        return f"{driver}://{USER}:{PASSWORD}@{LOOPBACK}:{self.port}/{database}"

    def create_database(self, *, name: str | None = None, template: str | None = None) -> str:
        """
        Make a database and return its name.

        :param name: of the new database; a fresh one when omitted
        :param template: copy this database, which nobody may be connected to
        """
        name = name or f"test_{uuid.uuid4().hex[:12]}"
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        with self.connect("postgres") as connection:
            connection.cursor().execute(statement)
        return name

    def drop_database(self, name: str) -> None:
        """
        Remove a database, whoever is connected.

        :param name: of the database
        """
        with self.connect("postgres") as connection:
            connection.cursor().execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    @contextlib.contextmanager
    def connect(self, database: str) -> Iterator[Any]:
        """
        Yield a psycopg2 connection that commits each statement.

        :param database: name of the database
        """
        connection = psycopg2.connect(
            host=LOOPBACK, port=self.port, user=USER, password=PASSWORD, dbname=database, connect_timeout=5
        )
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()

    def query(self, database: str, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """
        Return the rows of one statement, an empty list when it has none.

        :param database: name of the database
        :param statement: with ``%s`` for each value
        :param values: bound to the statement
        """
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []

    def _initialise(self) -> None:
        password_file = self._folder / "password"
        password_file.write_text(PASSWORD + "\n")
        password_file.chmod(0o644)
        subprocess.run(
            [
                str(self._bin / "initdb"),
                "--pgdata",
                str(self._folder / "data"),
                "--username",
                USER,
                "--pwfile",
                str(password_file),
                "--auth",
                "scram-sha-256",
                "--encoding",
                "UTF8",
                "--locale",
                "C",
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            cwd="/",
            **self._identity(),
        )

    def _identity(self) -> dict[str, Any]:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _start_on_port(self) -> Component:
        settings = {
            "port": str(self.port),
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",
            "max_connections": "300",
            **({} if self._durable else FAST_SETTINGS),
            **self._settings,
        }
        options = [item for key, value in settings.items() for item in ("-c", f"{key}={value}")]
        process = Component(
            name="postgres",
            command=[str(self._bin / "postgres"), "-D", str(self._folder / "data"), *options],
            environment={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
            log_path=self._folder / "postgres.log",
            guard=self._guard,
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
        )
        process.start()
        return process

    def _wait_until_ready(self, *, timeout_s: float = 30.0) -> bool:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and self._process is not None and self._process.is_running():
            with contextlib.suppress(psycopg2.OperationalError), self.connect("postgres"):
                return True
            time.sleep(0.05)
        return False


def _unprivileged_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError(
        "PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as."
    )
