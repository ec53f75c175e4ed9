"""docker-compose.yaml and .env.example: what Compose would say to them, and what they promise."""

from __future__ import annotations

import subprocess
from typing import Any

import compose_spec
import pytest
import yaml
from cryptography.fernet import Fernet

from tests.support.compose_file import (
    COMPOSE,
    ENV_EXAMPLE,
    ROOT,
    ComposeError,
    find_variables,
    interpolate,
    load_yaml,
    read_compose,
    read_env_file,
)

SECRETS_FILE = ROOT / "docker-compose.secrets.yaml"
TOKENS_FILE = ROOT / "docker-compose.tokens.yaml"
SECRETS = {
    name: f"value-of-{name}"
    for name in (secret["environment"] for secret in load_yaml(COMPOSE)["secrets"].values())
}
FILE = read_compose(SECRETS)
#: those that run for good
SERVERS = [name for name in FILE.services if name != "init"]


def read_example() -> tuple[dict[str, str], dict[str, str]]:
    """Return what stands in .env.example, by variable: those that are needed, and those with defaults."""
    lines = ENV_EXAMPLE.read_text().splitlines()
    defaults = dict(
        line[1:].split("=", 1) for line in lines if line[:1] == "#" and line[1:2].isupper() and "=" in line
    )
    return read_env_file(ENV_EXAMPLE), defaults


@pytest.mark.parametrize("path", [COMPOSE, SECRETS_FILE, TOKENS_FILE], ids=lambda path: path.name)
def test_the_file_is_one_for_compose(path: Any) -> None:
    tree = read_compose(SECRETS).raw if path is COMPOSE else interpolate(load_yaml(path), {})
    compose_spec.PyCompose.from_yaml(yaml.safe_dump({"services": {}, **tree}))


def test_the_reader_refuses_what_compose_refuses() -> None:
    tree = read_compose(SECRETS).raw
    tree["services"]["worker"]["heathcheck"] = {}
    with pytest.raises(ValueError, match="heathcheck"):
        compose_spec.PyCompose.from_yaml(yaml.safe_dump(tree))


def test_the_example_has_every_variable_with_its_default() -> None:
    needed, defaults = read_example()
    asked = find_variables(load_yaml(COMPOSE))
    assert all(len(values) == 1 for values in asked.values()), asked
    of_secrets = find_variables(load_yaml(SECRETS_FILE))
    assert defaults == {name: values.pop() for name, values in {**asked, **of_secrets}.items()}
    assert needed == dict.fromkeys(SECRETS, "")


def test_the_example_explains_every_variable() -> None:
    lines = ENV_EXAMPLE.read_text().splitlines()
    for number, line in enumerate(lines):
        if line.lstrip("#")[:1].isupper() and "=" in line and " " not in line.split("=")[0]:
            block = lines[:number][::-1]
            before = next(text for text in block if text.startswith("# ") or not text)
            assert before.strip("#- "), f"{line} has no explanation"
            assert not before.startswith("# ---"), f"{line} has no explanation"


def test_make_env_fills_in_every_secret_anew(tmp_path: Any) -> None:
    made = []
    for number in range(2):
        path = tmp_path / f"{number}.env"
        with path.open("w") as file:
            subprocess.run(["sh", str(ROOT / "tools" / "make_env.sh")], stdout=file, check=True)
        made.append(read_env_file(path))
    assert set(made[0]) == set(SECRETS)
    for name, value in made[0].items():
        assert len(value) >= 44
        assert value != made[1][name]
        # They become parts of urls and of command lines.
        assert value.rstrip("=").replace("-", "").replace("_", "").isalnum()
    Fernet(made[0]["FERNET_KEY"])


def test_files_may_hold_every_secret() -> None:
    files = {name: source["file"] for name, source in load_yaml(SECRETS_FILE)["secrets"].items()}
    assert files == {name: f"${{SECRETS_FOLDER:-./secrets}}/{name}" for name in FILE.secrets}


def test_files_may_hold_every_token() -> None:
    tree = load_yaml(TOKENS_FILE)
    assert set(tree["services"]) == {"api-server", "front-door"}
    tokens = {"TELEGRAM_BOT_TOKEN", "RESEND_API_KEY", "QSTASH_CURRENT_SIGNING_KEY", "QSTASH_NEXT_SIGNING_KEY"}
    for name, service in tree["services"].items():
        assert service["environment"] == {f"{each}_FILE": f"/run/secrets/{each.lower()}" for each in tokens}
        assert {f"/run/secrets/{secret}" for secret in service["secrets"]} == set(
            service["environment"].values()
        )
        # What a file may give instead is a variable that the service has.
        assert tokens <= set(FILE.services[name].environment)
    files = {name: source["file"] for name, source in tree["secrets"].items()}
    assert files == {each.lower(): f"${{SECRETS_FOLDER:-./secrets}}/{each.lower()}" for each in tokens}


@pytest.mark.parametrize("name", [name for name in FILE.services if name not in ("postgres", "redis")])
def test_settings_without_a_variable_reach_every_part_of_airflow(name: str) -> None:
    assert FILE.services[name].raw["env_file"] == [{"path": "./airflow.env", "required": False}]


def test_no_environment_and_no_command_holds_a_secret() -> None:
    told = yaml.safe_dump({name: service.raw for name, service in FILE.services.items()})
    assert [value for value in SECRETS.values() if value in told] == []


@pytest.mark.parametrize("name", FILE.services)
def test_a_service_has_the_secrets_that_it_reads(name: str) -> None:
    told = yaml.safe_dump(FILE.services[name].raw)
    read = {secret for secret in FILE.secrets if f"/run/secrets/{secret}" in told}
    assert read == set(FILE.services[name].secrets)


@pytest.mark.parametrize("name", FILE.services)
def test_a_service_is_confined(name: str) -> None:
    raw = FILE.services[name].raw
    user, group = raw["user"].split(":")
    assert int(user) > 0
    assert int(group) in (0, 999)
    assert raw["cap_drop"] == ["ALL"]
    assert raw["security_opt"] == ["no-new-privileges:true"]
    assert set(raw["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert raw["logging"]["options"] == {"max-size": "10m", "max-file": "5"}


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_starts_again_and_tells_its_health(name: str) -> None:
    raw = FILE.services[name].raw
    assert raw["restart"] == "unless-stopped"
    assert FILE.services[name].health
    assert {"interval", "timeout", "retries", "start_period"} <= set(raw["healthcheck"])


def test_workers_reach_no_database() -> None:
    networks = {name: set(service.raw["networks"]) for name, service in FILE.services.items()}
    assert networks["postgres"] == {"database"}
    assert networks["redis"] == {"broker"}
    assert [name for name in ("worker", "flower") if "database" in networks[name]] == []
    assert FILE.raw["networks"]["database"] == FILE.raw["networks"]["broker"] == {"internal": True}
    kept = {"postgres_password", "fernet_key", "jwt_secret", "admin_password"}
    assert kept & set(FILE.services["worker"].secrets) == set()


def test_nothing_is_offered_to_other_machines_unasked() -> None:
    published = {
        name: service.raw["ports"] for name, service in FILE.services.items() if "ports" in service.raw
    }
    assert set(published) == {"api-server", "front-door", "flower"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_as_many_steps_as_hands() -> None:
    worker, scheduler = FILE.services["worker"], FILE.services["scheduler"]
    hands = worker.replicas * int(worker.environment["AIRFLOW__CELERY__WORKER_CONCURRENCY"])
    assert int(scheduler.environment["AIRFLOW__CORE__PARALLELISM"]) == hands


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$$HOME ${A} $A", "$HOME 1 1"),
        ("${EMPTY:-b} ${EMPTY-b} ${NONE:-b} ${NONE-b}", "b  b b"),
        ("${A:+set}${EMPTY:+set}${EMPTY+there}", "setthere"),
        ("${NONE}|${A:?needed}", "|1"),
        ("$$(cat $$HOME)", "$(cat $HOME)"),
    ],
)
def test_variables_as_compose_puts_them_in(text: str, value: str) -> None:
    assert interpolate({"a": [text]}, {"A": "1", "EMPTY": ""}) == {"a": [value]}


@pytest.mark.parametrize("text", ["${NONE:?no such}", "${EMPTY:?no such}", "${NONE?no such}"])
def test_a_variable_that_is_needed(text: str) -> None:
    with pytest.raises(ComposeError, match="no such"):
        interpolate(text, {"EMPTY": ""})
