"""
The services of docker-compose.yaml as plain processes, since a container engine is seldom where tests run.

Each service runs the command of the compose file with the environment of the compose file and nothing else.
What containers would have changes place: ports of theirs become free ones of 127.0.0.1, their files and
secrets lie in a folder for each container. Volumes are not shared: no two containers share a disk here.
PostgreSQL is the tests' own server, with the settings of the compose file.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from flowforge_provider.dev.components import Component
from flowforge_provider.dev.guard import Guard
from flowforge_provider.dev.ports import LOOPBACK, find_free_port
from tests.support.compose_file import ROOT, ComposeFile, Service, read_compose
from tests.support.postgres import PASSWORD, USER, PostgresServer, find_postgres_bin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ADMIN = "admin"
#: What Compose starts without a profile, in an order in which nothing waits for a later one.
SERVICES = (
    "postgres",
    "redis",
    "init",
    "api-server",
    "front-door",
    "scheduler",
    "dag-processor",
    "triggerer",
)
WORKERS = ("worker-1", "worker-2")

#: Shorter times than people need, so that tests need not wait for what dies; two steps a worker.
_VARIABLES = {
    "BASE_URL": f"http://{LOOPBACK}:8080",
    "HTTP_ALLOWED_NETWORKS": "127.0.0.0/8",
    "API_WORKERS": "1",
    "WORKER_CONCURRENCY": "2",
    "PARALLELISM": "4",
    "POSTGRES_SHARED_BUFFERS": "64MB",
    "TASK_HEARTBEAT_TIMEOUT_S": "15",
    "HEALTH_THRESHOLD_S": "15",
    "ORPHANS_CHECK_S": "5",
    "TASK_QUEUED_TIMEOUT_S": "30",
    "TASK_QUEUED_CHECK_S": "5",
}


class ComposeSetup:
    """
    All services, one container each but for the workers.

    :param variables: values for ``.env``; win over the ones of tests
    :param durable: keep PostgreSQL's fsync, for tests that kill it
    """

    def __init__(
        self, *, variables: Mapping[str, str] | None = None, durable: bool = False, guard: Guard | None = None
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="flowforge-compose-"))
        self.components: dict[str, Component] = {}
        self.variables = {**make_secrets(), **_VARIABLES, **(variables or {})}
        self.file: ComposeFile = read_compose(self.variables)
        self._guard = guard or Guard()
        self.postgres = PostgresServer(
            durable=durable, guard=self._guard, settings=_read_settings(self.file.services["postgres"])
        )
        ports = [port for service in self.file.services.values() for port in service.ports]
        self._ports = {port: find_free_port() for port in ports}
        #: name of a container -> how often it was started again because it had ended by itself
        self.restarts: Counter[str] = Counter()
        self._held: set[str] = set()
        self._ending = threading.Event()
        self._keeper = threading.Thread(target=self._keep_up, daemon=True)

    @property
    def url(self) -> str:
        """Base url of the api-server, without a slash at the end."""
        return f"http://{LOOPBACK}:{self._ports[8080]}"

    @property
    def port(self) -> int:
        """Port of the api-server."""
        return self._ports[8080]

    @property
    def front_door_url(self) -> str:
        """Base url of the front door, without a slash at the end."""
        return f"http://{LOOPBACK}:{self._ports[8081]}"

    @property
    def redis_url(self) -> str:
        """Url of Redis, with its password and without a database."""
        return f"redis://:{self.variables['REDIS_PASSWORD']}@{LOOPBACK}:{self._ports[6379]}"

    @property
    def database(self) -> str:
        """Name of Airflow's database in :attr:`postgres`."""
        return str(self.file.services["postgres"].environment["POSTGRES_DB"])

    def start(
        self,
        containers: Sequence[str] = (*SERVICES, *WORKERS),
        *,
        timeout_s: float = 300,
        healthy: bool = True,
    ) -> None:
        """
        Start containers, in the order given, and wait until they are healthy as the compose file asks.

        :param containers: names of services; ``worker-1``, ``worker-2`` for those of several containers
        :param healthy: wait
        """
        if not self._keeper.is_alive():
            self._keeper.start()
        for name in containers:
            if name == "postgres":
                self._start_postgres()
                continue
            self.start_one(name)
            if name == "init":
                self._wait_for_end(name, timeout_s=timeout_s)
            elif name == "redis":
                self.wait_until_healthy(name)
        if healthy:
            for name in containers:
                if name not in ("postgres", "init", "redis"):
                    self.wait_until_healthy(name, timeout_s=timeout_s)

    def start_one(self, name: str) -> Component:
        """
        Start a container, or start it again with the files that it has, without waiting.

        :param name: of the container
        """
        service = self.service(name)
        component = Component(
            name=name,
            command=[self._place(part, name) for part in service.command],
            environment=self.environment(name),
            log_path=self.folder / f"{name}.log",
            guard=self._guard,
        )
        self._write_secrets(service, name)
        component.start()
        self.components[name] = component
        self._held.discard(name)
        return component

    def kill(self, name: str) -> None:
        """
        End a container and all its processes as a crash would (SIGKILL), until it is started again.

        :param name: of the container
        """
        self._held.add(name)
        self.components[name].kill()

    def stop_one(self, name: str, *, timeout_s: float = 60) -> None:
        """
        Stop a container as ``docker compose stop`` does.

        :param name: of the container
        """
        self._held.add(name)
        self.components[name].stop(timeout_s=timeout_s)

    def stop(self) -> None:
        """Stop everything and remove the files."""
        self._ending.set()
        if self._keeper.is_alive():
            self._keeper.join()
        # What the servers talk to ends after them.
        running = list(reversed(self.components.values()))
        for component in running:
            if component.name != "redis":
                component.interrupt()
        for component in running:
            component.stop()
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def service(self, name: str) -> Service:
        """
        Return what the compose file says of a container.

        :param name: of the container
        """
        return self.file.services[re.sub(r"-\d+$", "", name)]

    def environment(self, name: str) -> dict[str, str]:
        """
        Return the environment of a container's processes: the compose file's, and what its image would set.

        :param name: of the container
        """
        service = self.service(name)
        folder = self.container_folder(name)
        path = [str(Path(sys.executable).parent), str(find_postgres_bin()), os.environ.get("PATH", "")]
        return {
            "PATH": os.pathsep.join(path),
            "HOME": str(folder),
            "HOSTNAME": name,
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT / "tests" / "support" / "container"),
            **{key: self._place(value, name) for key, value in service.environment.items()},
        }

    def container_folder(self, name: str) -> Path:
        """
        Return the folder that stands for a container's disk; it outlives the container's processes.

        :param name: of the container
        """
        folder = self.folder / name
        for path in ("run/secrets", "opt/airflow/dags", "opt/airflow/logs", "data"):
            (folder / path).mkdir(parents=True, exist_ok=True)
        # Airflow writes a long default airflow.cfg when there is none; an empty one leaves the defaults.
        (folder / "opt/airflow/airflow.cfg").touch()
        return folder

    def run(
        self, name: str, command: str | Sequence[str], *, check: bool = True, timeout_s: float = 180
    ) -> subprocess.CompletedProcess[str]:
        """
        Run a command in a container, as ``docker compose exec`` does.

        :param name: of the container
        :param command: a command line for ``sh``, or arguments
        :param check: fail the test, showing the output, when the exit code is not 0
        """
        arguments = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
        self._write_secrets(self.service(name), name)
        done = subprocess.run(
            [self._place(part, name) for part in arguments],
            env=self.environment(name),
            cwd=self.container_folder(name),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"{shlex.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done

    def wait_until_healthy(self, name: str, *, timeout_s: float = 180) -> None:
        """
        Wait until a container's own health check succeeds.

        :param name: of the container
        """
        deadline = time.monotonic() + timeout_s
        while True:
            done = self.run(name, self.service(name).health, check=False)
            if done.returncode == 0:
                return
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{name} is not healthy: {done.stdout}{done.stderr}\n{self.components[name].log_tail()}"
                )
            time.sleep(0.5)

    @contextmanager
    def client(self, user: str = ADMIN, password: str | None = None) -> Iterator[httpx.Client]:
        """
        Yield an HTTP client for the api-server, signed in.

        :param user: name of the user; the administrator of the compose file when omitted
        :param password: of the user; the administrator's when omitted
        """
        credentials = {"username": user, "password": password or self.variables["ADMIN_PASSWORD"]}
        answer = httpx.post(f"{self.url}/auth/token", json=credentials, timeout=60)
        assert answer.status_code == 201, answer.text
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=60) as client:
            yield client

    def logs(self) -> str:
        """Return the last lines of every container's output."""
        return "\n".join(
            f"----- {name} -----\n{component.log_tail()}" for name, component in self.components.items()
        )

    def _keep_up(self) -> None:
        """Start what has ended by itself again, where the compose file says so."""
        while not self._ending.wait(1):
            for name, component in list(self.components.items()):
                ended = name not in self._held and component.exit_code() is not None
                if ended and self.service(name).raw["restart"] == "unless-stopped":
                    self.restarts[name] += 1
                    self.start_one(name)

    def _start_postgres(self) -> None:
        service = self.file.services["postgres"]
        if service.environment["POSTGRES_USER"] != USER:
            raise ValueError(f"The tests' PostgreSQL has the user {USER}.")
        self.postgres.start()
        self._ports[5432] = self.postgres.port
        self.postgres.create_database(name=service.environment["POSTGRES_DB"])
        self.run("postgres", service.health)

    def _wait_for_end(self, name: str, *, timeout_s: float) -> None:
        component = self.components[name]
        deadline = time.monotonic() + timeout_s
        while component.exit_code() is None:
            assert time.monotonic() < deadline, f"{name} did not end.\n{component.log_tail()}"
            time.sleep(0.2)
        assert component.exit_code() == 0, f"{name} failed.\n{component.log_tail()}"

    def _write_secrets(self, service: Service, name: str) -> None:
        for secret in service.secrets:
            path = self.container_folder(name) / "run/secrets" / secret
            path.write_text(self.variables[self.file.secrets[secret]["environment"]])

    def _place(self, text: str, name: str) -> str:
        """Put the paths, hosts and ports of a container where they are here."""
        folder = self.container_folder(name)
        text = re.sub(r"(?<![\w./-])(/opt/airflow|/run/secrets|/data)\b", rf"{folder}\1", text)
        hosts = "|".join(self.file.services)
        text = re.sub(rf"(?<![\w.-])({hosts}|0\.0\.0\.0)(?=:\d)", LOOPBACK, text)
        text = re.sub(r"(?<![\d.])0\.0\.0\.0(?![\d.])", LOOPBACK, text)
        ports = "|".join(map(str, self._ports))
        return re.sub(rf"(?<![\w.])({ports})(?![\w.])", lambda match: str(self._ports[int(match[1])]), text)


@contextmanager
def running_compose(
    containers: Sequence[str] = (*SERVICES, *WORKERS), *, setup: ComposeSetup
) -> Iterator[ComposeSetup]:
    """
    Run services for the time of a ``with`` block; show their output when the block fails.

    :param containers: what to start
    :param setup: what to run
    """
    try:
        setup.start(containers)
        yield setup
    except BaseException:
        print(setup.logs())
        raise
    finally:
        setup.stop()


def make_secrets() -> dict[str, str]:
    """Return what ``tools/make_env.sh`` puts into ``.env``, but for the password of the tests' PostgreSQL."""
    from tests.support.compose_file import read_env_file

    with tempfile.NamedTemporaryFile("w+") as file:
        subprocess.run(["sh", str(ROOT / "tools" / "make_env.sh")], stdout=file, check=True)
        return {**read_env_file(Path(file.name)), "POSTGRES_PASSWORD": PASSWORD}


def _read_settings(service: Service) -> dict[str, str]:
    program, *options = service.command
    assert program == "postgres"
    assert options[::2] == ["-c"] * len(options[::2])
    return dict(option.split("=", 1) for option in options[1::2])
