"""A real Airflow for tests: its components as processes on loopback, with an AIRFLOW_HOME of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from flowforge_provider.dev.components import AIRFLOW_COMPONENTS, Component, airflow_command
from flowforge_provider.dev.guard import Guard
from flowforge_provider.dev.health import find_waiting, read_health
from flowforge_provider.dev.ports import LOOPBACK, find_free_port
from flowforge_provider.dev.profile import build_profile, sqlite_url, to_environment
from flowforge_provider.dev.secrets import load_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ALL_COMPONENTS = tuple(AIRFLOW_COMPONENTS)

#: user name and role of SimpleAuthManager: one user for each of its roles
ROLE_USERS: Mapping[str, str] = {"admin": "admin", "op": "op", "user": "user", "viewer": "viewer"}

#: "admins": everybody is an administrator without signing in, as in ``make run``.
#: "users": SimpleAuthManager with a user for each role; the password of each is ``<name>-password``.
#: Any other auth manager is given as settings.
AUTH_MODES = ("admins", "users")


class AirflowInstance:
    """
    An Airflow of its own: home, database, port, processes.

    :param database_url: SQLAlchemy url of the metadata database; SQLite in the home when omitted
    :param auth: one of :data:`AUTH_MODES`
    :param settings: (section, option) -> value; wins over the profile of ``make run``
    :param environment: more environment variables; values win over everything
    :param home: AIRFLOW_HOME; a temporary folder, removed at the end, when omitted
    :param guard: ends the processes when the test run is killed
    """

    def __init__(
        self,
        *,
        database_url: str | None = None,
        auth: str = "admins",
        settings: Mapping[tuple[str, str], str] | None = None,
        environment: Mapping[str, str] | None = None,
        home: Path | None = None,
        guard: Guard | None = None,
    ) -> None:
        self._owns_home = home is None
        self.home = home or Path(tempfile.mkdtemp(prefix="flowforge-airflow-"))
        self.home.mkdir(parents=True, exist_ok=True)
        self.port = find_free_port()
        self.database_url = database_url or sqlite_url(self.home)
        self.components: dict[str, Component] = {}
        self._guard = guard or Guard()
        self._auth = auth
        profile = build_profile(
            home=self.home, port=self.port, secrets=load_secrets(self.home), database_url=self.database_url
        )
        profile.update(self._auth_settings())
        profile.update(settings or {})
        (self.home / "dags").mkdir(exist_ok=True)
        self.environment = {
            **_inherited_environment(),
            "AIRFLOW_HOME": str(self.home),
            **to_environment(profile),
            **(environment or {}),
        }
        # Airflow writes a long default airflow.cfg when there is none; an empty one leaves the defaults.
        (self.home / "airflow.cfg").touch()

    @property
    def url(self) -> str:
        """Base url of the api-server, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    def run_cli(
        self, *arguments: str, check: bool = True, timeout_s: float = 180, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """
        Run ``airflow <arguments>`` in this instance and return what it printed.

        :param arguments: what follows ``airflow``
        :param check: fail the test, showing the output, when the exit code is not 0
        :param timeout_s: seconds it may take
        :param stdin: what it reads
        """
        done = subprocess.run(
            airflow_command(*arguments),
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            input=stdin if stdin is not None else "",
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"airflow {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
            )
        return done

    def run_python(self, source: str, *, timeout_s: float = 120) -> str:
        """
        Run Python source in a process that sees this instance's configuration, and return what it printed.

        :param source: the program
        :param timeout_s: seconds it may take
        """
        done = subprocess.run(
            [sys.executable, "-c", source],
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"The program ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def migrate(self) -> None:
        """Create or migrate the tables of Airflow and of FlowForge."""
        self.run_cli("db", "migrate")

    def start(self, components: Sequence[str] = ALL_COMPONENTS, *, timeout_s: float = 180) -> None:
        """
        Start components and wait until they are healthy.

        :param components: names as in ``AIRFLOW_COMPONENTS``
        :param timeout_s: seconds until the test fails, showing the logs
        """
        since = datetime.now(timezone.utc)
        for name in components:
            self.start_component(name)
        self.wait_until_healthy(components, since=since, timeout_s=timeout_s)

    def start_component(self, name: str) -> Component:
        """
        Start one component without waiting for it.

        :param name: as in ``AIRFLOW_COMPONENTS``
        """
        component = Component(
            name=name,
            command=airflow_command(*AIRFLOW_COMPONENTS[name]),
            environment=self.environment,
            log_path=self.home / "logs" / f"{name}.log",
            guard=self._guard,
        )
        component.start()
        self.components[name] = component
        return component

    def wait_until_healthy(
        self, components: Sequence[str], *, since: datetime, timeout_s: float = 180
    ) -> None:
        """
        Wait until these components have reported.

        :param components: names as in ``AIRFLOW_COMPONENTS``; returns at once when the api-server, who could
            tell, does not run
        :param since: reports from before this moment do not count
        :param timeout_s: seconds until the test fails, showing the logs
        """
        if "api-server" not in self.components:
            return
        deadline = time.monotonic() + timeout_s
        waiting: list[str] = list(components)
        while waiting:
            dead = [name for name in components if not self.components[name].is_running()]
            if dead:
                raise AssertionError(f"{', '.join(dead)} ended while starting.\n{self.logs(*dead)}")
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{', '.join(waiting)} not healthy after {timeout_s} s.\n{self.logs(*waiting)}"
                )
            waiting = find_waiting(read_health(self.url), components=components, since=since)
            time.sleep(0.1)

    def stop_component(self, name: str, *, kill: bool = False) -> None:
        """
        Stop one component and all that it forked.

        :param name: as in ``AIRFLOW_COMPONENTS``
        :param kill: end it as a crash would
        """
        component = self.components.pop(name)
        component.kill() if kill else component.stop()

    def stop(self) -> None:
        """Stop everything and remove the home."""
        for component in self.components.values():
            component.interrupt()
        for component in self.components.values():
            component.stop()
        self.components.clear()
        if self._owns_home:
            shutil.rmtree(self.home, ignore_errors=True)

    def client(self, user: str | None = None, *, timeout_s: float = 30) -> httpx.Client:
        """
        Return an HTTP client for the api-server; use it as a context manager.

        :param user: signed in as this user of :data:`ROLE_USERS`; in "admins" mode nobody needs to sign in
        :param timeout_s: seconds for each request
        """
        headers = {"Authorization": f"Bearer {self.token(user)}"} if user else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=timeout_s)

    def token(self, user: str) -> str:
        """
        Return an access token.

        :param user: one of :data:`ROLE_USERS`
        """
        answer = httpx.post(
            f"{self.url}/auth/token", json={"username": user, "password": f"{user}-password"}, timeout=30
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def add_connection(self, connection_id: str, **fields: Any) -> None:
        """
        Add or replace an Airflow Connection through the api-server.

        :param connection_id: its id
        :param fields: ``conn_type``, ``host``, ``login``, ``password``, ``port``, ``schema``, ``extra``
        """
        user = None if self._auth == "admins" else "admin"
        with self.client(user) as client:
            client.delete(f"/api/v2/connections/{connection_id}")
            answer = client.post("/api/v2/connections", json={"connection_id": connection_id, **fields})
            if answer.status_code != 201:
                raise AssertionError(
                    f"Connection {connection_id!r} refused: {answer.status_code} {answer.text}"
                )

    def logs(self, *names: str) -> str:
        """
        Return the last lines of the logs of components.

        :param names: of the components; all of them when empty
        """
        chosen = names or tuple(self.components)
        return "\n".join(
            f"----- {name} -----\n{self.components[name].log_tail()}"
            for name in chosen
            if name in self.components
        )

    def _auth_settings(self) -> dict[tuple[str, str], str]:
        if self._auth == "admins":
            return {}
        if self._auth != "users":
            raise ValueError(f"auth is {self._auth!r}; it must be one of {', '.join(AUTH_MODES)}.")
        passwords = self.home / "simple_auth_manager_passwords.json"
        passwords.write_text(json.dumps({name: f"{name}-password" for name in ROLE_USERS}) + "\n")
        return {
            ("core", "simple_auth_manager_all_admins"): "False",
            ("core", "simple_auth_manager_users"): ",".join(
                f"{name}:{role}" for name, role in ROLE_USERS.items()
            ),
            ("core", "simple_auth_manager_passwords_file"): str(passwords),
        }


@contextlib.contextmanager
def running_airflow(
    components: Sequence[str] = ALL_COMPONENTS, *, instance: AirflowInstance, migrate: bool = True
) -> Iterator[AirflowInstance]:
    """
    Run an instance for the time of a ``with`` block; show the logs when the block fails.

    :param components: what to start
    :param instance: what to run
    :param migrate: migrate the database first
    """
    try:
        if migrate:
            instance.migrate()
        instance.start(components)
        yield instance
    except BaseException:
        print(instance.logs())
        raise
    finally:
        instance.stop()


def _inherited_environment() -> dict[str, str]:
    """The environment of the tests, without settings of some other Airflow that the developer uses."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW_", "AIRFLOW__"))}
