"""The commands of docs/operations.md, run on the services of docker-compose.yaml."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.compose_file import ROOT

if TYPE_CHECKING:
    from tests.support.compose import ComposeSetup

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(1200)]

PAGE = (ROOT / "docs" / "operations.md").read_text()
LINES = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
EXEC = "docker compose exec -T "
CALLS = [line for line in LINES if line.startswith(("curl ", "TOKEN="))]
# In the order of the page: what is restored was backed up before.
COMMANDS = [line.removeprefix(EXEC) for line in LINES if line.startswith(EXEC)]


@pytest.fixture
def outputs(compose: ComposeSetup) -> dict[str, str]:
    """What each command prints, by the command; all have ended well."""
    result = {}
    for command in COMMANDS:
        service, rest = command.split(" ", 1)
        result[command] = compose.run("worker-1" if service == "worker" else service, rest).stdout
    # The page gives the administrator a new password.
    compose.run(
        "scheduler",
        ["airflow", "users", "reset-password", "-u", "admin", "-p", compose.variables["ADMIN_PASSWORD"]],
    )
    return result


def test_the_commands_of_the_page(compose: ComposeSetup, outputs: dict[str, str]) -> None:
    def output(part: str) -> str:
        return next(text for command, text in outputs.items() if part in command)

    workflows = compose.postgres.query(compose.database, "SELECT count(*) FROM flowforge_workflow")[0][0]
    # The backup holds what there was, and the restored database all of it.
    assert int(output("--dbname restored --tuples-only")) == workflows
    assert (compose.folder / "postgres" / "airflow.dump").stat().st_size > 50_000
    doctors = [text for command, text in outputs.items() if command.endswith("doctor")]
    assert len(doctors) == 2
    assert not [line for text in doctors for line in text.splitlines() if line.startswith("error")]
    assert "accepting connections" in output("pg_isready")
    assert output("llen default").strip().isdigit()
    assert "2 nodes online" in output("inspect ping")
    assert "This machine only runs steps" in output("worker airflow flowforge doctor")


def test_the_calls_of_the_page(compose: ComposeSetup) -> None:
    done = subprocess.run(
        ["sh", "-ec", "\n".join([*CALLS, 'echo "token: ${#TOKEN}"'])],
        env={
            "PATH": os.environ["PATH"],
            "AIRFLOW": compose.url,
            "FRONT_DOOR": compose.front_door_url,
            "ADMIN_PASSWORD": compose.variables["ADMIN_PASSWORD"],
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.rsplit("token: ", 1)[1]) > 100
    # Without keys the address of QStash is closed, as the page says.
    assert re.search(r"503$", done.stdout, flags=re.MULTILINE)
    assert '"CeleryExecutor"' in done.stdout
