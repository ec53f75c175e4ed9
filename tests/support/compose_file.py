"""What docker-compose.yaml says, read as Docker Compose reads it: variables, ``$$``, merged mappings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yaml"
ENV_EXAMPLE = ROOT / ".env.example"

#: ``$$``, ``${NAME}``, ``${NAME:-default}`` and its relatives, ``$NAME``
_VARIABLE = re.compile(
    r"\$(?:(?P<escaped>\$)"
    r"|\{(?P<braced>\w+)(?:(?P<operator>:?[-?+])(?P<argument>[^}]*))?\}"
    r"|(?P<plain>[A-Za-z_]\w*))"
)


class ComposeError(ValueError):
    """Docker Compose would refuse this file with these variables."""


@dataclass(frozen=True)
class Service:
    """
    One service, with all variables in place.

    :param command: arguments, as a process gets them
    :param environment: name -> value, all that the container is given
    :param secrets: names of the files in /run/secrets
    :param health: arguments of the health check; empty when there is none
    :param ports: ports that the container listens on
    :param volumes: path in the container -> name of the volume or path on the host
    :param replicas: how many containers
    :param raw: the mapping itself
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    secrets: list[str]
    health: list[str]
    ports: list[int]
    volumes: dict[str, str]
    replicas: int
    raw: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class ComposeFile:
    """
    The whole file.

    :param services: by name
    :param secrets: name -> where its value comes from: {"environment": variable} or {"file": path}
    :param raw: the whole tree, with all variables in place
    """

    services: dict[str, Service]
    secrets: dict[str, dict[str, str]]
    raw: dict[str, Any] = field(repr=False)


def read_compose(variables: Mapping[str, str], *, path: Path = COMPOSE) -> ComposeFile:
    """
    Read a compose file.

    :param variables: what ``.env`` and the shell would give
    :raises ComposeError: a variable is needed and missing
    """
    tree = _cast(interpolate(load_yaml(path), variables))
    services = {name: _read_service(name, raw) for name, raw in tree["services"].items()}
    return ComposeFile(services=services, secrets=tree.get("secrets", {}), raw=tree)


def load_yaml(path: Path) -> Any:
    """Return the tree of a compose file; ``!override`` and ``!reset`` are left out, their values kept."""
    return yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506 - a SafeLoader


def interpolate(value: Any, variables: Mapping[str, str]) -> Any:
    """Put variables into every text of a tree, keys excepted."""
    if isinstance(value, dict):
        return {key: interpolate(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [interpolate(item, variables) for item in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _replace(match, variables), value)
    return value


def find_variables(value: Any) -> dict[str, set[str]]:
    """Return the variables that a tree asks for -> the defaults that it gives them, "" for none."""
    found: dict[str, set[str]] = {}
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            for name, defaults in find_variables(item).items():
                found.setdefault(name, set()).update(defaults)
    if isinstance(value, str):
        for match in _VARIABLE.finditer(value):
            if name := match["braced"] or match["plain"]:
                found.setdefault(name, set()).add(match["argument"] or "")
    return found


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables of an .env file, without those that are commented out."""
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {name: value for name, value in pairs}  # noqa: C416 - says what the two are


def _replace(match: re.Match[str], variables: Mapping[str, str]) -> str:
    if match["escaped"]:
        return "$"
    name, operator, argument = match["braced"] or match["plain"], match["operator"] or "", match["argument"]
    value = variables.get(name)
    missing = value is None or (operator.startswith(":") and value == "")
    if operator.endswith("?") and missing:
        raise ComposeError(f"{name}: {argument}")
    if operator.endswith("-") and missing:
        return str(argument)
    if operator.endswith("+"):
        return "" if missing else str(argument)
    return value or ""


def _cast(tree: Any) -> Any:
    # Compose gives values that come from variables the types of their places.
    for service in tree["services"].values():
        deploy = service.get("deploy") or {}
        if "replicas" in deploy:
            deploy["replicas"] = int(deploy["replicas"])
    return tree


def _read_service(name: str, raw: dict[str, Any]) -> Service:
    environment = raw.get("environment") or {}
    if not isinstance(environment, dict):
        raise ComposeError(f"{name}: write the environment as a mapping")
    deploy = raw.get("deploy") or {}
    return Service(
        name=name,
        command=[str(part) for part in raw.get("command") or []],
        environment={key: "" if value is None else str(value) for key, value in environment.items()},
        secrets=list(raw.get("secrets") or []),
        health=_read_health(raw.get("healthcheck") or {}),
        ports=[int(port) for port in raw.get("expose") or []],
        volumes=dict(_read_volume(volume) for volume in raw.get("volumes") or []),
        replicas=deploy.get("replicas", 1),
        raw=raw,
    )


def _read_health(raw: dict[str, Any]) -> list[str]:
    test = [str(part) for part in raw.get("test") or []]
    if not test:
        return []
    return test[1:] if test[0] == "CMD" else ["/bin/sh", "-c", *test[1:]]


def _read_volume(text: str) -> tuple[str, str]:
    source, target, *_ = text.split(":")
    return target, source


class _Loader(yaml.SafeLoader):
    """YAML with the tags of Docker Compose."""


def _keep(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_object(node)


_Loader.add_constructor("!override", _keep)
_Loader.add_constructor("!reset", _keep)
