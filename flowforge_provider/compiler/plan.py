"""Graph -> DagPlan: what the Dag will hold, as plain data in a stable order."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticSerializationError, to_jsonable_python

from flowforge_provider.compiler.names import (
    RESERVED_ARGUMENTS,
    ClassPath,
    is_argument_name,
    variable_names,
)
from flowforge_provider.exceptions import CompileError
from flowforge_provider.nodes.registry import get_registry

if TYPE_CHECKING:
    from flowforge_provider.graph.models import Edge, Graph, Node, Retry
    from flowforge_provider.nodes.spec import NodeType, Parameters

PORT_TASK_OPERATOR = ClassPath("airflow.providers.standard.operators.empty", "EmptyOperator")
MAX_DEPTH = 100


@dataclass(frozen=True)
class CronSchedule:
    """
    When Airflow's scheduler starts runs.

    :param expression: five cron fields
    :param timezone: IANA name
    """

    expression: str
    timezone: str


@dataclass(frozen=True)
class RetryPlan:
    """How often, when and after which errors Airflow tries a task again; delays in seconds."""

    retries: int
    delay_s: float
    exponential_backoff: bool
    max_delay_s: float | None
    jitter: bool = True
    retry_on: Sequence[str] = ()
    never_on: Sequence[str] = ()


@dataclass(frozen=True)
class TaskPlan:
    """
    One task of the Dag.

    :param task_id: the node's id, or ``<node id>-<port>`` for a port task
    :param variable: name of the task in the source
    :param arguments: the operator's own keyword arguments, in the order of its parameters model
    :param parameters: parameters whose names cannot be keyword arguments
    :param ports: port -> ids of the tasks that follow it; None when every follower is on ``success``
    :param is_join: several tasks lead here, so skipped ones among them must not skip this one
    """

    task_id: str
    variable: str
    operator: ClassPath
    display_name: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    ports: Mapping[str, Sequence[str]] | None = None
    retry: RetryPlan | None = None
    timeout_s: float | None = None
    is_join: bool = False
    doc: str | None = None


@dataclass(frozen=True, order=True)
class Link:
    """
    One task runs after another.

    :param label: name of the port between them, empty for ``success``
    """

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True)
class DagPlan:
    """
    A whole Dag.

    :param tasks: in topological order; tasks that could stand in either order stand in the order of their ids
    :param links: ordered as their tasks are
    """

    dag_id: str
    name: str
    description: str
    timezone: str
    max_active_runs: int
    tags: Sequence[str]
    variables: Mapping[str, Any]
    schedule: CronSchedule | None
    tasks: Sequence[TaskPlan]
    links: Sequence[Link]


def build_plan(graph: Graph) -> DagPlan:
    """
    Plan the Dag of a valid graph. The order of nodes and edges in the document has no influence.

    :param graph: has passed ``validate_graph``
    :raises UnknownNodeTypeError: a node's type is not installed
    :raises CompileError: the graph is not valid, in a way that keeps it from being planned
    """
    nodes = {node.id: node for node in graph.nodes}
    if len(nodes) != len(graph.nodes):
        raise CompileError(f"Graph {graph.id!r} holds two nodes of one id. Validate it before compiling.")
    types = {node.id: get_registry().get(node.type, node.type_version) for node in graph.nodes}
    ports = {node.id: {port.id for port in types[node.id].ports_for(node.parameters)} for node in graph.nodes}
    wiring = _wire(graph.edges, ports)
    position = _topological_positions([*nodes, *wiring.port_tasks], wiring.links)
    imported = {ClassPath.parse(node_type.operator).name for node_type in types.values()}
    variables = variable_names(position, imported=imported)
    tasks = [
        _plan_task(nodes[task_id], types[task_id], wiring=wiring, variable=variables[task_id])
        if task_id in nodes
        else TaskPlan(task_id=task_id, variable=variables[task_id], operator=PORT_TASK_OPERATOR)
        for task_id in position
    ]
    settings = graph.settings
    return DagPlan(
        dag_id=graph.id,
        name=graph.name,
        description=settings.description,
        timezone=settings.timezone,
        max_active_runs=settings.max_active_runs,
        tags=sorted({"flowforge", *filter(None, map(str.strip, settings.tags))}),
        variables={key: _json(value, where=f"variable {key!r}") for key, value in settings.variables.items()},
        schedule=_schedule(graph),
        tasks=tasks,
        links=sorted(wiring.links, key=lambda link: (position[link.source], position[link.target])),
    )


@dataclass(frozen=True)
class _Wiring:
    """How the edges of a graph become links between tasks."""

    links: Sequence[Link]
    port_tasks: Sequence[str]
    ports: Mapping[str, Mapping[str, Sequence[str]]]
    joins: frozenset[str]


def _wire(edges: Iterable[Edge], ports_of_node: Mapping[str, set[str]]) -> _Wiring:
    """
    Turn edges with ports into links between tasks.

    Airflow skips a task as soon as one task before it skips it. Where a port leads into a join, that would
    skip the join although another way into it was taken, so such a port gets an empty task of its own.

    :param ports_of_node: node id -> the ports that the node has, connected or not
    """
    ports_between: dict[tuple[str, str], set[str]] = defaultdict(set)
    ports_of: dict[str, set[str]] = defaultdict(set)
    sources_of: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        ports_between[edge.source, edge.target].add(edge.source_port)
        ports_of[edge.source].add(edge.source_port)
        sources_of[edge.target].add(edge.source)
    joins = frozenset(target for target, sources in sources_of.items() if len(sources) > 1)

    links: set[Link] = set()
    port_tasks: set[str] = set()
    followers: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (source, target), ports in ports_between.items():
        label = "" if "success" in ports else ", ".join(sorted(ports))
        # A port that leads nowhere can be taken too, but for the error: without an edge it fails the run.
        possible = (ports_of_node.get(source, set()) - {"error"}) | ports_of[source]
        always_taken = ports == possible
        if always_taken or target not in joins:
            links.add(Link(source, target, label))
            for port in ports:
                followers[source][port].add(target)
            continue
        for port in ports:
            port_task = f"{source}-{port}"
            port_tasks.add(port_task)
            links.add(Link(source, port_task, "" if port == "success" else port))
            links.add(Link(port_task, target))
            followers[source][port].add(port_task)

    return _Wiring(
        links=sorted(links),
        port_tasks=sorted(port_tasks),
        ports={
            source: {port: sorted(ports[port]) for port in sorted(ports, key=_success_first)}
            for source, ports in followers.items()
            if ports.keys() != {"success"}
        },
        joins=joins,
    )


def _success_first(port: str) -> tuple[bool, str]:
    return port != "success", port


def _topological_positions(task_ids: Iterable[str], links: Iterable[Link]) -> dict[str, int]:
    """
    Return task id -> position, each task after those that lead to it, smallest id first.

    Source: Kahn's algorithm with a heap. Time O((tasks + links) log tasks).
    """
    followers: dict[str, list[str]] = defaultdict(list)
    waiting = dict.fromkeys(task_ids, 0)
    for link in links:
        if link.source not in waiting or link.target not in waiting:
            raise CompileError(
                f"Edge {link.source!r} -> {link.target!r} names a node that the graph lacks. "
                "Validate the graph before compiling."
            )
        followers[link.source].append(link.target)
        waiting[link.target] += 1
    ready = [task_id for task_id, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    position: dict[str, int] = {}
    while ready:
        task_id = heapq.heappop(ready)
        position[task_id] = len(position)
        for follower in followers[task_id]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                heapq.heappush(ready, follower)
    if len(position) != len(waiting):
        left = ", ".join(sorted(waiting.keys() - position.keys()))
        raise CompileError(
            f"The graph has a cycle among the nodes {left}. Remove an edge of the cycle.", code="cycle"
        )
    return position


def _plan_task(node: Node, node_type: type[NodeType], *, wiring: _Wiring, variable: str) -> TaskPlan:
    arguments: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    for name, value in _own_parameters(node, node_type).items():
        fits = is_argument_name(name) and name not in RESERVED_ARGUMENTS
        (arguments if fits else parameters)[name] = value
    is_trigger = node_type.kind == "trigger"
    return TaskPlan(
        task_id=node.id,
        variable=variable,
        operator=ClassPath.parse(node_type.operator),
        display_name=node.name if node.name not in ("", node.id) else None,
        arguments={"trigger_type": node.type, **arguments} if is_trigger else arguments,
        parameters=parameters,
        ports=wiring.ports.get(node.id),
        retry=None if is_trigger else _retry(node.retry or node_type.default_retry),
        timeout_s=None if is_trigger else node.timeout_s,
        is_join=node.id in wiring.joins,
        doc=node.notes or None,
    )


def _own_parameters(node: Node, node_type: type[NodeType]) -> dict[str, Any]:
    """Return the parameters that differ from the model's defaults, in the order of the model's fields."""
    if node_type.type == "cron":
        return {}  # They are in the Dag's schedule.
    left_out = {"sample_payload"} if node_type.kind == "trigger" else set()  # It has no part in a run.
    defaults = _defaults(node_type.parameters)
    order = {name: index for index, name in enumerate(defaults)}
    names = sorted(node.parameters.keys() - left_out, key=lambda name: (order.get(name, len(order)), name))
    values = {
        name: _json(node.parameters[name], where=f"node {node.id!r}, parameter {name!r}") for name in names
    }
    return {
        name: value
        for name, value in values.items()
        if name not in defaults or not _same_json(value, defaults[name])
    }


_REQUIRED = object()


@lru_cache(maxsize=256)
def _defaults(model: type[Parameters]) -> dict[str, Any]:
    """Return field name -> default as JSON, in the order of the model; a marker for required fields."""
    defaults: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        if info.is_required():
            defaults[name] = _REQUIRED
            continue
        default = info.get_default(call_default_factory=True, validated_data={})
        try:
            defaults[name] = to_jsonable_python(default)
        except PydanticSerializationError:
            defaults[name] = _REQUIRED
    return defaults


def _same_json(left: Any, right: Any) -> bool:
    """Compare as JSON does: 1 is not True, and the order of keys matters, as it does in an output."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(_same_json(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_same_json, left, right))
    return bool(left == right)


def _json(value: Any, *, where: str, depth: int = 0) -> Any:
    """Return a copy that holds JSON only."""
    if depth > MAX_DEPTH:
        raise CompileError(f"In {where}: lists and objects are nested deeper than {MAX_DEPTH}. Flatten them.")
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise CompileError(f"In {where}: {value} is not a JSON number. Use a finite number or a string.")
        return value
    inner: Callable[[Any], Any] = lambda item: _json(item, where=where, depth=depth + 1)  # noqa: E731
    if isinstance(value, (list, tuple)):
        return [inner(item) for item in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: inner(item) for key, item in value.items()}
    raise CompileError(f"In {where}: a value of type {type(value).__name__} is not JSON.")


def _retry(retry: Retry) -> RetryPlan:
    return RetryPlan(
        retries=retry.retries,
        delay_s=retry.delay_s,
        exponential_backoff=retry.exponential_backoff,
        max_delay_s=retry.max_delay_s,
        jitter=retry.jitter,
        retry_on=tuple(dict.fromkeys(retry.retry_on)),
        never_on=tuple(dict.fromkeys(retry.never_on)),
    )


def _schedule(graph: Graph) -> CronSchedule | None:
    crons = [node for node in graph.nodes if node.type == "cron"]
    if len(crons) > 1:
        raise CompileError(f"Graph {graph.id!r} has {len(crons)} cron triggers. Keep one.")
    for node in crons:
        expression = node.parameters.get("expression")
        if not isinstance(expression, str):
            raise CompileError(f"Node {node.id!r}: field 'expression' is missing. Enter a cron expression.")
        return CronSchedule(
            expression=expression,
            timezone=node.parameters.get("timezone") or graph.settings.timezone,
        )
    return None
