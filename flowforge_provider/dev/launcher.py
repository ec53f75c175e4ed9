"""
Run Airflow with FlowForge on this machine, for trying it and for working on it.

Airflow's four processes (api-server, scheduler, dag-processor, triggerer), each with a log file; one line
with the address when they are healthy; an end without left-overs, however the launcher ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from flowforge_provider.dev.components import AIRFLOW_COMPONENTS, Component, airflow_command
from flowforge_provider.dev.console import ProblemReader, Terminal, announce, say
from flowforge_provider.dev.guard import Guard
from flowforge_provider.dev.health import find_waiting, read_health
from flowforge_provider.dev.home import DevHome, HomeInUseError, database_is_there, schema_fingerprint
from flowforge_provider.dev.ports import LOOPBACK, find_free_port, is_port_free
from flowforge_provider.dev.profile import Settings, build_profile, to_environment
from flowforge_provider.dev.secrets import load_secrets
from flowforge_provider.dev.seed import Seeder, SeedError
from flowforge_provider.dev.sessions import kill_sessions

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_HOME = ".airflow"
DEFAULT_PORT = 8080
START_TIMEOUT_S = 180.0
#: A component that ends this often within RESTART_WINDOW_S is not started again.
MAX_RESTARTS = 3
RESTART_WINDOW_S = 60.0


class LaunchError(Exception):
    """The instance cannot be started or go on; the message says why and what to do."""


@dataclass
class _Watched:
    component: Component
    problems: ProblemReader
    restarts: list[float]


class Launcher:
    """
    One development instance.

    :param home: AIRFLOW_HOME, absolute
    :param port: of the api-server on 127.0.0.1
    :param environment: of the person who starts it; its ``AIRFLOW__…`` settings win over the profile
    """

    def __init__(self, *, home: Path, port: int, environment: Mapping[str, str]) -> None:
        self._home = DevHome(home)
        self._port = port
        self._base_url = f"http://{LOOPBACK}:{port}"
        self._given = dict(environment)
        self._stop = threading.Event()
        self._guard = Guard()
        self._terminal = Terminal()
        self._watched: dict[str, _Watched] = {}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Launcher:
        """
        Read AIRFLOW_HOME (default ``.airflow`` in the current folder) and PORT (default 8080).

        :param environment: of the person who starts it
        :raises LaunchError: PORT is no port
        """
        home = Path(environment.get("AIRFLOW_HOME") or DEFAULT_HOME).expanduser().resolve()
        text = environment.get("PORT") or str(DEFAULT_PORT)
        if not text.isdecimal() or not 1 <= int(text) <= 65535:
            raise LaunchError(
                f"PORT is {text!r}; it must be a number from 1 to 65535, for instance PORT=8081."
            )
        return cls(home=home, port=int(text), environment=environment)

    def run(self) -> int:
        """
        Start everything, wait until it is stopped by a signal, stop everything.

        :return: 0 after a signal
        :raises LaunchError: something is in the way, or a component keeps ending
        """
        try:
            self._home.prepare()
            self._lock_home()
        except OSError as error:
            raise self._unusable_home(error) from error
        try:
            return self._run()
        finally:
            self._stop_all()
            self._home.unlock()

    def _run(self) -> int:
        self._check_port()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            environment, settings = self._configure()
            self._home.write_config(settings)
        except OSError as error:
            raise self._unusable_home(error) from error
        self._migrate(environment, database_url=environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
        self._start_all(environment)
        if not self._stop.is_set():
            self._seed()
            self._home.describe_lock(f"process {os.getpid()}, {self._editor_url}")
            announce(self._editor_url)
            self._watch()
        return 0

    @property
    def _editor_url(self) -> str:
        return f"{self._base_url}/plugin/flowforge"

    def _unusable_home(self, error: OSError) -> LaunchError:
        return LaunchError(
            f"FlowForge cannot keep its data in {self._home.path}: {error.strerror} ({error.filename}). "
            "Make room or give yourself the right to write there, or choose another folder: "
            "AIRFLOW_HOME=… make run"
        )

    def _lock_home(self) -> None:
        try:
            self._home.lock()
        except HomeInUseError as error:
            raise LaunchError(
                f"FlowForge already runs from {self._home.path} ({error or 'it is starting'}). "
                "Use that one, stop it, or choose another folder: AIRFLOW_HOME=… make run"
            ) from None
        self._home.describe_lock(f"process {os.getpid()}, starting on port {self._port}")

    def _check_port(self) -> None:
        if not is_port_free(self._port):
            other = find_free_port(start=self._port + 1) if self._port < 65500 else find_free_port()
            raise LaunchError(
                f"Port {self._port} is taken by another program. Stop that one, "
                f"or choose another port: PORT={other} make run"
            )

    def _configure(self) -> tuple[dict[str, str], Settings]:
        """Return the environment of the components, and the settings in it that are ours."""
        settings = build_profile(home=self._home.path, port=self._port, secrets=load_secrets(self._home.path))
        ours = to_environment(settings)
        chosen = {key: value for key, value in self._given.items() if key.startswith("AIRFLOW__")}
        # PORT is how the port is chosen here; an older setting must not split the two.
        chosen.pop("AIRFLOW__API__PORT", None)
        if chosen:
            say(f"Taken from the environment instead of the profile: {', '.join(sorted(chosen))}")
        loopback = ",".join(filter(None, [self._given.get("NO_PROXY"), LOOPBACK, "localhost"]))
        environment = {
            **self._given,
            **ours,
            **chosen,
            "AIRFLOW_HOME": str(self._home.path),
            # Tasks and the browser talk to this machine; a proxy of the company has no part in that.
            "NO_PROXY": loopback,
            "no_proxy": loopback,
            "PYTHONUNBUFFERED": "1",
        }
        return environment, settings

    def _migrate(self, environment: dict[str, str], *, database_url: str) -> None:
        fingerprint = schema_fingerprint(database_url)
        if self._home.read_state().get("schema") == fingerprint and database_is_there(database_url):
            return
        say(f"Preparing the database in {self._home.path} …")
        log = self._home.path / "logs" / "migrate.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                airflow_command("db", "migrate"),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                # A migration that Ctrl-C cuts in half helps nobody; it is a matter of seconds.
                start_new_session=True,
                # Nor one that runs beside another: it holds the lock, also when this process is killed.
                pass_fds=self._home.lock_descriptors(),
            )
            code = process.wait()
        if code != 0:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
            raise LaunchError(
                f"{tail}\nThe database could not be prepared (exit code {code}). All of it: {log}"
            )
        self._home.note(schema=fingerprint)

    def _start_all(self, environment: dict[str, str]) -> None:
        if self._stop.is_set():
            return
        say("Starting Airflow …")
        self._guard.start()
        since = datetime.now(timezone.utc)
        for name, arguments in AIRFLOW_COMPONENTS.items():
            log_path = self._home.path / "logs" / f"{name}.log"
            component = Component(
                name=name,
                command=airflow_command(*arguments),
                environment=environment,
                log_path=log_path,
                guard=self._guard,
            )
            self._watched[name] = _Watched(component, ProblemReader(name=name, path=log_path), [])
            component.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        waiting: list[str] = list(AIRFLOW_COMPONENTS)
        while waiting and not self._is_stopped(0.1):
            self._show_problems()
            for watched in self._watched.values():
                if not watched.component.is_running():
                    raise LaunchError(self._describe_end(watched.component, "while starting"))
            if time.monotonic() > deadline:
                raise LaunchError(
                    f"{', '.join(waiting)} did not become healthy within {START_TIMEOUT_S:.0f} s. "
                    f"The logs are in {self._home.path / 'logs'}."
                )
            waiting = find_waiting(read_health(self._base_url), components=AIRFLOW_COMPONENTS, since=since)

    def _seed(self) -> None:
        done = self._home.read_state().get("seeded", [])
        try:
            made = Seeder(base_url=self._base_url, port=self._port).seed(done=done)
        except SeedError as error:
            # The editor works without the examples; say so and go on.
            say(f"[examples] They could not be added: {error}")
            return
        if made != done:
            self._home.note(seeded=made)

    def _watch(self) -> None:
        while not self._is_stopped(0.5):
            self._show_problems()
            for watched in self._watched.values():
                if not watched.component.is_running():
                    self._restart(watched)

    def _restart(self, watched: _Watched) -> None:
        component = watched.component
        said = self._describe_end(component, "by itself")
        now = time.monotonic()
        watched.restarts = [moment for moment in watched.restarts if now - moment < RESTART_WINDOW_S]
        if len(watched.restarts) >= MAX_RESTARTS:
            raise LaunchError(f"{said}\n[{component.name}] That was once too often; stopping everything.")
        watched.restarts.append(now)
        # What it forked may still hold its port, or go on with its work beside the new one.
        component.stop()
        say(f"{said}\n[{component.name}] Starting it again.")
        component.start()

    def _describe_end(self, component: Component, how: str) -> str:
        tail = component.log_tail(lines=12)
        shown = "\n".join(f"[{component.name}] {line}" for line in tail.splitlines())
        return (
            f"{shown}\n[{component.name}] ended {how} (exit code {component.exit_code()}). "
            f"All it said: {component.log_path}"
        )

    def _show_problems(self) -> None:
        for watched in self._watched.values():
            for line in watched.problems.read():
                say(line)

    def _is_stopped(self, seconds: float) -> bool:
        """Wait that long at most, and say whether to stop."""
        if self._terminal.is_gone():
            self._stop.set()
        return self._stop.wait(seconds)

    def _on_signal(self, _number: int, _frame: object) -> None:
        if self._stop.is_set():
            # Asked twice: do not wait for tasks to finish. Whoever waits for the processes sees them end.
            kill_sessions(watched.component.pid for watched in self._watched.values())
        self._stop.set()

    def _stop_all(self) -> None:
        if self._watched:
            say("Stopping …")
        # All at once first: each one takes a second or two to go.
        for watched in self._watched.values():
            watched.component.interrupt()
        for watched in self._watched.values():
            watched.component.stop()
        self._guard.close()
