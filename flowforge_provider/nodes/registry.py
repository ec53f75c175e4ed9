"""The node types that are installed, found by the entry point group ``flowforge.node_types``."""

from __future__ import annotations

import logging
import re
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, NamedTuple

from flowforge_provider.exceptions import UnknownNodeTypeError
from flowforge_provider.graph.ids import PORT_ID_PATTERN
from flowforge_provider.nodes.spec import NodeType, Parameters

if TYPE_CHECKING:
    from collections.abc import Iterable

GROUP = "flowforge.node_types"
_TYPE_PATTERN = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$")
_REQUIRED = ("type", "title", "group", "icon", "summary", "help", "parameters", "operator", "example")
_OPERATOR_PATTERN = re.compile(r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")

log = logging.getLogger(__name__)


class RegistryProblem(NamedTuple):
    """A node type that could not be offered: the entry point that names it, and why."""

    entry_point: str
    message: str


class Registry:
    """
    Node types by name and version.

    :param node_types: classes, in the order of the palette; a later duplicate of (type, version) is refused
    """

    def __init__(self, node_types: Iterable[type[NodeType]] = ()) -> None:
        self._versions: dict[str, dict[int, type[NodeType]]] = {}
        self.problems: list[RegistryProblem] = []
        for node_type in node_types:
            self.add(node_type)

    def add(self, node_type: type[NodeType]) -> None:
        """
        Add one node type.

        :raises ValueError: the class is not a complete node type, or this version of it is already there
        """
        problem = _find_fault(node_type)
        if problem:
            raise ValueError(problem)
        versions = self._versions.setdefault(node_type.type, {})
        if node_type.version in versions:
            other = versions[node_type.version]
            raise ValueError(
                f"{node_type.type} version {node_type.version} is already offered by {other.__module__}."
            )
        versions[node_type.version] = node_type

    def get(self, type_: str, version: int | None = None) -> type[NodeType]:
        """
        Return a node type.

        :param type_: name, for example http.request
        :param version: version of its parameters; the newest one when None
        :raises UnknownNodeTypeError: no installed package offers it
        """
        versions = self._versions.get(type_)
        if versions is None:
            near = self.suggest(type_)
            advice = f" Did you mean {' or '.join(near)}?" if near else " Install the package that offers it."
            raise UnknownNodeTypeError(f'Node type "{type_}" is not known.{advice}')
        if version is None:
            return versions[max(versions)]
        if version not in versions:
            known = ", ".join(str(number) for number in sorted(versions))
            raise UnknownNodeTypeError(
                f'Node type "{type_}" has no version {version}; installed: {known}.',
                code="unknown-node-type-version",
            )
        return versions[version]

    def find(self, type_: str, version: int | None = None) -> type[NodeType] | None:
        """Return a node type as ``get`` does, or None when it is not known."""
        try:
            return self.get(type_, version)
        except UnknownNodeTypeError:
            return None

    def all(self) -> list[type[NodeType]]:
        """Return the newest version of every node type: triggers first, then by group and title."""
        newest = [versions[max(versions)] for versions in self._versions.values()]
        return sorted(newest, key=lambda item: (item.kind != "trigger", item.group, item.title, item.type))

    def suggest(self, name: str) -> list[str]:
        """Return up to three known type names that look like this one, best first."""
        lowered = name.lower()
        near = get_close_matches(lowered, self._versions, n=3, cutoff=0.6)
        # "http" is far from "http.request" by letters, but is what people type.
        related = [known for known in self._versions if lowered and lowered in {*known.split("."), known}]
        return list(dict.fromkeys([*related, *near]))[:3]


@cache
def get_registry() -> Registry:
    """
    Return the registry of this process, made on first use from the installed entry points.

    A broken entry point is logged and listed in ``problems``; the others still work.
    """
    return build_registry(entry_points(group=GROUP))


def build_registry(points: Iterable[EntryPoint]) -> Registry:
    """
    Load node types from entry points; this distribution's own win over a duplicate of another package.

    :param points: entry points whose objects are subclasses of NodeType
    """
    registry = Registry()
    ordered = sorted(
        points, key=lambda point: (not point.value.startswith("flowforge_provider."), point.name)
    )
    for point in ordered:
        try:
            registry.add(point.load())
        except Exception as error:  # noqa: PERF203 - a stranger's module may raise anything, to its own harm
            name = f"{point.name} = {point.value}"
            registry.problems.append(RegistryProblem(name, f"{type(error).__name__}: {error}"))
            log.warning("Node type %s cannot be used: %s", name, error)
    return registry


def _find_fault(node_type: object) -> str | None:  # noqa: PLR0911 - one return per kind of fault
    if not (isinstance(node_type, type) and issubclass(node_type, NodeType)):
        return f"{node_type!r} is not a subclass of NodeType."
    name = f"{node_type.__module__}.{node_type.__qualname__}"
    missing = [attribute for attribute in _REQUIRED if not hasattr(node_type, attribute)]
    if missing:
        return f"{name} lacks {', '.join(missing)}."
    if not _TYPE_PATTERN.match(node_type.type):
        return f'{name}: type "{node_type.type}" is not lower-case words joined by dots.'
    model: object = node_type.parameters
    if not (isinstance(model, type) and issubclass(model, Parameters)):
        return f"{name}: parameters is not a subclass of Parameters."
    if node_type.kind == "note":
        return None if not node_type.ports else f"{name}: a note has no ports."
    if not _OPERATOR_PATTERN.match(node_type.operator):
        return f'{name}: operator "{node_type.operator}" is not of the form module:Class.'
    port_ids = [port.id for port in node_type.ports]
    if len(set(port_ids)) != len(port_ids) or not all(re.match(PORT_ID_PATTERN, port) for port in port_ids):
        return f"{name}: port ids must be distinct slugs, not {', '.join(port_ids)}."
    return None
